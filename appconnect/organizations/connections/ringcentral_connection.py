"""The organization's one sign-in at RingCentral: shared by all workers, renewed, checked."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from appconnect.organizations.models import (
    AuditEntry,
    Organization,
    RingCentralConnection,
    wait_until,
)
from appconnect.organizations.security import audit
from appconnect.organizations.security.audit import Actor
from appconnect.ringcentral import oauth
from appconnect.ringcentral.client import RingCentral
from appconnect.ringcentral.errors import (
    Refused,
    SignInRefused,
    TokenExpired,
    TokenRejected,
    Unavailable,
)
from appconnect.ringcentral.extensions import get_own_extension
from appconnect.rows import row_of, update

Status = RingCentralConnection.Status
SIGN_IN_LEASE = timedelta(seconds=40)
"""Longer than a sign-in can take: whoever holds it is signing in or dead."""
EXPIRY_MARGIN = timedelta(minutes=2)
OUTAGE_HOLD_SECONDS = 10
"""How long nobody asks again after RingCentral did not answer."""
CHECK_INTERVAL = timedelta(hours=1)
"""Between looks at the admin right. They also keep the sign-in alive: unused it would
end after seven days."""
SIGN_IN_TIMEOUT_SECONDS = 10
"""How long one worker waits for another's sign-in."""


def ringcentral_app() -> oauth.App:
    """Return this program as it is registered at RingCentral."""
    return oauth.App(
        server=settings.RINGCENTRAL_SERVER,
        client_id=settings.RINGCENTRAL_CLIENT_ID,
        client_secret=settings.RINGCENTRAL_CLIENT_SECRET,
    )


@contextmanager
def open_ringcentral(
    organization: Organization, *, now: datetime, loses_when_refused: bool = True
) -> Iterator[RingCentral]:
    """Yield a client with a valid token, signing in where the last token expires.

    One worker signs in at a time, and nothing is sent during a penalty of RingCentral.
    Raises `SignInRefused` where an admin must connect again, and `Unavailable`; both
    also because of a response within the block: a token that is rejected there is
    deleted, and the next attempt signs in again. A refusal for want of a permission loses
    the connection where it `loses_when_refused`: not for a request about another person,
    whom its user may not be allowed to see.
    """
    connection = row_of(organization, RingCentralConnection)
    check_not_held(connection, now)
    is_just_read = has_token(connection, now)
    if not is_just_read:
        sign_in(connection, now=now)

    def check_still_free() -> None:
        nonlocal is_just_read
        if not is_just_read:
            connection.refresh_from_db(fields=["held_until"])
            check_not_held(connection, now)
        is_just_read = False

    with RingCentral(
        server=settings.RINGCENTRAL_SERVER,
        access_token=connection.access_token,
        before_request=check_still_free,
    ) as client:
        try:
            yield client
        except TokenRejected as error:
            forget_token(connection)
            raise TokenExpired(
                "RingCentral no longer accepts the access token.", retry_after=1
            ) from error
        except Unavailable as error:
            hold(connection, error, now=now)
            raise
        except Refused as error:
            if error.lacks_permission and loses_when_refused:
                reason = _("The user's rights do not suffice: %s") % error
                lose(connection, reason, now, status=Status.RIGHTS_MISSING)
            raise


def check_not_held(connection: RingCentralConnection, now: datetime) -> None:
    """Raise `Unavailable` while a penalty or an outage lasts."""
    held_until = connection.held_until
    if held_until is not None and held_until > now:
        seconds = int((held_until - now).total_seconds()) + 1
        raise Unavailable(
            "RingCentral asked us to wait, or did not answer.", retry_after=seconds
        )


def hold(connection: RingCentralConnection, error: Unavailable, now: datetime) -> None:
    """Send nothing for as long as RingCentral demands, or `OUTAGE_HOLD_SECONDS`."""
    seconds = max(error.retry_after or 0, OUTAGE_HOLD_SECONDS)
    until = now + timedelta(seconds=seconds)
    if connection.held_until is None or connection.held_until < until:
        connection.hold(until)


def has_token(connection: RingCentralConnection, now: datetime) -> bool:
    expires_at = connection.access_token_expires_at
    return expires_at is not None and expires_at > now + EXPIRY_MARGIN


def forget_token(connection: RingCentralConnection) -> None:
    """Make the next attempt sign in again, unless another worker has done so."""
    current = RingCentralConnection.objects.get(pk=connection.pk)
    if current.access_token == connection.access_token:
        RingCentralConnection.objects.filter(
            pk=connection.pk,
            access_token_expires_at=current.access_token_expires_at,
        ).update(access_token_expires_at=None)


def sign_in(connection: RingCentralConnection, *, now: datetime) -> None:
    """Get a new access token and store it, or wait for the worker who is doing so.

    What RingCentral refused once is not tried again: an admin must connect.
    """
    if connection.status == Status.RECONNECT_NEEDED:
        raise SignInRefused(connection.failure)
    if not connection.take_lease("signing_in_until", SIGN_IN_LEASE, now=now):
        wait_for_token(connection, now)
        return
    try:
        if not has_token(connection, now):  # another worker may just have signed in
            store_tokens(connection, ask_for_tokens(connection), now=now)
    except SignInRefused as error:
        lose(connection, str(error), now)
        raise
    except Unavailable as error:
        hold(connection, error, now=now)
        raise
    finally:
        connection.end_lease("signing_in_until")


