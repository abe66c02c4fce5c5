"""The challenge that a passkey signs: new with every page, and good for one answer."""

import json
import os
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from appconnect.console.sign_in import pending
from appconnect.organizations.models import Member
from appconnect.organizations.security.second_factor.passkeys import PasskeyRefused
from appconnect.organizations.security.sign_in_defense import take_once

COOKIE = "passkey_challenge"
CHALLENGE_BYTES = 32


class ChallengeMixin:
    """A page with a challenge; the browser keeps it, signed, until it answers."""

    request: HttpRequest
    member: Member

    def passkey_options(self, challenge: bytes) -> dict[str, object] | None:
        """Return what the browser needs beside the challenge; None: no passkey is asked."""
        raise NotImplementedError

    def render_to_response(
        self, context: dict[str, Any], **response_kwargs
    ) -> HttpResponse:
        challenge = os.urandom(CHALLENGE_BYTES)
        options = self.passkey_options(challenge)
        context["passkey_options"] = json.dumps(options) if options else ""
        response = super().render_to_response(context, **response_kwargs)
        if options:
            values = {"challenge": challenge.hex(), "member": self.member.pk}
            pending.keep(response, COOKIE, values)
        return response

    def take_challenge(self) -> bytes:
        """Return the challenge of the page that was answered. Raises `PasskeyRefused`."""
        kept = pending.read(self.request, COOKIE) or {}
        challenge = kept.get("challenge", "")
        is_own = kept.get("member") == self.member.pk
        if not is_own or not take_once(COOKIE, challenge, now=timezone.now()):
            raise PasskeyRefused(_("The page is too old for this passkey. Try again."))
        return bytes.fromhex(challenge)
