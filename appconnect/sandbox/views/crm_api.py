"""The REST API of the sandbox's CRM."""

import json
import random
import time
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt

from appconnect.sandbox.state import sandbox
from appconnect.sandbox.views.http import ApiError, bearer, error_response, respond

PER_PAGE = 5
"""Fewer than there are users: a connector that does not page fails its tests."""


def crm_api(*methods: str, is_open: bool = False) -> Callable:
    """Return a decorator for endpoints of the CRM, called with the signed-in user.

    An endpoint that `is_open` is called with None when nobody is signed in.
    """

    def decorate(view: Callable) -> Callable:
        @csrf_exempt
        @wraps(view)
        def endpoint(request: HttpRequest, **parts: Any) -> HttpResponse:
            crm = sandbox.crm
            time.sleep(crm.delay_seconds)
            if crm.fails_with:
                return refuse(crm.fails_with, "the CRM is down")
            if request.method not in methods:
                return refuse(405, "method not allowed")
            user = crm.user_of(bearer(request))
            if user is None and not is_open:
                return refuse(401, "sign in first")
            request.body  # noqa: B018  read now: a planned reply may carry it out later
            planned = sandbox.planned.take(request.path, request.method)
            try:
                return respond(planned, lambda: view(request, user, **parts), "", "CRM")
            except ApiError as error:
                return error_response(error)

        return endpoint

    return decorate


def refuse(status: int, message: str) -> JsonResponse:
    return JsonResponse({"error": message}, status=status)


@crm_api("POST", is_open=True)
def sessions(request: HttpRequest, user: None) -> JsonResponse:
    body = json.loads(request.body)
    token = sandbox.crm.sign_in(body.get("username", ""), body.get("password", ""))
    if token is None:
        return refuse(401, "wrong user name or password")
    return JsonResponse({"token": token}, status=201)


@crm_api("GET")
def me(request: HttpRequest, user: dict[str, Any]) -> JsonResponse:
    rights = {"mayCreateCallLogs": not sandbox.crm.is_read_only}
    return JsonResponse({**user, **rights, "timeZone": "America/Los_Angeles"})


@crm_api("GET")
def users(request: HttpRequest, user: dict[str, Any]) -> JsonResponse:
    inactive = sandbox.crm.inactive
    all_users = [
        {**user, "active": user["id"] not in inactive}
        for user in sandbox.crm.users.values()
    ]
    page = int(request.GET.get("page", 1))
    end = page * PER_PAGE
    next_page = str(page + 1) if end < len(all_users) else ""
    page_users = all_users[end - PER_PAGE : end]
    return JsonResponse({"users": page_users, "nextPage": next_page})


@crm_api("GET")
def license_status(
    request: HttpRequest, user: dict[str, Any], user_id: str
) -> JsonResponse:
    is_valid = user_id not in sandbox.crm.unlicensed
    plan = "Full" if is_valid else "Expired"
    return JsonResponse({"valid": is_valid, "plan": plan, "description": ""})


@crm_api("GET", "POST")
def contacts(request: HttpRequest, user: dict[str, Any]) -> JsonResponse:
    if request.method == "POST":
        body = json.loads(request.body)
        if sandbox.crm.numbers_are_unique and sandbox.crm.has_number(body["phone"]):
            return refuse(409, f"A contact with {body['phone']} exists already.")
        return JsonResponse(sandbox.crm.create_contact(body), status=201)
    if "name" in request.GET:
        found = sandbox.crm.find_contacts_by_name(request.GET["name"])
    else:
        found = sandbox.crm.find_contacts(request.GET.get("phone", ""))
    return JsonResponse({"contacts": found})


@crm_api("GET", "POST")
def call_logs(request: HttpRequest, user: dict[str, Any]) -> JsonResponse:
    crm = sandbox.crm
    if request.method == "GET":
        if "id" in request.GET:
            found = crm.find_records("id", request.GET["id"])
        else:
            found = crm.search_records(request.GET.get("externalId", ""))
        return JsonResponse({"callLogs": found})
    if crm.is_read_only:
        return refuse(403, "creating records is not allowed")
    body = json.loads(request.body)
    if body.get("contactId") not in crm.contacts:
        return refuse(422, "no such contact")
    if body.get("ownerId", user["id"]) not in (*crm.users, user["id"]):
        return refuse(422, "no such user")
    if body.get("ownerId") in crm.inactive:
        return refuse(422, "the owner is not active")
    if crm.is_duplicate(body):
        return refuse(409, "there is a record with this externalId")
    created = crm.create_record(body, creator=user["id"])
    if random.random() < crm.loses_replies:  # noqa: S311  not for secrets
        return refuse(500, "the answer was lost")
    return JsonResponse(created, status=201)


@crm_api("PATCH")
def call_log(request: HttpRequest, user: dict[str, Any], log_id: str) -> JsonResponse:
    record = sandbox.crm.records.get(log_id)
    if record is None:
        return refuse(404, "no such record")
    record.update(json.loads(request.body))
    return JsonResponse(record)
