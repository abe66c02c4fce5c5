"""Signing in with RingCentral: who an admin is, and the organization's connection."""

import secrets

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from appconnect.calls import queue
from appconnect.organizations.models import Member, Organization
from appconnect.organizations.ringcentral_connection import connect, ringcentral_app
from appconnect.organizations.set_up import (
    admit_admin,
    read_account,
    set_up_organization,
    who_is,
)
from appconnect.ringcentral import oauth
from appconnect.ringcentral.errors import RingCentralError
from appconnect.ringcentral.extensions import ExtensionInfo

BACKEND = "django.contrib.auth.backends.ModelBackend"
SESSION_KEY = "ringcentral_sign_in"


class SignInFailed(Exception):
    """Nobody is signed in; the message says why and what to do."""

    def __init__(self, message: str, *, status: int = 400):
        super().__init__(message)
        self.status = status


@never_cache
@require_GET
def begin(request: HttpRequest) -> HttpResponse:
    """Send the browser to RingCentral. With ``?connect`` the sign-in becomes the connection."""
    sign_in = {
        "state": secrets.token_urlsafe(32),
        "code_verifier": oauth.make_code_verifier(),
        "connects": "connect" in request.GET,
    }
    request.session[SESSION_KEY] = sign_in
    return redirect(
        oauth.authorize_url(
            ringcentral_app(),
            redirect_uri=redirect_uri(),
            state=sign_in["state"],
            code_verifier=sign_in["code_verifier"],
        )
    )


@never_cache
@require_GET
def callback(request: HttpRequest) -> HttpResponse:
    """Take the person who comes back from RingCentral, or say why not."""
    try:
        finish(request)
    except (SignInFailed, RingCentralError) as error:
        status = getattr(error, "status", 400)
        context = {"failure": str(error)}
        return render(
            request, "registration/not_signed_in.html", context, status=status
        )
    return redirect(settings.LOGIN_REDIRECT_URL)


def finish(request: HttpRequest) -> None:
    """Sign the person in. Raises `SignInFailed` or a `RingCentralError`."""
    begun = request.session.pop(SESSION_KEY, None)
    state = request.GET.get("state", "")
    if begun is None or not constant_time_compare(state, begun["state"]):
        raise SignInFailed(_("This sign-in was not begun in this browser."))
    if "code" not in request.GET:
        raise SignInFailed(_("RingCentral did not sign you in."))
    tokens = oauth.redeem_code(
        ringcentral_app(),
        code=request.GET["code"],
        redirect_uri=redirect_uri(),
        code_verifier=begun["code_verifier"],
    )
    is_kept = False
    try:
        own = who_is(tokens.access_token)
        check_is_admin(own)
        organization = find_or_set_up(own, tokens)
        admin = admit_admin(organization, own, now=timezone.now())
        check_is_active(admin)
        if begun["connects"] or not organization.ringcentral_connection.is_connected:
            now = timezone.now()
            connect(organization, tokens, extension_id=own.id, now=now)
            is_kept = True
            queue.ringcentral_connected(organization)
            messages.success(request, _("RingCentral is connected."))
        login(request, admin.user, backend=BACKEND)
    finally:
        if not is_kept:
            # RingCentral keeps five sign-ins of a person; one more would end our own.
            oauth.revoke(ringcentral_app(), tokens.access_token)


def check_is_admin(own: ExtensionInfo) -> None:
    if not own.is_admin:
        raise SignInFailed(
            _(
                "%(name)s is not an administrator of the RingCentral account. Ask for a "
                "role with the admin right, such as Super Admin, and sign in again."
            )
            % {"name": own.name},
            status=403,
        )


def check_is_active(admin: Member) -> None:
    if not admin.user.is_active:
        raise SignInFailed(_("Your account here has been closed."), status=403)


def find_or_set_up(own: ExtensionInfo, tokens: oauth.Tokens) -> Organization:
    """Return the organization of the person's account; the first admin sets it up."""
    known = Organization.objects.filter(rc_account_id=own.account_id).first()
    if known is not None:
        return known
    return set_up_organization(read_account(tokens.access_token), now=timezone.now())


def redirect_uri() -> str:
    """Return where RingCentral sends people back to, as it is registered there."""
    return settings.PUBLIC_URL + reverse("console:ringcentral-callback")
