import base64
import secrets
import uuid
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from django.db import models
from django.db.models import Q
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from appconnect.organizations.models import Organization
from appconnect.organizations.models.sealed import SealedField


def make_signing_secret() -> str:
    """Return a new secret, written as the Standard Webhooks specification has it."""
    return f"whsec_{base64.b64encode(secrets.token_bytes(32)).decode()}"


class AlertChannel(models.Model):
    """An address that an organization's alerts are sent to."""

    class Kind(models.TextChoices):
        ADMINS = "ADMINS", _("All admins")
        EMAIL = "EMAIL", _("Email")
        WEBHOOK = "WEBHOOK", _("Webhook")

    MAX_CHANNELS = 10
    TEST_INTERVAL = timedelta(seconds=30)

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organization = models.ForeignKey(
        Organization, on_delete=models.CASCADE, related_name="alert_channels"
    )
    kind = models.CharField(max_length=10, choices=Kind.choices)
    address = SealedField()
    """An email address, or a URL, which may itself be a secret."""
    signing_secrets = SealedField()
    """A webhook's secrets, the newest first: after a change the old one signs too."""
    is_enabled = models.BooleanField(default=True)
    created_at = models.DateTimeField()
    tested_at = models.DateTimeField(null=True)
    last_attempt_at = models.DateTimeField(null=True)
    last_result = models.CharField(max_length=300, blank=True)
    failing_since = models.DateTimeField(null=True)

    class Meta:
        ordering = ["created_at", "pk"]

    def __str__(self):
        if self.kind == self.Kind.ADMINS:
            return self.name
        return f"{self.get_kind_display()}: {self.name}"

    @property
    def name(self) -> str:
        """What people call the channel; of a webhook's URL only the host is no secret."""
        if self.kind == self.Kind.ADMINS:
            return str(self.get_kind_display())
        return str(urlsplit(self.address).hostname) if self.is_webhook else self.address

    @property
    def is_webhook(self) -> bool:
        return self.kind == self.Kind.WEBHOOK

    def change_secret(self) -> str:
        """Add a signing secret and return it; the one before stays valid."""
        secret = make_signing_secret()
        self.signing_secrets = [secret, *(self.signing_secrets or [])[:1]]
        self.save(update_fields=["signing_secrets"])
        return secret

    def claim_test(self, now: datetime) -> bool:
        """Return whether a test may be sent now, and count it as sent if so."""
        is_free = Q(tested_at=None) | Q(tested_at__lte=now - self.TEST_INTERVAL)
        mine = type(self).objects.filter(is_free, pk=self.pk)
        return bool(mine.update(tested_at=now))

    def mark_delivered(self, now: datetime) -> None:
        self._store_result(now, str(_("Delivered.")), failing_since=None)

    def mark_failed(self, result: str, now: datetime) -> None:
        since = Coalesce("failing_since", models.Value(now))
        self._store_result(now, result, failing_since=since)

    def _store_result(self, now: datetime, result: str, **fields: object) -> None:
        mine = type(self).objects.filter(pk=self.pk)
        mine.update(last_attempt_at=now, last_result=result[:300], **fields)
