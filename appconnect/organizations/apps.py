from django.apps import AppConfig
from django.db.models.signals import post_migrate


class OrganizationsConfig(AppConfig):
    name = "appconnect.organizations"

    def ready(self):
        from appconnect.organizations.security.audit_triggers import protect_audit_log

        post_migrate.connect(protect_audit_log, sender=self)
