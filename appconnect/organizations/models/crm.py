import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _

from appconnect.organizations.models.lease import Lease
from appconnect.organizations.models.organization import Organization
from appconnect.organizations.models.sealed import SealedField
from connector import types


class CrmUser(models.Model):
    """A user of the organization's CRM who can own records, as last listed."""

    organization = models.ForeignKey(
        Organization,
        on_delete=models.CASCADE,
        related_name="crm_users",
        db_index=False,
    )
    platform = models.CharField(max_length=60)
    crm_user_id = models.CharField(max_length=200)
    name = models.CharField(max_length=200, blank=True)
    email = models.CharField(max_length=254, blank=True)
    is_active = models.BooleanField(default=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "platform", "crm_user_id"],
                name="one_row_per_crm_user",
            )
        ]

    def __str__(self):
        return self.name or self.email or self.crm_user_id

    def as_owner(self) -> types.CrmUser:
        """Return this user as the connector contract has it."""
        return types.CrmUser(
            id=self.crm_user_id,
            name=self.name,
            email=self.email,
            is_active=self.is_active,
        )


class ManagedKey(models.Model):
    """An API key of the CRM that an admin has entered for a person, or for the account.

    `organizations.people.managed_key` reads and writes it.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organization = models.ForeignKey(
        Organization,
        on_delete=models.CASCADE,
        related_name="managed_keys",
        db_index=False,
    )
    platform = models.CharField(max_length=60)
    extension_id = models.CharField(
        max_length=40,
        blank=True,
        help_text=_("The person's RingCentral extension; empty: everyone's."),
    )
    api_key = SealedField()
    was_refused = models.BooleanField(
        default=False,
        help_text=_(
            "Whether the CRM refused it, and people type theirs until it changes."
        ),
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "platform", "extension_id"],
                name="one_managed_key_per_extension",
            )
        ]

    def __str__(self):
        return f"the key of {self.extension_id or 'everyone'}"

    def store_refusal(self, *, was_refused: bool) -> None:
        """Store whether the CRM refused the key, if it is still the same one."""
        self.was_refused = was_refused
        same = ManagedKey.objects.filter(pk=self.pk, api_key=self.__dict__["api_key"])
        same.update(was_refused=was_refused)


class CrmSession(models.Model):
    """A person's own sign-in to the CRM; App Connect calls this row a user."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organization = models.ForeignKey(
        Organization,
        on_delete=models.CASCADE,
        related_name="crm_sessions",
        db_index=False,
    )
    platform = models.CharField(max_length=60)
    crm_user_id = models.CharField(max_length=200)
    name = models.CharField(max_length=200, blank=True)
    extension_id = models.CharField(
        max_length=40, help_text=_("The person's RingCentral extension.")
    )
    access_token = SealedField()
    admin_proved_at = models.DateTimeField(null=True)
    connected_at = models.DateTimeField(auto_now=True)

    is_shut_out: bool
    """Whether the console's team says that the person is no admin.

    Set by `find_session` alone. For a person who is not in the team, RingCentral's word
    alone counts.
    """

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "platform", "extension_id"],
                name="one_session_per_extension",
            )
        ]

    def __str__(self):
        return self.name or self.crm_user_id

    @property
    def user_id(self) -> str:
        """The `id` that a userJwt carries: App Connect appends the platform."""
        return f"{self.pk}-{self.platform}"


class CrmSignIn(Lease):
    """What a sign-in at the CRM gave, for all workers and for as long as the CRM accepts it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organization = models.ForeignKey(
        Organization,
        on_delete=models.CASCADE,
        related_name="crm_sign_ins",
        db_index=False,
    )
    platform = models.CharField(max_length=60)
    credentials_hash = models.CharField(max_length=64)
    crm_session = models.ForeignKey(
        CrmSession,
        on_delete=models.CASCADE,
        null=True,
        related_name="crm_sign_ins",
        help_text=_("Whose it is; empty where a service account signed in."),
    )
    signed_in = SealedField()
    signing_in_until = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "platform", "credentials_hash"],
                name="one_sign_in_per_credentials",
            )
        ]

    def __str__(self):
        return f"a sign-in at {self.platform}"
