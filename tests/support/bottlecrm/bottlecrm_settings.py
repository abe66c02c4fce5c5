"""BottleCRM's own settings, with its tables made from its models.

Its migrations take minutes; what they add is the isolation of organizations from each
other in the database, and here there is one.
"""

from crm.settings import *  # noqa: F403


class NoMigrations:
    def __contains__(self, app: str) -> bool:
        return True

    def __getitem__(self, app: str) -> None:
        return None


MIGRATION_MODULES = NoMigrations()
