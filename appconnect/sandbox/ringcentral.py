"""The sandbox's RingCentral: the endpoints that server-side logging uses."""

from base64 import b64decode
from binascii import Error as Base64Error

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt

from appconnect.sandbox import seed
from appconnect.sandbox.http import Fault, body_of, count, fault_response, ringcentral
from appconnect.sandbox.state import sandbox
from appconnect.sandbox.subscriptions import Subscription, SubscriptionRefused

JWT_GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"


@csrf_exempt
def token(request: HttpRequest) -> JsonResponse:
    try:
        check_client(request)
        if request.POST.get("grant_type") != JWT_GRANT:
            raise Fault(400, "OAU-112", "The grant type is not supported")
        reply = sandbox.account.sign_in(request.POST.get("assertion", ""))
        if reply is None:
            raise Fault(400, "OAU-213", "The assertion is not valid")
        count(reply["owner_id"], "Auth")
    except Fault as fault:
        return fault_response(fault)
    return JsonResponse(reply)


def check_client(request: HttpRequest) -> None:
    encoded = request.headers.get("Authorization", "").removeprefix("Basic ")
    try:
        client = b64decode(encoded).decode()
    except (Base64Error, UnicodeDecodeError):
        client = ""
    if client != f"{seed.CLIENT_ID}:{seed.CLIENT_SECRET}":
        raise Fault(401, "OAU-146", "The client is not valid")


@ringcentral("Light", "GET")
def account(request: HttpRequest, owner: str) -> JsonResponse:
    return JsonResponse(
        {
            "id": int(seed.ACCOUNT_ID),
            "mainNumber": seed.MAIN_NUMBER,
            "status": "Confirmed",
            "regionalSettings": {
                "timezone": {"name": "America/Los_Angeles"},
                "homeCountry": {"isoCode": "US", "callingCode": "1"},
            },
        }
    )


@ringcentral("Light", "GET")
def own_extension(request: HttpRequest, owner: str) -> JsonResponse:
    own = sandbox.account.extensions[owner]
    return JsonResponse({**own, "account": {"id": seed.ACCOUNT_ID}})


@ringcentral("Medium", "GET")
def extensions(request: HttpRequest, owner: str) -> JsonResponse:
    types = request.GET.getlist("type")
    found = [
        extension
        for extension in sandbox.account.extensions.values()
        if not types or extension["type"] in types
    ]
    page = int(request.GET.get("page", 1))
    per_page = min(int(request.GET.get("perPage", 100)), 1000)
    first = (page - 1) * per_page
    has_more = first + per_page < len(found)
    uri = f"/restapi/v1.0/account/{seed.ACCOUNT_ID}/extension?page={page + 1}"
    return JsonResponse(
        {
            "records": found[first : first + per_page],
            "navigation": {"nextPage": {"uri": uri}} if has_more else {},
            "paging": {"page": page, "perPage": per_page},
        }
    )


@ringcentral("Medium", "GET", "POST")
def subscriptions(request: HttpRequest, owner: str) -> JsonResponse:
    now = sandbox.clock.now()
    if request.method == "GET":
        mine = sandbox.subscriptions.alive(owner)
        return JsonResponse({"records": [one.as_json(now) for one in mine]})
    try:
        created = sandbox.subscriptions.create(owner, body_of(request))
    except SubscriptionRefused as refused:
        raise Fault(refused.status, refused.code, str(refused)) from refused
    return JsonResponse(created.as_json(now))


@ringcentral("Light", "GET", "DELETE")
def subscription(
    request: HttpRequest, owner: str, subscription_id: str
) -> HttpResponse:
    found = find_subscription(owner, subscription_id)
    if request.method == "DELETE":
        sandbox.subscriptions.delete(found)
        return HttpResponse(status=204)
    return JsonResponse(found.as_json(sandbox.clock.now()))


@ringcentral("Light", "POST")
def renew(request: HttpRequest, owner: str, subscription_id: str) -> JsonResponse:
    found = find_subscription(owner, subscription_id)
    sandbox.subscriptions.renew(found)
    return JsonResponse(found.as_json(sandbox.clock.now()))


def find_subscription(owner: str, subscription_id: str) -> Subscription:
    found = sandbox.subscriptions.find(owner, subscription_id)
    if found is None:
        raise Fault(404, "CMN-102", "Resource for parameter [subscriptionId] not found")
    return found


@ringcentral("Heavy", "GET")
def call_log(request: HttpRequest, owner: str, own: bool = False) -> JsonResponse:
    is_admin = sandbox.account.extensions[owner]["permissions"]["admin"]["enabled"]
    if not own and not is_admin:
        raise Fault(
            403,
            "CMN-408",
            "In order to call this API the user needs [FullCompanyCallLog]",
        )
    try:
        found = sandbox.call_log.search(
            request.GET.dict(), extension_id=owner if own else None
        )
    except ValueError:
        raise Fault(400, "CMN-101", "A parameter is not valid") from None
    return JsonResponse(found)
