import hmac
import uuid
from collections.abc import Collection
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from django.conf import settings
from django.db import connection, models
from django.utils.translation import gettext_lazy as _

from appconnect.organizations.models.lease import Lease
from appconnect.organizations.models.organization import Organization
from appconnect.organizations.models.sealed import SealedField
from appconnect.ringcentral.extensions import MAPPABLE, PEOPLE
from appconnect.rows import adapt

LEAST = {"sqlite": "MIN", "postgresql": "LEAST"}
"""The function that returns the least of several values, by the database's vendor."""


class RingCentralConnection(Lease):
    """The organization's one sign-in at RingCentral, and its rate limits there.

    Either a person's sign-in in the browser, renewed by its refresh token, or a JWT
    credential.
    """

    class Status(models.TextChoices):
        CONNECTED = "CONNECTED", _("Connected")
        RIGHTS_MISSING = "RIGHTS_MISSING", _("Rights missing")
        RECONNECT_NEEDED = "RECONNECT_NEEDED", _("Reconnect needed")

    BURST = 3.0

    organization = models.OneToOneField(
        Organization,
        on_delete=models.CASCADE,
        primary_key=True,
        related_name="ringcentral_connection",
    )
    extension_id = models.CharField(
        max_length=40, help_text=_("Whose sign-in this is: the admin's extension.")
    )
    status = models.CharField(
        max_length=20, choices=Status.choices, default=Status.CONNECTED
    )
    failure = models.CharField(max_length=300, blank=True)
    failed_at = models.DateTimeField(null=True)
    generation = models.PositiveIntegerField(
        default=0, help_text=_("Counts the sign-ins: an old one changes no newer one.")
    )
    jwt = SealedField()
    scopes = models.TextField(
        blank=True,
        default="",
        help_text=_("What RingCentral granted, separated by spaces; empty: not known."),
    )
    refresh_token = SealedField()
    access_token = SealedField()
    access_token_expires_at = models.DateTimeField(null=True)
    signing_in_until = models.DateTimeField(null=True)
    checked_at = models.DateTimeField(
        null=True, help_text=_("When the admin right was last confirmed.")
    )
    held_until = models.DateTimeField(
        null=True, help_text=_("No request before this: a penalty, or an outage.")
    )
    keeping_subscription_until = models.DateTimeField(null=True)
    phone_numbers_page = models.PositiveIntegerField(
        default=1,
        db_default=1,
        help_text=_("Where the account's phone numbers are read on from."),
    )
    call_log_tokens = models.FloatField(default=BURST)
    call_log_tokens_at = models.FloatField(default=0.0)

    def __str__(self):
        return f"RingCentral connection of {self.organization}"

    @property
    def is_connected(self) -> bool:
        return self.status == self.Status.CONNECTED

    @property
    def owner(self) -> "Extension | None":
        """The extension that signed in, where the directory has it."""
        return self.organization.extensions.filter(
            extension_id=self.extension_id
        ).first()

    def hold(self, until: datetime) -> None:
        """Send nothing before `until`: a request during a penalty starts it again."""
        type(self).objects.filter(pk=self.pk).update(held_until=until)

    def take_call_log_token(self, now: datetime, *, is_on_credit: bool = False) -> bool:
        """Take one request of the organization's call-log budget; False when none is left.

        A token bucket in one conditional UPDATE, so that all workers share it. A request
        on credit is taken although none is left, and makes the next one wait longer.
        """
        level = (
            f"{LEAST[connection.vendor]}(%(burst)s,"
            " call_log_tokens + (%(at)s - call_log_tokens_at) * %(rate)s)"
        )
        sql = (
            f"UPDATE {self._meta.db_table}"  # noqa: S608  no outside text
            f" SET call_log_tokens = {level} - 1, call_log_tokens_at = %(at)s"
            " WHERE organization_id = %(organization)s AND call_log_tokens_at <= %(at)s"
        )
        values = {
            "burst": self.BURST,
            "at": now.timestamp(),
            "rate": settings.CALL_LOG_READS_PER_MINUTE / 60,
            "organization": adapt(self, "organization", self.organization_id),
        }
        with connection.cursor() as cursor:
            cursor.execute(sql if is_on_credit else f"{sql} AND {level} >= 1", values)
            return cursor.rowcount == 1


class ExtensionQuerySet(models.QuerySet):
    def mappable(self):
        """Return the extensions that can own calls, queues and mailboxes included."""
        return self.filter(type__in=MAPPABLE)

    def attach_to(self, rows: Collection[Any]) -> None:
        """Set each row's `extension` by its `extension_id`; None if it is not among these."""
        found = self.filter(extension_id__in={row.extension_id for row in rows})
        by_id = {extension.extension_id: extension for extension in found}
        for row in rows:
            row.extension = by_id.get(row.extension_id)


