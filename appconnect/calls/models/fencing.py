"""Fencing: a worker that was overtaken writes nothing more."""


class Overtaken(Exception):
    """The row has moved on since it was read, and nothing was written to it."""
