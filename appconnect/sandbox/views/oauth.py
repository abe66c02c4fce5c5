"""Signing in at the sandbox's RingCentral: on a page, with a code, with a JWT."""

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
    ApiError,
    body_of,
    count_request,
    error_response,
    respond,
    ringcentral,
)

JWT_GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
AUTHORIZE_FIELDS = ("client_id", "redirect_uri", "state", "code_challenge")


def client_endpoint(view: Callable[[HttpRequest], HttpResponse]) -> Callable:
    """Decorate a view that only the registered app may call."""

    @csrf_exempt
    @wraps(view)
    def endpoint(request: HttpRequest) -> HttpResponse:
        try:
            check_client(request)
            planned = sandbox.planned.take(request.path, request.method)
            return respond(planned, lambda: view(request), "", "Auth")
        except ApiError as error:
            return error_response(error)

    return endpoint


@csrf_exempt
def authorize(request: HttpRequest) -> HttpResponse:
    """Show the sign-in page; redirect a person who signed in back with a code."""
    params = request.POST if request.method == "POST" else request.GET
    is_registered = params.get("client_id") == seed.CLIENT_ID
    redirect_uri = params.get("redirect_uri", "")
    if not is_registered or redirect_uri not in sandbox.redirect_uris:
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


@client_endpoint
def token(request: HttpRequest) -> JsonResponse:
    try:
        with sandbox.sign_ins.open_request():
            session = grant(request)
    except SignInRefused as refused:
        raise ApiError(400, refused.code, str(refused)) from refused
    return JsonResponse(session.as_reply(sandbox.clock.now()))


def grant(request: HttpRequest) -> SignInSession:
    """Return the session for the request's grant. Raises `SignInRefused`."""
    params = request.POST
    code, refresh_token = params.get("code", ""), params.get("refresh_token", "")
    jwt_owner = sandbox.account.owner_of_jwt(params.get("assertion", ""))
    # Counted first: a refused request neither rotates a token nor uses up a code.
    if owner := jwt_owner or sandbox.sign_ins.owner_of_grant(code or refresh_token):
        count_request(owner, "Auth")
    match params.get("grant_type"):
        case "authorization_code":
            return sandbox.sign_ins.redeem(
                code,
                redirect_uri=params.get("redirect_uri", ""),
                verifier=params.get("code_verifier", ""),
            )
        case "refresh_token":
            return sandbox.sign_ins.refresh(refresh_token)
        case grant_type if grant_type == JWT_GRANT:
            if jwt_owner is None:
                raise SignInRefused("OAU-213", "The assertion is not valid")
            return sandbox.sign_ins.begin(jwt_owner)
        case _:
            raise SignInRefused("OAU-112", "The grant type is not supported")


@client_endpoint
def revoke(request: HttpRequest) -> HttpResponse:
    sandbox.sign_ins.revoke(request.POST.get("token", ""))
    return HttpResponse()


@ringcentral("Heavy", "POST")
def generate_code(request: HttpRequest, owner: str) -> JsonResponse:
    """Return a code with which another app of the account signs the person in."""
    body = body_of(request)
    if body.get("clientId") != seed.CLIENT_ID:
        raise ApiError(403, "OAU-110", "The client is not known")
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
    expected = f"{seed.CLIENT_ID}:{seed.CLIENT_SECRET}".encode()
    if not secrets.compare_digest(client, expected):
        raise ApiError(401, "OAU-146", "The client is not valid")
