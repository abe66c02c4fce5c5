"""The durations of the phases of a scripted call."""

RING, TALK = 0.5, 3.0
"""Seconds of ringing, and of talking after that."""
