"""Whether a person is still an admin of the RingCentral account, as RingCentral says."""

from contextlib import suppress
from datetime import datetime, timedelta

from django.core.cache import cache
from django.db import DatabaseError
from django.utils.translation import gettext as _

from appconnect.organizations.connections.ringcentral_connection import open_ringcentral
from appconnect.organizations.models import Member, Organization
from appconnect.ringcentral.bulkhead import ringcentral_bulkhead
from appconnect.ringcentral.errors import Refused, RingCentralError, Unavailable
from appconnect.ringcentral.extensions import get_extension

CONFIRMATION_INTERVAL = timedelta(minutes=1)
"""How long an answer counts, so that mapping a hundred users is not a hundred requests."""
READING_INTERVAL = timedelta(minutes=3)
"""How long an answer counts for those who only read."""
OUTAGE_LIMIT = timedelta(hours=1)
"""How long it counts while RingCentral gives none."""
READING_OUTAGE_LIMIT = timedelta(days=3)
"""How long it counts for those who only read while RingCentral is not reachable: Friday's
still counts on Monday."""


class NotAdmin(Exception):
    """The person may not change anything; the message says which right is missing."""


class Unconfirmed(NotAdmin):
    """RingCentral gives no answer, and its last one is too old."""


def check_right_to_read(admin: Member, *, now: datetime) -> None:
    """Raise `NotAdmin` unless RingCentral has said that this person is an admin.

    It is asked after `READING_INTERVAL`, once a minute at most. While it is not reachable,
    its last answer counts for longer: an outage is when admins look whether calls are kept.
    A connection that is lost is no outage, as it may have ended with the admin's right.
    """
    confirmed_at = admin.right_confirmed_at
    if not admin.extension_id:
        return
    if confirmed_at is not None and confirmed_at > now - READING_INTERVAL:
        return
    key = f"right-to-read:{admin.organization_id}:{admin.extension_id}"
    if (denial := cache.get(key)) is None:
        denial = ""
        is_old = confirmed_at is None or confirmed_at < now - READING_OUTAGE_LIMIT
        try:
            check_admin_right(admin, now=now)
        except Unconfirmed as error:
            if not isinstance(error.__cause__, Unavailable):
                ask = _("Sign out, then sign in with RingCentral to confirm it.")
                denial = f"{error} {ask}"
            elif is_old:
                denial = str(error)
        except NotAdmin as error:
            denial = str(error)
        except DatabaseError:  # it may only be readable: RingCentral was not asked
            if is_old:
                denial = _(
                    "RingCentral couldn't be asked whether you're an admin, because the "
                    "server's database can't be written."
                )
        cache.set(key, denial, CONFIRMATION_INTERVAL.total_seconds())
    if denial:
        raise NotAdmin(denial)


def check_admin_right(admin: Member, *, now: datetime) -> None:
    """Raise `NotAdmin` unless RingCentral says that this person is an admin.

    A local account without an extension belongs to the operator and is unknown to
    RingCentral. While RingCentral gives no answer, its last one counts for an hour.
    """
    confirmed_at = admin.right_confirmed_at
    if not admin.extension_id:
        return
    try:
        admin.right_confirmed_at = confirm(
            admin.organization, admin.extension_id, confirmed_at=confirmed_at, now=now
        )
    except Unconfirmed:
        raise
    except NotAdmin:
        admin.right_confirmed_at = None
        raise
    finally:
        if admin.right_confirmed_at != confirmed_at:
            with suppress(DatabaseError):  # the answer counts nevertheless
                admin.save(update_fields=["right_confirmed_at"])


def check_extension_right(
    organization: Organization,
    extension_id: str,
    *,
    confirmed_at: datetime | None,
    now: datetime,
) -> None:
    """Raise `NotAdmin` unless RingCentral says that the person at the extension is an admin.

    They need not be a member here. `confirmed_at` is when they last proved it. What this
    process learned counts for a minute; then what any process learned is read.
    """
    key = f"admin-right:{organization.pk}:{extension_id}"
    if (cached := cache.get(key)) and cached > now - CONFIRMATION_INTERVAL:
        return
    last = find_last_answer(organization, extension_id, confirmed_at=confirmed_at)
    rights = organization.admin_rights
    try:
        confirmed = confirm(organization, extension_id, confirmed_at=last, now=now)
    except Unconfirmed:  # which is no denial
        raise
    except NotAdmin:
        cache.delete(key)
        values = {"asked_at": now, "confirmed_at": None}
        rights.update_or_create(extension_id=extension_id, defaults=values)
        raise
    cache.set(key, confirmed, CONFIRMATION_INTERVAL.total_seconds())
    if confirmed != last:
        values = {"asked_at": now, "confirmed_at": confirmed}
        rights.update_or_create(extension_id=extension_id, defaults=values)


def find_last_answer(
    organization: Organization, extension_id: str, *, confirmed_at: datetime | None
) -> datetime | None:
    """Return when the admin right was last confirmed; None where it was denied since."""
    answer = organization.admin_rights.filter(extension_id=extension_id).first()
    if answer is None or (confirmed_at and confirmed_at > answer.asked_at):
        return confirmed_at
    return answer.confirmed_at


def confirm(
    organization: Organization,
    extension_id: str,
    *,
    confirmed_at: datetime | None,
    now: datetime,
) -> datetime:
    """Return when RingCentral last confirmed the admin right; ask again after a minute.

    Raises `NotAdmin`.
    """
    if confirmed_at is not None and confirmed_at > now - CONFIRMATION_INTERVAL:
        return confirmed_at
    try:
        is_admin = is_account_admin(organization, extension_id, now=now)
    except RingCentralError as error:
        # What the organization's connection may not ask says nothing of this person.
        if isinstance(error, Refused) and not error.lacks_permission:
            raise NotAdmin(
                _("RingCentral doesn't recognize your account: %s") % error
            ) from error
        if confirmed_at is None or confirmed_at < now - OUTAGE_LIMIT:
            raise Unconfirmed(
                _("RingCentral couldn't confirm that you're an admin: %s") % error
            ) from error
        return confirmed_at
    if not is_admin:
        raise NotAdmin(
            _(
                "You're no longer a RingCentral admin. Ask for a RingCentral role with "
                "admin rights, such as Super Admin, and try again."
            )
        )
    return now


@ringcentral_bulkhead()
def is_account_admin(
    organization: Organization, extension_id: str, *, now: datetime
) -> bool:
    """Return whether RingCentral says that the extension's user is an admin.

    Raises a `RingCentralError`.
    """
    with open_ringcentral(organization, now=now, loses_when_refused=False) as client:
        return get_extension(client, extension_id).is_admin
