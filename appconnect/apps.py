from django.apps import AppConfig


class AppConnectConfig(AppConfig):
    name = "appconnect"

    def ready(self):
        from appconnect import checks  # noqa: F401  registers them
