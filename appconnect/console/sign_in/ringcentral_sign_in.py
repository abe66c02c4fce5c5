"""Sign-in with RingCentral, and the connection that an admin's sign-in makes."""

import secrets
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from appconnect.console.shell.navigation import way_back
from appconnect.console.shell.session import begin_session
from appconnect.console.sign_in import pending
from appconnect.console.sign_in.connect import CONNECTING
from appconnect.organizations.connections.ringcentral_connection import (
    connect,
    ringcentral_app,
)
from appconnect.organizations.models import AuditEntry, Member, Organization
from appconnect.organizations.people.create_organization import (
    read_account,
    redirect_uri,
    set_up_organization,
    who_is,
)
from appconnect.organizations.people.team import TeamError, add_at_extension
from appconnect.organizations.security.audit import actor_of
from appconnect.organizations.security.refusals import record_refusal
from appconnect.organizations.security.sign_in_defense import take_request
from appconnect.ringcentral import oauth
from appconnect.ringcentral.bulkhead import ringcentral_bulkhead
from appconnect.ringcentral.errors import RingCentralError
from appconnect.ringcentral.extensions import ExtensionInfo
from appconnect.worker import queue
from connector.http.oauth import make_code_verifier

BACKEND = "django.contrib.auth.backends.ModelBackend"
SIGN_IN = "ringcentral_sign_in"
MAX_PER_MINUTE = 30
"""Sign-ins that one address may finish: each asks RingCentral about a code."""


class SignInFailed(Exception):
    """The sign-in failed; the message says why and what to do."""

    def __init__(self, message: str, *, status: int = 400):
        super().__init__(message)
        self.status = status


@never_cache
@require_GET
def begin(request: HttpRequest) -> HttpResponse:
    """Send the browser to RingCentral.

    After the form of `ConnectView` the sign-in becomes the connection. Whoever is signed in
    here already confirms something, and has to answer there.
    """
    connecting = pending.read(request, CONNECTING) or {}
    path = way_back(request)
    sign_in = {
        "state": secrets.token_urlsafe(32),
        "code_verifier": make_code_verifier(),
        "connects": connecting.get("organization", ""),
        "next": path if len(path) <= pending.MAX_PATH_LENGTH else "",
        "asks_anew": request.user.is_authenticated,
    }
    response = redirect(
        oauth.authorize_url(
            ringcentral_app(),
            redirect_uri=redirect_uri(),
            state=sign_in["state"],
            code_verifier=sign_in["code_verifier"],
            asks_anew=sign_in["asks_anew"],
        )
    )
    pending.keep(response, SIGN_IN, sign_in)
    pending.forget(response, CONNECTING)
    return response


@never_cache
@require_GET
def callback(request: HttpRequest) -> HttpResponse:
    """Sign in the person who comes back from RingCentral, or show why not."""
    begun = pending.read(request, SIGN_IN)
    try:
        finish(request, begun)
    except (SignInFailed, RingCentralError) as error:
        status = getattr(error, "status", 400)
        context = {"failure": str(error)}
        response = render(
            request, "console/sign_in/not_signed_in.html", context, status=status
        )
    else:
        response = redirect(begun["next"] or settings.LOGIN_REDIRECT_URL)
    pending.forget(response, SIGN_IN)
    return response


@ringcentral_bulkhead()
def finish(request: HttpRequest, begun: dict[str, Any] | None) -> None:
    """Sign the person in. Raises `SignInFailed` or a `RingCentralError`."""
    state = request.GET.get("state", "")
    if begun is None or not constant_time_compare(state, begun["state"]):
        raise SignInFailed(_("This sign-in was started in another browser."))
    if "code" not in request.GET:
        raise SignInFailed(_("RingCentral sign-in was canceled or denied."))
    address = actor_of(request, "").address
    if not take_request(
        SIGN_IN, address, max_per_minute=MAX_PER_MINUTE, now=timezone.now()
    ):
        too_many = _("Too many sign-ins from your network. Try again in a minute.")
        raise SignInFailed(too_many, status=429)
    tokens = oauth.redeem_code(
        ringcentral_app(),
        code=request.GET["code"],
        redirect_uri=redirect_uri(),
        code_verifier=begun["code_verifier"],
    )
    is_kept = False
    try:
        own = who_is(tokens.access_token)
        member = admit(request, own, tokens)
        organization = member.organization
        now = timezone.now()
        connects = (
            begun["connects"] == str(organization.pk)
            or not organization.ringcentral_connection.is_connected
        )
        if connects and member.may(Member.Role.ADMIN):
            actor = actor_of(request, str(member))
            connect(organization, tokens, extension_id=own.id, actor=actor, now=now)
            is_kept = True
            queue.ringcentral_connected(organization)
            message = _("RingCentral is connected.")
            # The tag keeps the drafts of forms: nothing was saved.
            messages.success(request, message, extra_tags="signed-in")
        login(request, member.user, backend=BACKEND)
        begin_session(
            request,
            member,
            way=_("with RingCentral"),
            has_answered=begun.get("asks_anew", False),
        )
    finally:
        if not is_kept:
            # RingCentral keeps five sessions of a person; one more would end the connection's.
            oauth.revoke(ringcentral_app(), tokens.access_token)


def admit(request: HttpRequest, own: ExtensionInfo, tokens: oauth.Tokens) -> Member:
    """Return the member who signs in.

    An administrator of the RingCentral account becomes an admin here; the first one
    creates the organization. Raises `SignInFailed` for everybody else without a role.
    """
    now = timezone.now()
    actor = actor_of(request, own.name)
    organization = Organization.objects.filter(rc_account_id=own.account_id).first()
    member = None
    if organization is not None:
        members = organization.members.select_related("user")
        member = members.filter(extension_id=own.id).first()
    if refusal := why_not(own, member):
        if organization is not None:
            record_refusal(
                organization,
                AuditEntry.Action.SIGN_IN_FAILED,
                actor=actor,
                subject=_("with RingCentral"),
                now=now,
            )
        raise SignInFailed(refusal, status=403)
    if organization is None:
        organization = set_up_organization(read_account(tokens.access_token), now=now)
    if member is None:
        try:
            member = add_at_extension(
                organization,
                own.id,
                name=own.name,
                email=own.email,
                role=Member.Role.ADMIN,
                actor=actor,
                now=now,
            )
        except TeamError as error:  # another sign-in of theirs was faster
            raise SignInFailed(str(error)) from error
    if own.is_admin:
        member.right_confirmed_at = now
        member.save(update_fields=["right_confirmed_at"])
    return member


def why_not(own: ExtensionInfo, member: Member | None) -> str:
    """Return why this person may not sign in; empty if they may."""
    if member is not None and not member.user.is_active:
        return _("You no longer have access. Ask an admin to add you again.")
    needs_right = member is None or member.role == Member.Role.ADMIN
    if needs_right and not own.is_admin:
        return _(
            "%(name)s is not a RingCentral admin. Ask an admin for the Viewer or "
            "Operator role here, or for a RingCentral role with admin rights, such as "
            "Super Admin. Then sign in again."
        ) % {"name": own.name}
    return ""