class Extension(models.Model):
    """One entry of the RingCentral account's directory."""

    KINDS = {
        "Department": _("queue"),
        "SharedLinesGroup": _("shared line"),
        "DelegatedLinesGroup": _("delegated line"),
        "Voicemail": _("message-only"),
        "Announcement": _("announcement"),
        "ApplicationExtension": _("AI receptionist or app"),
        "Room": _("room"),
        "RoomConnector": _("room connector"),
        "Bot": _("bot"),
        "Limited": _("limited"),
    }

    organization = models.ForeignKey(
        Organization,
        on_delete=models.CASCADE,
        related_name="extensions",
        db_index=False,
    )
    extension_id = models.CharField(max_length=40)
    extension_number = models.CharField(max_length=20, blank=True)
    name = models.CharField(max_length=200, blank=True)
    email = models.CharField(max_length=254, blank=True)
    type = models.CharField(max_length=40)
    is_enabled = models.BooleanField(default=True)
    is_activated = models.BooleanField(
        default=True,
        db_default=True,
        help_text=_("Whether the person has set up their RingCentral account."),
    )
    # Rows come from `mapping.bulk.upsert`, which leaves these columns to the database.
    is_logged = models.BooleanField(
        default=True,
        db_default=True,
        help_text=_("Whether its calls are logged at all."),
    )
    time_zone = models.CharField(
        max_length=60,
        blank=True,
        default="",
        db_default="",
        help_text=_("IANA name; empty: unknown, and the organization's is used."),
    )
    time_zone_read_at = models.DateTimeField(null=True)

    objects = ExtensionQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "extension_id"], name="one_row_per_extension"
            )
        ]

    def __str__(self):
        return f"{self.name} ({self.extension_number})"

    def take_time_zone(self, time_zone: str, *, now: datetime) -> None:
        """Store the time zone that RingCentral has for it."""
        self.time_zone, self.time_zone_read_at = time_zone, now
        self.save(update_fields=["time_zone", "time_zone_read_at"])

    @property
    def is_person(self) -> bool:
        return self.type in PEOPLE

    @property
    def kind(self) -> str:
        """RingCentral's type, in a word for people."""
        return self.KINDS.get(self.type, _("user"))


class AccountNumber(models.Model):
    """A phone number of the RingCentral account: a person's direct one, or the company's."""

    organization = models.ForeignKey(
        Organization,
        on_delete=models.CASCADE,
        related_name="account_numbers",
        db_index=False,
    )
    number = models.CharField(max_length=20, help_text=_("E.164."))
    extension_id = models.CharField(max_length=40, blank=True)
    was_found = models.BooleanField(
        default=False, help_text=_("In the part of the list that was read so far.")
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "number"], name="one_row_per_account_number"
            )
        ]

    def __str__(self):
        return f"phone number of extension {self.extension_id}"


class LoggingSubscription(models.Model):
    """A webhook subscription at RingCentral; `id` is the secret part of its address."""

    class Status(models.TextChoices):
        CREATING = "CREATING", _("being created")
        ACTIVE = "ACTIVE", _("active")
        REPLACED = "REPLACED", _("being replaced")
        FAILED = "FAILED", _("failed")

    LIFETIME = timedelta(days=7)
    POLL_INTERVAL = timedelta(minutes=5)

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organization = models.ForeignKey(
        Organization, on_delete=models.CASCADE, related_name="logging_subscriptions"
    )
    event_filter = models.CharField(max_length=200)
    verification_token_hash = models.CharField(max_length=64)
    subscription_id = models.CharField(max_length=80, blank=True)
    status = models.CharField(
        max_length=10, choices=Status.choices, default=Status.CREATING
    )
    failure = models.CharField(max_length=300, blank=True)
    expires_at = models.DateTimeField(null=True)
    polled_at = models.DateTimeField(null=True)
    unreadable = models.PositiveIntegerField(
        default=0,
        db_default=0,
        help_text=_(
            "How many of its notifications could not be read, wholly or in part."
        ),
    )
    unreadable_at = models.DateTimeField(null=True)
    unreadable_reason = models.CharField(max_length=40, default="", db_default="")
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self):
        return f"{self.event_filter} ({self.get_status_display()})"

    @property
    def address(self) -> str:
        """The URL that RingCentral delivers to."""
        # `reverse` would import every page into a worker, which serves none.
        return f"{settings.PUBLIC_URL}/webhooks/ringcentral/{self.pk}/"

    @staticmethod
    def hash_token(token: str) -> str:
        return sha256(token.encode()).hexdigest()

    def verifies(self, token: str) -> bool:
        """Return, in constant time, whether a delivery's token is this subscription's."""
        return hmac.compare_digest(
            self.hash_token(token).encode(), self.verification_token_hash.encode()
        )
