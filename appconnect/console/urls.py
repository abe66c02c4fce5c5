from django.urls import path
from django.views.generic import RedirectView

from appconnect.console import crm_sign_in, ringcentral_sign_in
from appconnect.console.call_detail import (
    CallDetailView,
    ChooseContactView,
    DecideView,
    DoNotLogView,
    LeaveView,
    ShowNumberView,
    TryAgainView,
)
from appconnect.console.calls import CallsView, CancelRedriveView, RedriveView
from appconnect.console.connections import CheckNowView, ConnectionsView
from appconnect.console.needs_attention import (
    AcknowledgeCauseView,
    LeaveCauseView,
    NeedsAttentionView,
    TryCauseAgainView,
)
from appconnect.console.pause import PauseView, ResumeView
from appconnect.console.server_logging_settings import ServerLoggingSettingsView
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
        "calls/<uuid:pk>/contact/", ChooseContactView.as_view(), name="choose-contact"
    ),
    path("calls/<uuid:pk>/leave/", LeaveView.as_view(), name="leave"),
    path("calls/<uuid:pk>/do-not-log/", DoNotLogView.as_view(), name="do-not-log"),
    path("calls/<uuid:pk>/number/", ShowNumberView.as_view(), name="show-number"),
    path("needs-attention/", NeedsAttentionView.as_view(), name="needs-attention"),
    path(
        "needs-attention/try-again/",
        TryCauseAgainView.as_view(),
        name="try-cause-again",
    ),
    path("needs-attention/leave/", LeaveCauseView.as_view(), name="leave-cause"),
    path(
        "needs-attention/acknowledge/",
        AcknowledgeCauseView.as_view(),
        name="acknowledge-cause",
    ),
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
    path("pause/", PauseView.as_view(), name="pause"),
    path("resume/", ResumeView.as_view(), name="resume"),
]
