import hmac
import uuid
from base64 import b32encode
from datetime import datetime, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING

from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import connection, models
from django.utils.translation import gettext_lazy as _

from appconnect.organizations.models.sealed import SealedField, make_key
from appconnect.rows import read_rows
from connector.errors import TemporaryError
from connector.manifest import Platform
from connector.phone_numbers import same_numbers
from connector.registry import get_platform, is_usable

if TYPE_CHECKING:
    from appconnect.organizations.models.server_logging import Configuration


class CrmChanged(TemporaryError):
    """Another CRM was chosen since the organization was read; nothing was stored."""


class Organization(models.Model):
    """A company: one RingCentral account, logged into one CRM."""

    KEY_FIELDS = ("index_key", "data_key")
    configuration: "Configuration | None" = None
    """Its settings and lists, where `connections.configuration` gave the organization."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(_("name"), max_length=200)
    rc_account_id = models.CharField(max_length=40, unique=True)
    region = models.CharField(
        _("country of national numbers"),
        max_length=2,
        blank=True,
        help_text=_(
            "ISO 3166 country that national phone numbers belong to; empty: not known."
        ),
    )
    time_zone = models.CharField(_("time zone"), max_length=60, default="UTC")
    platform = models.CharField(_("CRM"), max_length=60, blank=True)
    crm_hostname = models.CharField(
        _("CRM address"),
        max_length=253,
        blank=True,
        validators=[
            RegexValidator(r"\A[A-Za-z0-9.-]+(:\d{1,5})?\Z", _("Enter a host name."))
        ],
        help_text=_(
            "The host of your own CRM, such as crm.example.com. "
            "Empty where everybody's CRM has the same address."
        ),
    )
    index_key = SealedField(default=make_key)
    data_key = SealedField(default=make_key)
    configuration_version = models.PositiveIntegerField(default=1)
    numbers_version = models.PositiveIntegerField(
        default=0,
        db_default=0,
        help_text=_(
            "Counts the changes of the account's phone numbers; 0: never read."
        ),
    )
    directory_refreshed_at = models.DateTimeField(null=True)
    directory_failure = models.CharField(max_length=300, blank=True)
    directory_oddities = models.TextField(
        blank=True,
        default="",
        db_default="",
        help_text=_("What was wrong in the lists that were read last, a line each."),
    )
    requires_second_factor = models.BooleanField(
        _("require a second factor"),
        default=False,
        db_default=False,
        help_text=_("Of people who sign in with a password."),
    )
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self):
        return self.name

    def save(self, *args, **kwargs):
        """Save the row, but never its keys again: they may have been rotated meanwhile."""
        if not self._state.adding and kwargs.get("update_fields") is None:
            fields = {field.name for field in self._meta.concrete_fields}
            kwargs["update_fields"] = fields - {"id", *self.KEY_FIELDS}
        super().save(*args, **kwargs)

    @property
    def declared(self) -> Platform:
        """The platform that the manifest of this organization's CRM declares."""
        return get_platform(self.platform)

    @property
    def has_crm(self) -> bool:
        """Whether a CRM is chosen, and its connector has no fault."""
        return bool(self.platform) and is_usable(self.platform)

    @property
    def secret_fields(self) -> list[str]:
        """The manifest's additional fields that are secret, by their `const`."""
        fields = self.declared.server_side_logging.additional_fields
        return [field.const for field in fields if field.is_secret]

    def number_hash(self, number: str) -> str:
        """Return the index entry of a phone number or extension number.

        Keyed, and the key differs per organization: ten digits alone can be enumerated.
        """
        return self._hmac(f"number:{number}").hex()

    def number_hashes(self, number: str) -> list[str]:
        """Return every index entry that calls with a number in E.164 may have.

        Release 0.1 kept a number as RingCentral sent it, without a plus, where it did
        not know the country.
        """
        return [
            self.number_hash(spelling)
            for same in same_numbers(number)
            for spelling in (same, same.removeprefix("+"))
        ]

    def marker(self, telephony_session_id: str, extension_id: str) -> str:
        """Return the marker of a call's record in the CRM; always the same for one call."""
        digest = self._hmac(f"marker:{telephony_session_id}|{extension_id}")
        return f"rc:{b32encode(digest).decode()[:20].lower()}"

    def digest(self, text: str) -> str:
        """Return a keyed digest of a text, 64 hexadecimal digits."""
        return self._hmac(text).hex()

    def _hmac(self, text: str) -> bytes:
        return hmac.digest(bytes.fromhex(self.index_key), text.encode(), sha256)

    def lock(self) -> "Organization":
        """Lock the organization until the transaction ends; return it as it is stored now.

        Every change of its settings or mapping takes this lock first, and reads them
        again: they are not as old as the configuration that this process keeps.
        """
        self.configuration = None
        return type(self).objects.select_for_update(no_key=True).get(pk=self.pk)

    def lock_for_crm(self) -> None:
        """Lock it to store something from its CRM. Raises `CrmChanged`."""
        stored = self.lock()
        if (stored.platform, stored.crm_hostname) != (self.platform, self.crm_hostname):
            raise CrmChanged(
                _("Another CRM was chosen while you had this open. Reload the page.")
            )

    def configuration_changed(self) -> None:
        """Count a change of settings or mapping; each call stores the version that decided it."""
        [counted] = read_rows(
            type(self),
            "UPDATE organizations_organization "
            "SET configuration_version = configuration_version + 1 "
            "WHERE id = %s RETURNING id, configuration_version",
            [self._meta.pk.get_db_prep_value(self.pk, connection)],
        )
        self.configuration_version = counted.configuration_version
        self.configuration = None


