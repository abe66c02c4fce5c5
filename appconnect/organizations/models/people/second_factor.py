"""What a member has besides the password: an app's codes, passkeys, recovery codes."""

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _

from appconnect.organizations.models.organization import Organization
from appconnect.organizations.models.people.member import Member
from appconnect.organizations.models.sealed import SealedField


class AuthenticatorApp(models.Model):
    """An app that shows a code every 30 seconds, and the secret that it shares with us.

    It counts from its first right code on. Until then an older one of the member does.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organization = models.ForeignKey(
        Organization, on_delete=models.CASCADE, related_name="+"
    )
    member = models.ForeignKey(
        Member, on_delete=models.CASCADE, related_name="authenticator_apps"
    )
    secret = SealedField()
    confirmed_at = models.DateTimeField(null=True)
    last_step = models.BigIntegerField(
        default=0,
        help_text=_("The 30 seconds of the last code: it and those before are used."),
    )
    last_used_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["member"],
                condition=models.Q(confirmed_at__isnull=False),
                name="one_authenticator_app_per_member",
            ),
            models.UniqueConstraint(
                fields=["member"],
                condition=models.Q(confirmed_at__isnull=True),
                name="one_new_authenticator_app_per_member",
            ),
        ]

    def __str__(self):
        return f"authenticator app of {self.member}"


class Passkey(models.Model):
    """A WebAuthn credential: a key that a device or a password manager keeps."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organization = models.ForeignKey(
        Organization, on_delete=models.CASCADE, related_name="+"
    )
    member = models.ForeignKey(
        Member, on_delete=models.CASCADE, related_name="passkeys"
    )
    name = models.CharField(_("name"), max_length=60)
    credential_id = models.TextField(unique=True, help_text=_("In base64url."))
    credential = models.TextField(
        help_text=_(
            "WebAuthn's attested credential data, in base64url: nothing secret."
        )
    )
    sign_count = models.BigIntegerField(default=0)
    created_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True)

    def __str__(self):
        return self.name


class RecoveryCode(models.Model):
    """A code for whoever has lost the rest. Its use deletes it."""

    organization = models.ForeignKey(
        Organization, on_delete=models.CASCADE, related_name="+"
    )
    member = models.ForeignKey(
        Member, on_delete=models.CASCADE, related_name="recovery_codes"
    )
    hash = models.CharField(max_length=128)

    def __str__(self):
        return f"recovery code of {self.member}"


def has_second_factor() -> models.Exists:
    """Return the condition on members for whom a password is not enough."""
    mine = {"member": models.OuterRef("pk")}
    apps = AuthenticatorApp.objects.filter(**mine, confirmed_at__isnull=False)
    return models.Exists(apps) | models.Exists(Passkey.objects.filter(**mine))
