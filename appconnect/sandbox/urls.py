from django.http import JsonResponse
from django.urls import path

from appconnect.sandbox.views import (
    control,
    crm_api,
    http,
    oauth,
    pages,
    ringcentral,
    ringcentral_calls,
)

ACCOUNT = "restapi/v1.0/account/~"

handler400 = http.unreadable
urlpatterns = [
    # pages
    path("", pages.home),
    path("crm/", pages.crm),
    path("crm/users/", pages.crm_users),
    path("crm/call-logs/<str:log_id>/", pages.crm_call_log),
    path("crm/contacts/<str:contact_id>/", pages.crm_contact),
    # RingCentral
    path("restapi", ringcentral.about),
    path("restapi/v1.0", ringcentral.about),
    path("restapi/oauth/authorize", oauth.authorize),
    path("restapi/oauth/token", oauth.token),
    path("restapi/oauth/revoke", oauth.revoke),
    path("restapi/v1.0/interop/generate-code", oauth.generate_code),
    path(ACCOUNT, ringcentral.account),
    path(f"{ACCOUNT}/directory/entries", ringcentral.directory),
    path(f"{ACCOUNT}/call-queues", ringcentral.call_queues),
    path(f"{ACCOUNT}/extension", ringcentral.extensions),
    path(f"{ACCOUNT}/phone-number", ringcentral.phone_numbers),
    path(f"{ACCOUNT}/extension/<str:extension_id>", ringcentral.extension),
    path(f"{ACCOUNT}/extension/~/authz-profile/check", ringcentral.check_permission),
    path(f"{ACCOUNT}/call-log", ringcentral_calls.call_log),
    path(f"{ACCOUNT}/call-log/<str:record_id>", ringcentral_calls.call_log_record),
    path(f"{ACCOUNT}/call-log-extract-sync", ringcentral_calls.extract_sync),
    path(f"{ACCOUNT}/active-calls", ringcentral_calls.active_calls),
    path(f"{ACCOUNT}/extension/~/call-log", ringcentral_calls.call_log, {"own": True}),
    path(f"{ACCOUNT}/extension/~/call-log-sync", ringcentral_calls.own_sync),
    path(
        f"{ACCOUNT}/telephony/sessions/<str:telephony_session_id>",
        ringcentral_calls.session,
    ),
    path(f"{ACCOUNT}/recording/<str:recording_id>", ringcentral_calls.recording),
    path(
        f"{ACCOUNT}/recording/<str:recording_id>/content",
        ringcentral_calls.recording,
        {"content": True},
    ),
    path("restapi/v1.0/subscription", ringcentral.subscriptions),
    path("restapi/v1.0/subscription/<str:subscription_id>", ringcentral.subscription),
    path("restapi/v1.0/subscription/<str:subscription_id>/renew", ringcentral.renew),
    # the CRM's API
    path("crm/api/sessions", crm_api.sessions),
    path("crm/api/me", crm_api.me),
    path("crm/api/users", crm_api.users),
    path("crm/api/users/<str:user_id>/license", crm_api.license_status),
    path("crm/api/contacts", crm_api.contacts),
    path("crm/api/call-logs", crm_api.call_logs),
    path("crm/api/call-logs/<str:log_id>", crm_api.call_log),
    # control
    path("__sim/calls", control.calls),
    path("__sim/requests", control.requests),
    path("__sim/subscriptions", control.subscriptions),
    path("__sim/deliveries", control.deliveries),
    path("__sim/faults", control.faults),
    path("__sim/clock", control.clock),
    path("__sim/reset", control.reset),
    path("__sim/app", control.app),
    path("__sim/crm/call-logs", control.crm_call_logs),
    path("__sim/crm/call-logs/<str:log_id>", control.crm_call_log),
    path("__sim/crm/contacts", control.crm_contacts),
    path("__sim/crm/contacts/<str:contact_id>", control.crm_contact),
    path("healthz", lambda request: JsonResponse({"status": "alive"})),
]
