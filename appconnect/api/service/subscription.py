"""GET /subscription, POST /subscribe, POST /unsubscribe: the client's switch for logging."""

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.response import Response
from rest_framework.serializers import (
    BooleanField,
    CharField,
    ChoiceField,
    Serializer,
)

from appconnect.api.base.answers import example
from appconnect.api.base.fields import FlagField, Lenient, ListField
from appconnect.api.service.service_token import (
    Caller,
    IsStillAdmin,
    NotDone,
    ServiceView,
    check_is_admin,
)
from appconnect.api.service.update_crm_token import CrmToken, session_of
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
"""RingEX, whose calls are logged; RingCX is another source."""


class Setting(Serializer):
    subscriptionLevel = ChoiceField(list(LEVELS))
    doNotLogNumbers = CharField()
    loggingByAdmin = BooleanField()


class OtherAdmin(Serializer):
    name = CharField()
    setting = Setting()


class Subscription(Setting):
    subscribed = BooleanField()
    loggingWithUserAssigned = BooleanField()
    sources = ListField(child=CharField(), required=True)
    subscribedByOtherAdmin = OtherAdmin(required=False)


class LevelField(Lenient, ChoiceField):
    kind = str
    default_error_messages = dict.fromkeys(
        ("required", "invalid_choice"), "subscriptionLevel is Account or User."
    )


@example(
    crmToken="a userJwt",
    crmPlatform="sandbox",
    subscriptionLevel="Account",
    loggingByAdmin=True,
    sources=["ex"],
)
class Subscribe(CrmToken):
    subscriptionLevel = LevelField(list(LEVELS), required=True)
    loggingByAdmin = FlagField()
    sources = ListField(child=CharField())


class SubscriptionView(ServiceView):
    @extend_schema(responses=Subscription)
    def get(self, request):
        """Report whether the server logs."""
        try:
            check_is_admin(request.user)
        except NotAdmin:
            return Response(describe(request.user, shows_numbers=False))
        return Response(describe(request.user))


class SubscribeView(ServiceView):
    permission_classes = [IsStillAdmin]

    @extend_schema(request=Subscribe, responses=Subscription)
    def post(self, request):
        """Switch the logging on, or change it."""
        caller = request.user
        payload = Subscribe.read(request.data)
        if payload["sources"] is not None and SOURCE not in payload["sources"]:
            raise NotDone("This server logs RingEX calls only. Choose RingEX.")
        session = session_of(caller.organization, payload)
        owners = {None: None, True: Owner.ADMIN, False: Owner.AGENT}
        try:
            subscribe(
                caller.organization,
                session,
                extension_id=caller.extension_id,
                level=LoggingLevel(payload["subscriptionLevel"]),
                owner=owners[payload["loggingByAdmin"]],
                actor=caller.as_actor(request),
                now=timezone.now(),
            )
        except NotSubscribed as error:
            raise NotDone(str(error)) from error
        queue.configuration_changed(caller.organization)
        return Response(describe(caller))


class UnsubscribeView(ServiceView):
    permission_classes = [IsStillAdmin]

    @extend_schema(responses=Subscription)
    def post(self, request):
        """Switch the logging off."""
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
    """Return whether records are written in the admin's session; a CRM may be missing."""
    return bool(organization.platform) and (
        organization.declared.server_side_logging.use_admin_assigned_user_token
    )
