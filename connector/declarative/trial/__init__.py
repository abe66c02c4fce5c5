"""Trying a document: what it lacks, and what its operations return at the real CRM."""
