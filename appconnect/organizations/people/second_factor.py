"""Adding, removing and requiring second factors, with their audit entries."""

from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from appconnect.organizations.models import (
    AuditEntry,
    AuthenticatorApp,
    Member,
    Organization,
    Passkey,
)
from appconnect.organizations.models.people.second_factor import has_second_factor
from appconnect.organizations.people.team import end_sessions
from appconnect.organizations.security import audit
from appconnect.organizations.security.audit import Actor
from appconnect.organizations.security.second_factor import (
    passkeys,
    recovery_codes,
    totp,
)

Action = AuditEntry.Action
MAX_PASSKEYS = 20


class SecondFactorError(Exception):
    """Nothing was changed; the message says why, for people."""


def is_on(member: Member) -> bool:
    """Return whether a member's password is not enough to sign in."""
    return Member.objects.filter(has_second_factor(), pk=member.pk).exists()


def delete_codes_without_factor(member: Member) -> None:
    """Delete older recovery codes before the first factor, which brings new ones."""
    if not is_on(member):
        member.recovery_codes.all().delete()


@transaction.atomic
def start_app(member: Member) -> AuthenticatorApp:
    """Make a secret for a new authenticator app, in place of one that never gave a code."""
    member.organization.lock()
    member.authenticator_apps.filter(confirmed_at__isnull=True).delete()
    return AuthenticatorApp.objects.create(
        organization=member.organization, member=member, secret=totp.make_secret()
    )


@transaction.atomic
def confirm_app(
    app: AuthenticatorApp, code: str, *, actor: Actor, now: datetime
) -> None:
    """Have a new app count, instead of an older one. Raises `SecondFactorError`."""
    if not totp.use_code(app, code, now=now):
        raise SecondFactorError(
            _("Wrong code. Enter the newest one that the app shows.")
        )
    delete_codes_without_factor(app.member)
    app.member.authenticator_apps.exclude(pk=app.pk).delete()
    app.confirmed_at = now
    app.save(update_fields=["confirmed_at"])
    log(app.member, Action.SECOND_FACTOR_ADDED, _("authenticator app"), actor, now)


@transaction.atomic
def add_passkey(
    member: Member,
    name: str,
    answer: str,
    *,
    challenge: bytes,
    actor: Actor,
    now: datetime,
) -> Passkey:
    """Add the passkey that a browser made. Raises `SecondFactorError`."""
    member.organization.lock()
    if member.passkeys.count() >= MAX_PASSKEYS:
        raise SecondFactorError(
            _("You have %d passkeys. Remove one first.") % MAX_PASSKEYS
        )
    try:
        passkey = passkeys.read_passkey(member, answer, challenge=challenge)
        passkey.name, passkey.created_at = name, now
        delete_codes_without_factor(member)
        with transaction.atomic():
            passkey.save()
    except passkeys.PasskeyRefused as error:
        raise SecondFactorError(str(error)) from error
    except IntegrityError as error:  # the same one, sent twice
        raise SecondFactorError(_("This passkey has been added already.")) from error
    log(member, Action.SECOND_FACTOR_ADDED, passkey_label(name), actor, now)
    return passkey


@transaction.atomic
def remove_app(member: Member, *, actor: Actor, now: datetime) -> None:
    """Remove a member's authenticator app. Raises `SecondFactorError`."""
    member.organization.lock()
    removed, _rows = member.authenticator_apps.all().delete()
    if removed:
        finish_removal(member, _("authenticator app"), actor=actor, now=now)


@transaction.atomic
def remove_passkey(
    member: Member, credential_id: str, *, actor: Actor, now: datetime
) -> None:
    """Remove one of a member's passkeys. Raises `SecondFactorError`."""
    member.organization.lock()
    passkey = member.passkeys.filter(credential_id=credential_id).first()
    if passkey is not None:
        passkey.delete()
        finish_removal(member, passkey_label(passkey.name), actor=actor, now=now)


def finish_removal(
    member: Member, subject: str, *, actor: Actor, now: datetime
) -> None:
    """Log it; without a factor the recovery codes go too. Raises `SecondFactorError`."""
    if not is_on(member):
        if Organization.objects.get(pk=member.organization_id).requires_second_factor:
            raise SecondFactorError(
                _(
                    "Your organization requires a second factor, and this is your only "
                    "one. Add another first."
                )
            )
        member.recovery_codes.all().delete()
    log(member, Action.SECOND_FACTOR_REMOVED, subject, actor, now)


@transaction.atomic
def make_recovery_codes(member: Member, *, actor: Actor, now: datetime) -> list[str]:
    """Replace a member's recovery codes; return the new ones, which nothing else keeps."""
    codes = recovery_codes.make_codes(member)
    log(member, Action.RECOVERY_CODES_MADE, "", actor, now)
    return codes


@transaction.atomic
def reset(member: Member, *, actor: Actor, now: datetime) -> None:
    """Delete all of a member's second factor, and end their sessions."""
    member.organization.lock()
    member.refresh_from_db(fields=["role", "session_number"])
    member.delete_second_factor()
    end_sessions(member)
    log(member, Action.SECOND_FACTOR_RESET, str(member), actor, now)


@transaction.atomic
def require(
    organization: Organization, is_required: bool, *, actor: Actor, now: datetime
) -> None:
    """Store whether everybody with a password needs a second factor at the next sign-in."""
    stored = organization.lock()
    before = stored.requires_second_factor
    if before == is_required:
        return
    stored.requires_second_factor = is_required
    stored.save(update_fields=["requires_second_factor"])
    name = _("People with a password need a second factor")
    audit.log(
        organization,
        Action.SECOND_FACTOR_REQUIRED,
        actor=actor,
        changes=audit.differences({name: before}, {name: is_required}),
        now=now,
    )


def passkey_label(name: str) -> str:
    return _("passkey “%s”") % name


def log(
    member: Member, action: Action, subject: str, actor: Actor, now: datetime
) -> None:
    audit.log(member.organization, action, actor=actor, subject=subject, now=now)