def ask_for_tokens(connection: RingCentralConnection) -> oauth.Tokens:
    if connection.refresh_token:
        return oauth.refresh(ringcentral_app(), connection.refresh_token)
    if connection.jwt:
        return oauth.sign_in_with_jwt(ringcentral_app(), connection.jwt)
    raise SignInRefused(_("No one has signed in to RingCentral."))


@transaction.atomic
def store_tokens(
    connection: RingCentralConnection, tokens: oauth.Tokens, *, now: datetime
) -> None:
    """Store the tokens of a sign-in, before any of them is used.

    Raises `Unavailable` where an admin has connected anew meanwhile.
    """
    current = RingCentralConnection.objects.select_for_update().get(pk=connection.pk)
    if current.generation != connection.generation:
        raise Unavailable("RingCentral was connected anew.", retry_after=1)
    lifetime = timedelta(seconds=tokens.access_token_lifetime)
    connection.access_token = tokens.access_token
    connection.access_token_expires_at = now + lifetime
    if not connection.jwt:
        connection.refresh_token = tokens.refresh_token
    connection.scopes = tokens.scopes
    connection.save(
        update_fields=[
            "access_token",
            "access_token_expires_at",
            "refresh_token",
            "scopes",
        ]
    )


def wait_for_token(connection: RingCentralConnection, now: datetime) -> None:
    """Wait for another worker's sign-in. Raises `SignInRefused` or `Unavailable`."""

    def is_over() -> bool:
        connection.refresh_from_db()
        if has_token(connection, now):
            return True
        if connection.status == Status.RECONNECT_NEEDED:
            raise SignInRefused(connection.failure)
        return connection.signing_in_until is None

    wait_until(is_over, timeout_seconds=SIGN_IN_TIMEOUT_SECONDS)
    if not has_token(connection, now):
        raise Unavailable(
            "Another worker is signing in to RingCentral.", retry_after=10
        )


def connect(
    organization: Organization,
    tokens: oauth.Tokens,
    *,
    extension_id: str,
    actor: Actor,
    now: datetime,
) -> None:
    """Make a person's sign-in the organization's connection, replacing any other."""
    with transaction.atomic():
        connection = lock_for_sign_in(organization, extension_id, now=now)
        replaced = connection.access_token
        connection.jwt = None
        connection.save()
        store_tokens(connection, tokens, now=now)
        audit.log(
            organization,
            AuditEntry.Action.RINGCENTRAL_CONNECTED,
            actor=actor,
            now=now,
        )
    if replaced and replaced != tokens.access_token:
        oauth.revoke(ringcentral_app(), replaced)


def connect_with_jwt(
    organization: Organization, jwt: str, *, extension_id: str
) -> None:
    """Make a JWT credential the organization's connection, replacing any other."""
    with transaction.atomic():
        connection = lock_for_sign_in(organization, extension_id, now=None)
        connection.jwt, connection.refresh_token = jwt, None
        connection.access_token_expires_at = None
        connection.save()


def lock_for_sign_in(
    organization: Organization, extension_id: str, *, now: datetime | None
) -> RingCentralConnection:
    """Return the connection, locked, for a new sign-in; older ones cannot change it then."""
    connection = RingCentralConnection.objects.select_for_update().get(
        organization=organization
    )
    connection.generation += 1
    connection.extension_id = extension_id
    connection.held_until = None
    mark_connected(connection, now)
    return connection


def mark_connected(connection: RingCentralConnection, now: datetime | None) -> None:
    connection.status, connection.failure = Status.CONNECTED, ""
    connection.failed_at, connection.checked_at = None, now


def lose(
    connection: RingCentralConnection,
    reason: str,
    now: datetime,
    *,
    status: Status = Status.RECONNECT_NEEDED,
) -> None:
    """Store that an admin must connect again; losing it twice is stored once."""
    reason = reason[:300]
    same = RingCentralConnection.objects.filter(
        pk=connection.pk, generation=connection.generation
    ).exclude(status=status)
    same.update(status=status, failure=reason, failed_at=now)
    connection.status, connection.failure = status, reason


def check_connection(organization: Organization, *, now: datetime) -> bool:
    """Confirm that the connection works and its user is still an admin.

    Return whether it has come back: one that was lost for want of rights does so by
    itself once they are there again. Raises `SignInRefused` or `Unavailable`.
    """
    with open_ringcentral(organization, now=now) as client:
        own = get_own_extension(client)
    connection = row_of(organization, RingCentralConnection)
    was_connected = connection.is_connected
    if not own.is_admin:
        missing = _("%s is no longer a RingCentral admin.")
        reason = missing % (own.name or own.id)
        lose(connection, reason, now, status=Status.RIGHTS_MISSING)
        return False
    mark_connected(connection, now)
    columns = ("status", "failure", "failed_at", "checked_at")
    update(connection, {name: getattr(connection, name) for name in columns})
    return not was_connected
