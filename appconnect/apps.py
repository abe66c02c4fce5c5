from pathlib import Path

from django.apps import AppConfig


class AppConnectConfig(AppConfig):
    name = "appconnect"

    def ready(self):
        from django.conf import settings

        from appconnect import checks  # noqa: F401  registers them
        from connector.registry import add_documents

        if settings.CONNECTORS_DIR:
            add_documents(Path(settings.CONNECTORS_DIR))
