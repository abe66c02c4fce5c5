"""GET /subscription, POST /subscribe, POST /unsubscribe: the client's switch for logging."""

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.response import Response

from appconnect.api.base.views import body_member
from appconnect.api.docs.schema import FLAG, JSON, TEXT, list_of, shape
from appconnect.api.service.service_token import (
    Caller,
    IsStillAdmin,
    NotDone,
    ServiceView,
    check_is_admin,
)
from appconnect.api.service.update_crm_token import CRM_TOKEN, session_from
from appconnect.organizations.client.client_subscription import (
    NotSubscribed,
    find_other_admin,
    subscribe,
    unsubscribe,
)
from appconnect.organizations.connections.connectors import get_settings
from appconnect.organizations.logging_settings.do_not_log import get_do_not_log_numbers
from appconnect.organizations.models import Organization, ServerLoggingSettings
from appconnect.organizations.people.admin_right import NotAdmin
from appconnect.worker import queue

LoggingLevel = ServerLoggingSettings.LoggingLevel
Owner = ServerLoggingSettings.ActivityRecordOwner
LEVELS = (LoggingLevel.ACCOUNT, LoggingLevel.USER)
SOURCE = "ex"
"""RingEX, whose calls are logged; RingCX has its own word."""

SETTING = {
    "subscriptionLevel": {"type": "string", "enum": list(LEVELS)},
    "doNotLogNumbers": TEXT,
    "loggingByAdmin": FLAG,
}
SOURCES = list_of({"type": "string"})
SUBSCRIPTION = shape(
    {
        "subscribed": FLAG,
        **SETTING,
        "loggingWithUserAssigned": FLAG,
        "sources": SOURCES,
        "subscribedByOtherAdmin": shape(
            {"name": TEXT, "setting": shape(SETTING)}, needs="name setting"
        ),
    },
    needs="subscribed subscriptionLevel doNotLogNumbers loggingByAdmin "
    "loggingWithUserAssigned sources",
)
TO_SUBSCRIBE = shape(
    {
        **CRM_TOKEN,
        "subscriptionLevel": SETTING["subscriptionLevel"],
        "loggingByAdmin": FLAG,
        "sources": SOURCES,
    },
    needs="crmToken subscriptionLevel",
    example={
        "crmToken": "a userJwt",
        "crmPlatform": "sandbox",
        "subscriptionLevel": "Account",
        "loggingByAdmin": True,
        "sources": ["ex"],
    },
)


class SubscriptionView(ServiceView):
    @extend_schema(
        summary="Tell whether the server logs", responses={200: SUBSCRIPTION}
    )
    def get(self, request):
        try:
            check_is_admin(request.user)
        except NotAdmin:
            return Response(describe(request.user, shows_numbers=False))
        return Response(describe(request.user))


class SubscribeView(ServiceView):
    permission_classes = [IsStillAdmin]

    @extend_schema(
        summary="Switch the logging on, or change it",
        request={JSON: TO_SUBSCRIBE},
        responses={200: SUBSCRIPTION},
    )
    def post(self, request):
        caller = request.user
        level = body_member(request, "subscriptionLevel", str)
        if level not in LEVELS:
            raise NotDone("subscriptionLevel is Account or User.")
        sources = body_member(request, "sources", list)
        if sources is not None and SOURCE not in sources:
            raise NotDone("This server logs RingEX calls only. Choose RingEX.")
        session = session_from(request)
        by_admin = body_member(request, "loggingByAdmin", bool)
        try:
            subscribe(
                caller.organization,
                session,
                extension_id=caller.extension_id,
                level=LoggingLevel(level),
                owner=None
                if by_admin is None
                else (Owner.ADMIN if by_admin else Owner.AGENT),
                actor=caller.as_actor(request),
                now=timezone.now(),
            )
        except NotSubscribed as error:
            raise NotDone(str(error)) from error
        queue.configuration_changed(caller.organization)
        return Response(describe(caller))


class UnsubscribeView(ServiceView):
    permission_classes = [IsStillAdmin]

    @extend_schema(
        summary="Switch the logging off", request=None, responses={200: SUBSCRIPTION}
    )
    def post(self, request):
        caller = request.user
        actor = caller.as_actor(request)
        unsubscribe(caller.organization, actor=actor, now=timezone.now())
        queue.configuration_changed(caller.organization)
        return Response(describe(caller))


def describe(caller: Caller, *, shows_numbers: bool = True) -> dict[str, Any]:
    """Return what the settings page shows; the numbers are for admins only."""
    organization = caller.organization
    settings = get_settings(organization)
    numbers = get_do_not_log_numbers(organization) if shows_numbers else []
    setting = {
        "subscriptionLevel": settings.logging_level
        if settings.is_enabled
        else LoggingLevel.ACCOUNT,
        "doNotLogNumbers": ",".join(numbers),
        "loggingByAdmin": settings.activity_record_owner == Owner.ADMIN,
    }
    body = {
        "subscribed": settings.is_enabled,
        **setting,
        "loggingWithUserAssigned": not setting["loggingByAdmin"]
        and uses_admins_session(organization),
        "sources": [SOURCE],
    }
    other = find_other_admin(settings, extension_id=caller.extension_id)
    if other is not None:
        body["subscribedByOtherAdmin"] = {"name": other.name, "setting": setting}
    return body


def uses_admins_session(organization: Organization) -> bool:
    """Tell whether records are written in the admin's session; no CRM may be chosen yet."""
    return bool(organization.platform) and (
        organization.declared.server_side_logging.use_admin_assigned_user_token
    )