class Retention(models.Model):
    """How long an organization's calls are kept, and the result of the last purge."""

    organization = models.OneToOneField(
        Organization,
        on_delete=models.CASCADE,
        primary_key=True,
        related_name="retention",
    )
    identity_days = models.PositiveSmallIntegerField(
        _("Caller details (days)"),
        default=90,
        validators=[MinValueValidator(1), MaxValueValidator(365)],
        help_text=_("Number, name and recording links. 1 to 365 days after the call."),
    )
    work_state_days = models.PositiveSmallIntegerField(
        _("Call history (days)"),
        default=400,
        validators=[MinValueValidator(1), MaxValueValidator(3650)],
        help_text=_(
            "State, IDs, times and timeline. At least as long as the caller details. "
            "After that, nothing is left of the call here."
        ),
    )
    is_on_hold = models.BooleanField(
        _("Legal hold"),
        default=False,
        help_text=_(
            "Nothing is deleted, whether its days are over or a number is erased."
        ),
    )
    purged_at = models.DateTimeField(null=True)
    forgotten = models.PositiveIntegerField(default=0)
    """Number of calls whose phone number and name the last purge deleted."""
    deleted = models.PositiveIntegerField(default=0)
    """Number of calls that the last purge deleted."""
    deleted_until = models.DateTimeField(null=True)
    """Calls that began before it were deleted: one found in the call log is not new."""

    def __str__(self):
        return f"Retention of {self.organization}"

    def identity_limit(self, now: datetime) -> datetime:
        """Return the start of the oldest calls that keep their numbers and names."""
        return now - timedelta(days=self.identity_days)

    def work_state_limit(self, now: datetime) -> datetime:
        """Return the start of the oldest calls that are kept at all."""
        return now - timedelta(days=self.work_state_days)

    def keep(
        self, *, identity_days: int, work_state_days: int, is_on_hold: bool
    ) -> None:
        """Store how long calls are kept."""
        self.identity_days, self.work_state_days = identity_days, work_state_days
        self.is_on_hold = is_on_hold
        self.save(update_fields=["identity_days", "work_state_days", "is_on_hold"])

    def note_purge(self, *, forgotten: int, deleted: int, now: datetime) -> None:
        """Store the result of a purge; settings saved at the same time stay."""
        self.purged_at, self.forgotten, self.deleted = now, forgotten, deleted
        self.save(update_fields=["purged_at", "forgotten", "deleted"])

    def delete_until(self, limit: datetime) -> None:
        """Store, before any is deleted, that calls from before `limit` are not new.

        Not where a legal hold was set meanwhile: none is deleted then.
        """
        until = max(filter(None, (self.deleted_until, limit)))
        mine = Retention.objects.filter(pk=self.pk, is_on_hold=False)
        mine.update(deleted_until=until)


class ClientSettings(models.Model):
    """What admins set in App Connect's client, as far as it is not ours to know better.

    The logging rules and the user mapping have tables of their own.
    """

    organization = models.OneToOneField(
        Organization, on_delete=models.CASCADE, related_name="client_settings"
    )
    user_settings = models.JSONField(
        default=dict, help_text=_("An object for each key, as the client posted it.")
    )
    custom_adapter = models.JSONField(null=True)
    custom_connector = models.JSONField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name_plural = "client settings"

    def __str__(self):
        return f"client settings of {self.organization}"


class PersonSettings(models.Model):
    """What one person set in their own client, kept when they sign out of the CRM."""

    organization = models.ForeignKey(
        Organization,
        on_delete=models.CASCADE,
        related_name="person_settings",
        db_index=False,
    )
    extension_id = models.CharField(
        max_length=40, help_text=_("The person's RingCentral extension.")
    )
    user_settings = models.JSONField(default=dict)

    class Meta:
        verbose_name_plural = "person settings"
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "extension_id"],
                name="one_settings_row_per_person",
            )
        ]

    def __str__(self):
        return f"client settings of extension {self.extension_id}"
