"""The account, its directory and its subscriptions at the sandbox's RingCentral."""

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse

from appconnect.sandbox.ringcentral import seed
from appconnect.sandbox.ringcentral.event_filters import SubscriptionRefused
from appconnect.sandbox.ringcentral.subscriptions import Subscription
from appconnect.sandbox.state import sandbox
from appconnect.sandbox.views.http import ApiError, body_of, ringcentral


def about(request: HttpRequest) -> JsonResponse:
    """Return RingCentral's versions; the one endpoint that needs no token."""
    versions = [{"uriString": "v1.0", "versionString": "1.0.60"}]
    return JsonResponse({"apiVersions": versions, "serverVersion": "24.1"})


@ringcentral("Light", "GET")
def account(request: HttpRequest, owner: str) -> JsonResponse:
    return JsonResponse(
        {
            "id": int(seed.ACCOUNT_ID),
            "mainNumber": seed.MAIN_NUMBER,
            "status": "Confirmed",
            "regionalSettings": {
                "timezone": {"name": seed.TIME_ZONE},
                "homeCountry": {"isoCode": "US", "callingCode": "1"},
            },
        }
    )


@ringcentral("Light", "GET")
def extension(
    request: HttpRequest, owner: str, extension_id: str = "~"
) -> JsonResponse:
    resolved_id = owner if extension_id == "~" else extension_id
    if resolved_id not in sandbox.account.extensions:
        raise ApiError(404, "CMN-102", "Resource for parameter [extensionId] not found")
    found = sandbox.account.extensions[resolved_id]
    time_zone = seed.TIME_ZONES.get(found["extensionNumber"], seed.TIME_ZONE)
    return JsonResponse(
        {
            **found,
            "account": {"id": seed.ACCOUNT_ID},
            "regionalSettings": {"timezone": {"name": time_zone}},  # not in the list
        }
    )


@ringcentral("Light", "GET")
def check_permission(request: HttpRequest, owner: str) -> JsonResponse:
    is_admin = sandbox.account.is_admin(owner)
    return JsonResponse({"successful": is_admin, "details": {}})


@ringcentral("Medium", "GET")
def directory(request: HttpRequest, owner: str) -> JsonResponse:
    return page_of(request, list(sandbox.account.extensions.values()), "directory")


@ringcentral("Medium", "GET")
def call_queues(request: HttpRequest, owner: str) -> JsonResponse:
    queues = [
        {"id": e["id"], "name": e["name"], "extensionNumber": e["extensionNumber"]}
        for e in sandbox.account.extensions.values()
        if e["type"] == "Department"
    ]
    return page_of(request, queues, "call-queues")


@ringcentral("Medium", "GET")
def extensions(request: HttpRequest, owner: str) -> JsonResponse:
    """List the account's extensions; ``type`` and ``status`` may be repeated."""
    types, states = request.GET.getlist("type"), request.GET.getlist("status")
    found = [
        extension
        for extension in sandbox.account.extensions.values()
        if (not types or extension["type"] in types)
        and (not states or extension["status"] in states)
    ]
    return page_of(request, found, "extension")


@ringcentral("Heavy", "GET")
def phone_numbers(request: HttpRequest, owner: str) -> JsonResponse:
    return page_of(request, seed.phone_numbers(), "phone-number")


def page_of(request: HttpRequest, found: list[Any], name: str) -> JsonResponse:
    page = int(request.GET.get("page", 1))
    per_page = min(int(request.GET.get("perPage", 100)), 1000)
    first = (page - 1) * per_page
    has_more = first + per_page < len(found)
    uri = f"/restapi/v1.0/account/{seed.ACCOUNT_ID}/{name}?page={page + 1}"
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
        own = sandbox.subscriptions.alive(owner)
        return JsonResponse({"records": [s.as_json(now) for s in own]})
    try:
        created = sandbox.subscriptions.create(owner, body_of(request))
    except SubscriptionRefused as refused:
        raise ApiError(refused.status, refused.code, str(refused)) from refused
    return JsonResponse(created.as_json(now))


@ringcentral("Light", "GET", "PUT", "DELETE")
def subscription(
    request: HttpRequest, owner: str, subscription_id: str
) -> HttpResponse:
    found = find_subscription(owner, subscription_id)
    if request.method == "DELETE":
        sandbox.subscriptions.delete(found)
        return HttpResponse(status=204)
    if request.method == "PUT":
        try:
            sandbox.subscriptions.update(found, body_of(request))
        except SubscriptionRefused as refused:
            raise ApiError(refused.status, refused.code, str(refused)) from refused
    return JsonResponse(found.as_json(sandbox.clock.now()))


@ringcentral("Light", "POST")
def renew(request: HttpRequest, owner: str, subscription_id: str) -> JsonResponse:
    found = find_subscription(owner, subscription_id)
    sandbox.subscriptions.renew(found)
    return JsonResponse(found.as_json(sandbox.clock.now()))


def find_subscription(owner: str, subscription_id: str) -> Subscription:
    found = sandbox.subscriptions.find(owner, subscription_id)
    if found is None:
        raise ApiError(
            404, "CMN-102", "Resource for parameter [subscriptionId] not found"
        )
    return found
