"""The tokens of a sign-in at an organization's CRM, stored for all workers."""

import hmac
import json
from collections.abc import Callable
from datetime import timedelta
from functools import cached_property

from django.db import transaction
from django.utils import timezone

from appconnect.organizations.models import CrmSignIn, Organization, wait_until
from appconnect.organizations.models.sealed import derive_key
from connector.errors import TemporaryError
from connector.types import Credentials, SignedIn, SignInKeeper

LEASE = timedelta(minutes=2)
"""Longer than a sign-in of several requests takes: whoever holds it signs in, or is dead."""
SIGN_IN_TIMEOUT_SECONDS = 10
"""How long one worker waits for another's sign-in."""

in_memory: dict[tuple[object, ...], tuple[int, SignedIn]] = {}
"""What this process has read, and at which version of the configuration.

Another worker may have signed in since; a 401 then shows it."""


def hash_of(credentials: Credentials) -> str:
    """Return a keyed hash that identifies credentials.

    A person's session stays the same whatever else the organization configures.
    """
    signs_in = [credentials.hostname, credentials.session_id, credentials.access_token]
    if not credentials.session_id:
        signs_in += [*sorted(credentials.server_logging_settings.items())]
    key = derive_key("credentials hash")
    return hmac.digest(key, json.dumps(signs_in).encode(), "sha256").hex()


class StoredSignIn(SignInKeeper):
    """The stored sign-in of one set of credentials, sealed in the database."""

    def __init__(self, organization: Organization, credentials: Credentials):
        self._organization = organization
        self._credentials = credentials
        self._version = organization.configuration_version

    @cached_property
    def _key(self) -> dict[str, object]:
        return {
            "organization_id": self._organization.pk,
            "platform": self._organization.platform,
            "credentials_hash": hash_of(self._credentials),
        }

    @property
    def _name(self) -> tuple[object, ...]:
        return tuple(self._key.values())

    def put(self, signed_in: SignedIn) -> None:
        """Store the result of a person's sign-in in the browser."""
        with transaction.atomic():
            # A new row: a worker who is renewing the old sign-in finds it deleted.
            CrmSignIn.objects.filter(**self._key).delete()
            row = self._get_row()
            row.signed_in = dict(signed_in)
            row.save(update_fields=["signed_in"])
        self._remember(row.signed_in)

    def get(self) -> SignedIn:
        version, signed_in = in_memory.get(self._name, (None, {}))
        if version == self._version:
            return signed_in
        row = CrmSignIn.objects.filter(**self._key).first()
        return self._remember(row.signed_in) if row and row.signed_in else {}

    def _remember(self, signed_in: SignedIn) -> SignedIn:
        in_memory[self._name] = (self._version, signed_in)
        return signed_in

    def renew(
        self, refused: SignedIn, sign_in: Callable[[SignedIn], SignedIn]
    ) -> SignedIn:
        try:
            return self._remember(self._renew(refused, sign_in))
        except CrmSignIn.DoesNotExist as error:
            raise TemporaryError("The settings were changed meanwhile.") from error

    def _renew(
        self, refused: SignedIn, sign_in: Callable[[SignedIn], SignedIn]
    ) -> SignedIn:
        row = self._get_row()

        def is_renewed() -> bool:
            if row.signed_in and row.signed_in != refused:
                return True
            if row.take_lease("signing_in_until", LEASE, now=timezone.now()):
                self._sign_in(row, refused, sign_in)
                return True
            row.refresh_from_db()
            return False

        if not wait_until(is_renewed, timeout_seconds=SIGN_IN_TIMEOUT_SECONDS):
            raise TemporaryError("Another worker is signing in to the CRM.")
        return row.signed_in

    def _get_row(self) -> CrmSignIn:
        session = {"crm_session_id": self._credentials.session_id or None}
        return CrmSignIn.objects.get_or_create(**self._key, defaults=session)[0]

    def _sign_in(
        self,
        row: CrmSignIn,
        refused: SignedIn,
        sign_in: Callable[[SignedIn], SignedIn],
    ) -> None:
        try:
            # The lease has read the row: another worker may just have signed in.
            if not row.signed_in or row.signed_in == refused:
                row.signed_in = dict(sign_in(row.signed_in or {}))
                with transaction.atomic():
                    CrmSignIn.objects.select_for_update().get(pk=row.pk)  # still there?
                    row.save(update_fields=["signed_in"])
        finally:
            row.end_lease("signing_in_until")
