from django.urls import path

from appconnect.console import crm_sign_in, ringcentral_sign_in, theme
from appconnect.console import crm_sign_in, ringcentral_sign_in
from appconnect.console.alerts import (
    AddAlertChannelView,
    AlertsView,
    NewSigningSecretView,
    RemoveAlertChannelView,
    SwitchAlertChannelView,
    TestAlertChannelView,
)
from appconnect.console.redrive import (
    CancelRedriveView,
    FindNumberView,
    RedriveView,
)
from appconnect.console.call_export import ExportCallsView
from appconnect.console.calls import (
    CallDetailView,
    CallsView,
    DecideView,
    NewCallsView,
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
from appconnect.console.overview import OverviewView
from appconnect.console.needs_attention import (
    AcknowledgeCauseView,
    LeaveCauseView,
    NeedsAttentionView,
    TryCauseAgainView,
)
from appconnect.console.connection_test import ConnectionTestView
from appconnect.console.connections import (
    CheckNowView,
    ConnectionsView,
    ResubscribeView,
)
from appconnect.console.do_not_log import DoNotLogView, RemoveFromDoNotLogView
from appconnect.console.note_preview import NotePreviewView
from appconnect.console.pause import PauseView, ResumeView
from appconnect.console.privacy import (
    EraseNumberView,
    ExportNumberView,
    PrivacyView,
)
from appconnect.console.server_logging_settings import ServerLoggingSettingsView
from appconnect.console.user_mapping import RefreshDirectoryView, UserMappingView
from appconnect.console.user_mapping_bulk import UserMappingBulkView
from appconnect.console.user_mapping_csv import (
    UserMappingExportView,
    UserMappingImportView,
from appconnect.console.set_up import HomeView, SetUpView, SwitchOnView
from appconnect.console.system_status import SystemStatusView
from appconnect.console.user_mapping import (
    RefreshDirectoryView,
    UserMappingEditView,
    UserMappingView,
)
from appconnect.console.user_mapping_edit import (
    CrmUserOptionsView,
    UserMappingEditView,
)
from appconnect.console.user_mapping_match import UndoMappingView, UserMappingMatchView

app_name = "console"
urlpatterns = [
    path("", HomeView.as_view(), name="home"),
    path("setup/", SetUpView.as_view(), name="set-up"),
    path("setup/switch-on/", SwitchOnView.as_view(), name="switch-on"),
    path("overview/", OverviewView.as_view(), name="overview"),
    path("system-status/", SystemStatusView.as_view(), name="system-status"),
    path("calls/", CallsView.as_view(), name="calls"),
    path("calls/new/", NewCallsView.as_view(), name="new-calls"),
    path("calls/find-number/", FindNumberView.as_view(), name="find-number"),
    path("calls/export/", ExportCallsView.as_view(), name="export-calls"),
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
    path("settings/test/", ConnectionTestView.as_view(), name="connection-test"),
    path("settings/preview/", NotePreviewView.as_view(), name="note-preview"),
    path("do-not-log/", DoNotLogView.as_view(), name="do-not-log"),
    path(
        "do-not-log/remove/",
        RemoveFromDoNotLogView.as_view(),
        name="remove-from-do-not-log",
    ),
    path("user-mapping/", UserMappingView.as_view(), name="user-mapping"),
    path(
        "user-mapping/refresh/",
        RefreshDirectoryView.as_view(),
        name="refresh-directory",
    ),
    path("user-mapping/bulk/", UserMappingBulkView.as_view(), name="user-mapping-bulk"),
    path(
        "user-mapping/export/",
        UserMappingExportView.as_view(),
        name="user-mapping-export",
    ),
    path(
        "user-mapping/import/",
        UserMappingImportView.as_view(),
        name="user-mapping-import",
    ),
    path(
        "user-mapping/crm-users/",
        CrmUserOptionsView.as_view(),
        name="crm-user-options",
    ),
    path(
        "user-mapping/match/", UserMappingMatchView.as_view(), name="user-mapping-match"
    ),
    path("user-mapping/undo/<int:pk>/", UndoMappingView.as_view(), name="undo-mapping"),
    path(
        "user-mapping/<int:pk>/",
        UserMappingEditView.as_view(),
        name="user-mapping-edit",
    ),
    path("connections/", ConnectionsView.as_view(), name="connections"),
    path("connections/check/", CheckNowView.as_view(), name="check-now"),
    path("connections/subscribe/", ResubscribeView.as_view(), name="resubscribe"),
    path("ringcentral/sign-in/", ringcentral_sign_in.begin, name="ringcentral-sign-in"),
    path(
        "ringcentral/callback/",
        ringcentral_sign_in.callback,
        name="ringcentral-callback",
    ),
    path("crm/sign-in/", crm_sign_in.BeginView.as_view(), name="crm-sign-in"),
    path("crm/callback/", crm_sign_in.CallbackView.as_view(), name="crm-callback"),
    path("theme/", theme.choose, name="theme"),
    path("alerts/", AlertsView.as_view(), name="alerts"),
    path(
        "alerts/channels/add-email/",
        AddAlertChannelView.as_view(form_name="email"),
        name="add-alert-email",
    ),
    path(
        "alerts/channels/add-webhook/",
        AddAlertChannelView.as_view(form_name="webhook"),
        name="add-alert-webhook",
    ),
    path(
        "alerts/channels/<uuid:channel_pk>/test/",
        TestAlertChannelView.as_view(),
        name="test-alert-channel",
    ),
    path(
        "alerts/channels/<uuid:channel_pk>/switch/",
        SwitchAlertChannelView.as_view(),
        name="switch-alert-channel",
    ),
    path(
        "alerts/channels/<uuid:channel_pk>/new-secret/",
        NewSigningSecretView.as_view(),
        name="new-signing-secret",
    ),
    path(
        "alerts/channels/<uuid:channel_pk>/remove/",
        RemoveAlertChannelView.as_view(),
        name="remove-alert-channel",
    ),
    path("privacy/", PrivacyView.as_view(), name="privacy"),
    path("privacy/erase-number/", EraseNumberView.as_view(), name="erase-number"),
    path("privacy/export-number/", ExportNumberView.as_view(), name="export-number"),
    path("pause/", PauseView.as_view(), name="pause"),
    path("resume/", ResumeView.as_view(), name="resume"),
]
