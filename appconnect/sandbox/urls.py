from django.http import JsonResponse
from django.urls import path

from appconnect.sandbox import control, crm_api, pages, ringcentral

urlpatterns = [
    # pages
    path("", pages.home),
    path("crm/", pages.crm),
    path("crm/users/", pages.crm_users),
    path("crm/call-logs/<str:log_id>/", pages.crm_call_log),
    path("crm/contacts/<str:contact_id>/", pages.crm_contact),
    # RingCentral
    path("restapi/oauth/token", ringcentral.token),
    path("restapi/v1.0/account/~", ringcentral.account),
    path("restapi/v1.0/account/~/extension", ringcentral.extensions),
    path("restapi/v1.0/account/~/extension/~", ringcentral.own_extension),
    path("restapi/v1.0/account/~/call-log", ringcentral.call_log),
    path(
        "restapi/v1.0/account/~/extension/~/call-log",
        ringcentral.call_log,
        {"own": True},
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
    path("__sim/deliveries", control.deliveries),
    path("__sim/faults", control.faults),
    path("__sim/clock", control.clock),
    path("__sim/reset", control.reset),
    path("__sim/crm/call-logs", control.crm_call_logs),
    path("healthz", lambda request: JsonResponse({"status": "alive"})),
]
