"""How long the phases of a scripted call last."""

RING, TALK = 0.5, 3.0
"""Seconds that a phone rings, and that people then talk."""
