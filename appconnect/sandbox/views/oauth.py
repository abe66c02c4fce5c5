"""The sandbox's RingCentral: signing in, by a person, by a code, by a JWT."""

import secrets
from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import Callable
from functools import wraps
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.views.decorators.csrf import csrf_exempt

from appconnect.sandbox.ringcentral import seed
from appconnect.sandbox.ringcentral.sign_in import (
    CODE_LIFETIME,
    SignInRefused,
    SignInSession,
)
from appconnect.sandbox.state import sandbox
from appconnect.sandbox.views.http import (
    Fault,
    answer,
    body_of,
    count,
    fault_response,
    ringcentral,
)

JWT_GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
AUTHORIZE_FIELDS = ("client_id", "redirect_uri", "state", "code_challenge")


def for_client(view: Callable[[HttpRequest], HttpResponse]) -> Callable:
    """Make a view one that only our app may call, with errors in RingCentral's shape."""

    @csrf_exempt
    @wraps(view)
    def endpoint(request: HttpRequest) -> HttpResponse:
        try:
            check_client(request)
            planned = sandbox.planned.take(request.path, request.method)
            return answer(planned, lambda: view(request), "", "Auth")
        except Fault as fault:
            return fault_response(fault)

    return endpoint


@csrf_exempt
def authorize(request: HttpRequest) -> HttpResponse:
    """Let a person of the account sign in, and send them back with a code."""
    asked = request.POST if request.method == "POST" else request.GET
    is_ours = asked.get("client_id") == seed.CLIENT_ID
    redirect_uri = asked.get("redirect_uri", "")
    if not is_ours or redirect_uri not in sandbox.redirect_uris:
        return HttpResponse("The redirect URI is not registered.", status=400)
    if request.method == "GET":
        if request.GET.get("response_type") != "code":
            return HttpResponse("The response type is not supported.", status=400)
        people = [extension for extension in seed.EXTENSIONS if extension[2]]
        fields = {name: request.GET.get(name, "") for name in AUTHORIZE_FIELDS}
        context = {"people": people, "fields": fields}
        return render(request, "sandbox/authorize.html", context)
    code = sandbox.sign_ins.make_code(
        seed.extension_id(request.POST.get("extension", "")),
        redirect_uri=redirect_uri,
        challenge=request.POST.get("code_challenge", ""),
    )
    reply = {
        "code": code,
        "state": request.POST.get("state", ""),
        "expires_in": int(CODE_LIFETIME.total_seconds()),
    }
    return redirect(f"{redirect_uri}?{urlencode(reply)}")


@for_client
def token(request: HttpRequest) -> JsonResponse:
    try:
        with sandbox.sign_ins.being_asked():
            session = grant(request)
    except SignInRefused as refused:
        raise Fault(400, refused.code, str(refused)) from refused
    return JsonResponse(session.as_reply(sandbox.clock.now()))


def grant(request: HttpRequest) -> SignInSession:
    """Return the session that the request's grant gives. Raises `SignInRefused`."""
    asked = request.POST
    code, refresh_token = asked.get("code", ""), asked.get("refresh_token", "")
    jwt_owner = sandbox.account.owner_of_jwt(asked.get("assertion", ""))
    # Counted first: over the limit nothing is rotated and no code is used up.
    if owner := jwt_owner or sandbox.sign_ins.owner_behind(code or refresh_token):
        count(owner, "Auth")
    match asked.get("grant_type"):
        case "authorization_code":
            return sandbox.sign_ins.redeem(
                code,
                redirect_uri=asked.get("redirect_uri", ""),
                verifier=asked.get("code_verifier", ""),
            )
        case "refresh_token":
            return sandbox.sign_ins.refresh(refresh_token)
        case grant_type if grant_type == JWT_GRANT:
            if jwt_owner is None:
                raise SignInRefused("OAU-213", "The assertion is not valid")
            return sandbox.sign_ins.begin(jwt_owner)
        case _:
            raise SignInRefused("OAU-112", "The grant type is not supported")


@for_client
def revoke(request: HttpRequest) -> HttpResponse:
    sandbox.sign_ins.revoke(request.POST.get("token", ""))
    return HttpResponse()


@ringcentral("Heavy", "POST")
def generate_code(request: HttpRequest, owner: str) -> JsonResponse:
    """Give a code with which another app of the same customer signs the person in."""
    body = body_of(request)
    if body.get("clientId") != seed.CLIENT_ID:
        raise Fault(403, "OAU-110", "The client is not known")
    redirect_uri = next(iter(sandbox.redirect_uris), "")
    return JsonResponse(
        {
            "code": sandbox.sign_ins.make_code(
                owner, redirect_uri=redirect_uri, challenge=""
            ),
            "clientId": seed.CLIENT_ID,
            "redirectUri": redirect_uri,
            "ttl": int(CODE_LIFETIME.total_seconds()),
        }
    )


def check_client(request: HttpRequest) -> None:
    encoded = request.headers.get("Authorization", "").removeprefix("Basic ")
    try:
        client = b64decode(encoded)
    except Base64Error:
        client = b""
    ours = f"{seed.CLIENT_ID}:{seed.CLIENT_SECRET}".encode()
    if not secrets.compare_digest(client, ours):
        raise Fault(401, "OAU-146", "The client is not valid")
