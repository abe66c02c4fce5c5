"""The people who may use the console: adding them, their roles, removing them."""

from collections.abc import Iterable
from datetime import datetime

from django.contrib.auth.models import User
from django.db import transaction
from django.utils.translation import gettext as _

from appconnect.organizations.models import AuditEntry, Member, Organization
from appconnect.organizations.people.admin_right import is_account_admin
from appconnect.organizations.security import audit
from appconnect.organizations.security.audit import Actor
from appconnect.ringcentral.errors import RingCentralError

Action = AuditEntry.Action
Role = Member.Role
RINGCENTRAL_PREFIX = "rc-"
"""Begins the user names of people who sign in with RingCentral."""


class TeamError(Exception):
    """The team was not changed; the message says why, for people."""


def check_may_be(
    role: Role, organization: Organization, extension_id: str, *, now: datetime
) -> None:
    """Raise `TeamError` for an admin role without the admin right at RingCentral.

    A local account without an extension needs no right there.
    """
    if role != Role.ADMIN or not extension_id:
        return
    try:
        is_admin = is_account_admin(organization, extension_id, now=now)
    except RingCentralError as error:
        raise TeamError(
            _("RingCentral couldn't confirm that this is an admin: %s") % error
        ) from error
    if not is_admin:
        raise TeamError(
            _(
                "This person is not a RingCentral admin, as admins here must be. Choose "
                "another role, or give them admin rights in RingCentral first."
            )
        )


@transaction.atomic
def add_at_extension(
    organization: Organization,
    extension_id: str,
    *,
    name: str,
    email: str,
    role: Role,
    actor: Actor,
    now: datetime,
) -> Member:
    """Add the person at an extension, who signs in with RingCentral. Raises `TeamError`.

    The caller has checked whether they may be an admin.
    """
    organization.lock()
    member = organization.members.filter(extension_id=extension_id).first()
    if member is None:
        username = f"{RINGCENTRAL_PREFIX}{organization.rc_account_id}-{extension_id}"
        user = User(username=username, email=email, first_name=name[:150])
        member = Member(user=user, organization=organization, extension_id=extension_id)
    return add_member(member, role, actor=actor, now=now)


@transaction.atomic
def add_local(
    organization: Organization,
    username: str,
    *,
    role: Role,
    actor: Actor,
    now: datetime,
) -> Member:
    """Add a person with a password, which they have yet to set. Raises `TeamError`."""
    if username.lower().startswith(RINGCENTRAL_PREFIX):
        raise TeamError(_("User names can't start with rc-. Choose another."))
    organization.lock()
    member = organization.members.filter(user__username=username).first()
    if member is None:
        if User.objects.filter(username=username).exists():
            raise TeamError(_("This user name is taken. Choose another."))
        member = Member(user=User(username=username), organization=organization)
    return add_member(member, role, actor=actor, now=now)


def add_member(member: Member, role: Role, *, actor: Actor, now: datetime) -> Member:
    """Add a new or a removed member, without their old password. Raises `TeamError`."""
    if member.pk and member.user.is_active:
        raise TeamError(_("%s is already a member.") % member)
    member.user.is_active = True
    member.user.set_unusable_password()
    member.user.save()
    member.role = role
    member.save()
    audit.log(
        member.organization,
        Action.MEMBER_ADDED,
        actor=actor,
        subject=str(member),
        changes=audit.differences({}, {"role": role}),
        now=now,
    )
    return member


def change_role(member: Member, role: Role, *, actor: Actor, now: datetime) -> None:
    """Change a member's role and end their sessions. Raises `TeamError`."""
    check_may_be(role, member.organization, member.extension_id, now=now)
    with transaction.atomic():
        member.organization.lock()
        member.refresh_from_db(fields=["role", "session_number"])
        before = member.role
        if role == before:
            return
        check_admin_is_left(member)
        member.role = role
        end_sessions(member)
        audit.log(
            member.organization,
            Action.ROLE_CHANGED,
            actor=actor,
            subject=str(member),
            changes=audit.differences({"role": before}, {"role": role}),
            now=now,
        )


@transaction.atomic
def remove(member: Member, *, actor: Actor, now: datetime) -> None:
    """Remove a member and end their sessions. Raises `TeamError`.

    The row stays: without it an admin at RingCentral could sign in again.
    """
    member.organization.lock()
    member.refresh_from_db(fields=["role", "session_number"])
    member.user.refresh_from_db(fields=["is_active"])
    if not member.user.is_active:
        return
    check_admin_is_left(member)
    member.user.is_active = False
    member.user.save(update_fields=["is_active"])
    member.delete_second_factor()
    end_sessions(member)
    audit.log(
        member.organization,
        Action.MEMBER_REMOVED,
        actor=actor,
        subject=str(member),
        now=now,
    )


def check_admin_is_left(leaving: Member) -> None:
    """Raise `TeamError` where `leaving` is the only admin."""
    others = leaving.organization.members.admins().exclude(pk=leaving.pk)
    if leaving.role == Role.ADMIN and not others.exists():
        raise TeamError(
            _("%s is the last admin. Make someone else an admin first.") % leaving
        )


def end_sessions(member: Member) -> None:
    member.session_number += 1
    member.save(update_fields=["role", "session_number"])


@transaction.atomic
def sign_out(
    member: Member, keys: Iterable[str], *, actor: Actor, now: datetime
) -> int:
    """End sessions of a member; return how many were ended."""
    ended, _rows = member.user.sessions.filter(pk__in=list(keys)).delete()
    if ended:
        audit.log(
            member.organization,
            Action.SESSIONS_ENDED,
            actor=actor,
            subject=str(member),
            now=now,
        )
    return ended


@transaction.atomic
def note_password_link(member: Member, *, actor: Actor, now: datetime) -> None:
    """Log that a link to set a member's password was created."""
    audit.log(
        member.organization,
        Action.PASSWORD_LINK_MADE,
        actor=actor,
        subject=str(member),
        now=now,
    )
