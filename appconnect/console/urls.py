from django.urls import path
from django.views.generic import RedirectView

from appconnect.console import crm_sign_in, ringcentral_sign_in
from appconnect.console.audit import AuditExportView, AuditView
from appconnect.console.calls import (
    CallDetailView,
    CallsView,
    CancelRedriveView,
    DecideView,
    RedriveView,
    TryAgainView,
)
from appconnect.console.connections import CheckNowView, ConnectionsView
from appconnect.console.dry_run import DryRunView
from appconnect.console.pause import PauseView, ResumeView
from appconnect.console.server_logging_settings import ServerLoggingSettingsView
from appconnect.console.set_password import SetPasswordView
from appconnect.console.team import (
    MemberRoleView,
    PasswordLinkView,
    RemoveMemberView,
    TeamView,
)
from appconnect.console.user_mapping import (
    RefreshDirectoryView,
    UserMappingEditView,
    UserMappingView,
)

app_name = "console"
urlpatterns = [
    path("", RedirectView.as_view(pattern_name="console:calls"), name="home"),
    path("calls/", CallsView.as_view(), name="calls"),
    path("calls/try-again/", RedriveView.as_view(), name="redrive"),
    path(
        "calls/try-again/<uuid:pk>/cancel/",
        CancelRedriveView.as_view(),
        name="cancel-redrive",
    ),
    path("calls/<uuid:pk>/", CallDetailView.as_view(), name="call-detail"),
    path("calls/<uuid:pk>/try-again/", TryAgainView.as_view(), name="try-again"),
    path("calls/<uuid:pk>/decide/", DecideView.as_view(), name="decide"),
    path(
        "settings/", ServerLoggingSettingsView.as_view(), name="server-logging-settings"
    ),
    path("user-mapping/", UserMappingView.as_view(), name="user-mapping"),
    path(
        "user-mapping/refresh/",
        RefreshDirectoryView.as_view(),
        name="refresh-directory",
    ),
    path(
        "user-mapping/<int:pk>/",
        UserMappingEditView.as_view(),
        name="user-mapping-edit",
    ),
    path("connections/", ConnectionsView.as_view(), name="connections"),
    path("connections/check/", CheckNowView.as_view(), name="check-now"),
    path("ringcentral/sign-in/", ringcentral_sign_in.begin, name="ringcentral-sign-in"),
    path(
        "ringcentral/callback/",
        ringcentral_sign_in.callback,
        name="ringcentral-callback",
    ),
    path("crm/sign-in/", crm_sign_in.BeginView.as_view(), name="crm-sign-in"),
    path("crm/callback/", crm_sign_in.CallbackView.as_view(), name="crm-callback"),
    path("dry-run/", DryRunView.as_view(), name="dry-run"),
    path("team/", TeamView.as_view(), name="team"),
    path("team/<int:member_pk>/role/", MemberRoleView.as_view(), name="member-role"),
    path(
        "team/<int:member_pk>/remove/",
        RemoveMemberView.as_view(),
        name="remove-member",
    ),
    path(
        "team/<int:member_pk>/password-link/",
        PasswordLinkView.as_view(),
        name="password-link",
    ),
    path(
        "set-password/<slug:uidb64>/<slug:token>/",
        SetPasswordView.as_view(),
        name="set-password",
    ),
    path("audit/", AuditView.as_view(), name="audit"),
    path("audit/export/", AuditExportView.as_view(), name="audit-export"),
    path("pause/", PauseView.as_view(), name="pause"),
    path("resume/", ResumeView.as_view(), name="resume"),
]
