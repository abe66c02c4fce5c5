"""The organization's sign-in at RingCentral."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Q

from appconnect.organizations.models import Organization, RingCentralConnection
from appconnect.ringcentral.client import RingCentral, sign_in_with_jwt
from appconnect.ringcentral.errors import SignInRefused, TokenRejected, Unavailable

SIGN_IN_LEASE = timedelta(seconds=40)
"""Longer than a sign-in can take: whoever holds it is signing in or dead."""
EXPIRY_MARGIN = timedelta(minutes=2)
PATIENCE_SECONDS, LOOKS_PER_SECOND = 10, 5
"""How long one worker waits for another's sign-in."""


@contextmanager
def open_ringcentral(
    organization: Organization, *, now: datetime
) -> Iterator[RingCentral]:
    """Give a client with a valid token, signing in where the last one runs out.

    One worker signs in at a time: RingCentral allows five token requests a minute.
    Raises `SignInRefused` or `Unavailable`. A token that
    RingCentral rejects within the block is forgotten, and raises `Unavailable` too: the
    next attempt signs in anew.
    """
    connection = RingCentralConnection.objects.get(organization=organization)
    if not has_token(connection, now):
        sign_in(connection, now=now)
    with RingCentral(
        server=settings.RINGCENTRAL_SERVER, access_token=connection.access_token
    ) as client:
        try:
            yield client
        except TokenRejected as error:
            RingCentralConnection.objects.filter(pk=connection.pk).update(
                access_token_expires_at=None
            )
            raise Unavailable(
                "RingCentral no longer accepts the access token.", retry_after=1
            ) from error


def has_token(connection: RingCentralConnection, now: datetime) -> bool:
    expires_at = connection.access_token_expires_at
    return expires_at is not None and expires_at > now + EXPIRY_MARGIN


def sign_in(connection: RingCentralConnection, *, now: datetime) -> None:
    """Get a new access token and store it, or wait for the worker who is doing so."""
    free = Q(signing_in_until=None) | Q(signing_in_until__lte=now)
    mine = RingCentralConnection.objects.filter(free, pk=connection.pk)
    if not mine.update(signing_in_until=now + SIGN_IN_LEASE):
        wait_for_token(connection, now)
        return
    try:
        token, lifetime_seconds = sign_in_with_jwt(
            server=settings.RINGCENTRAL_SERVER,
            client_id=settings.RINGCENTRAL_CLIENT_ID,
            client_secret=settings.RINGCENTRAL_CLIENT_SECRET,
            jwt=connection.jwt,
        )
    except SignInRefused as error:
        connection.failure, connection.failed_at = str(error)[:300], now
        raise
    else:
        connection.access_token = token
        connection.access_token_expires_at = now + timedelta(seconds=lifetime_seconds)
        connection.failure, connection.failed_at = "", None
    finally:
        connection.signing_in_until = None
        connection.save(
            update_fields=[
                "access_token",
                "access_token_expires_at",
                "failure",
                "failed_at",
                "signing_in_until",
            ]
        )


def wait_for_token(connection: RingCentralConnection, now: datetime) -> None:
    for _ in range(PATIENCE_SECONDS * LOOKS_PER_SECOND):
        time.sleep(1 / LOOKS_PER_SECOND)
        connection.refresh_from_db()
        if has_token(connection, now):
            return
    raise Unavailable("Another worker is signing in to RingCentral.", retry_after=10)
