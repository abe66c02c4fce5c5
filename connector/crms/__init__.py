"""One CRM each: its class or its document, and its manifest beside it."""
