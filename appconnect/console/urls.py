from django.urls import path
from django.views.decorators.http import require_POST
from django.views.i18n import set_language

from appconnect.console.admin import alerts, audit, privacy, system_status, team
from appconnect.console.attention import dry_run, needs_attention, overview, setup
from appconnect.console.calls import call_detail, call_export, calls, retry_batch
from appconnect.console.mapping import (
    user_mapping,
    user_mapping_bulk,
    user_mapping_csv,
    user_mapping_edit,
    user_mapping_match,
)
from appconnect.console.settings import (
    do_not_log,
    note_preview,
    pause,
    server_logging_settings,
)
from appconnect.console.settings.connections import (
    account,
    connection_test,
    connections,
    crm_sign_in,
    crms,
)
from appconnect.console.shell import theme
from appconnect.console.sign_in import (
    confirm_sign_in,
    connect,
    ringcentral_sign_in,
    sessions,
    set_password,
)
from appconnect.console.sign_in.second_factor import app, passkey, security, step

app_name = "console"
urlpatterns = [
    path("", setup.HomeView.as_view(), name="home"),
    path("setup/", setup.SetUpView.as_view(), name="set-up"),
    path("setup/switch-on/", setup.SwitchOnView.as_view(), name="switch-on"),
    path("overview/", overview.OverviewView.as_view(), name="overview"),
    path(
        "system-status/", system_status.SystemStatusView.as_view(), name="system-status"
    ),
    path("calls/", calls.CallsView.as_view(), name="calls"),
    path("calls/new/", calls.NewCallsView.as_view(), name="new-calls"),
    path("calls/find-number/", calls.FindNumberView.as_view(), name="find-number"),
    path("calls/export/", call_export.ExportCallsView.as_view(), name="export-calls"),
    path("calls/try-again/", retry_batch.RetryBatchView.as_view(), name="retry-batch"),
    path(
        "calls/try-again/<uuid:pk>/cancel/",
        retry_batch.CancelRetryBatchView.as_view(),
        name="cancel-retry-batch",
    ),
    path("calls/<uuid:pk>/", call_detail.CallDetailView.as_view(), name="call-detail"),
    path(
        "calls/<uuid:pk>/try-again/",
        call_detail.TryAgainView.as_view(),
        name="try-again",
    ),
    path("calls/<uuid:pk>/decide/", call_detail.DecideView.as_view(), name="decide"),
    path(
        "calls/<uuid:pk>/contact/",
        call_detail.ChooseContactView.as_view(),
        name="choose-contact",
    ),
    path("calls/<uuid:pk>/leave/", call_detail.LeaveView.as_view(), name="leave"),
    path(
        "calls/<uuid:pk>/do-not-log/",
        call_detail.DoNotLogView.as_view(),
        name="do-not-log-number",
    ),
    path(
        "calls/<uuid:pk>/number/",
        call_detail.ShowNumberView.as_view(),
        name="show-number",
    ),
    path(
        "needs-attention/",
        needs_attention.NeedsAttentionView.as_view(),
        name="needs-attention",
    ),
    path(
        "needs-attention/try-again/",
        needs_attention.TryCauseAgainView.as_view(),
        name="try-cause-again",
    ),
    path(
        "needs-attention/leave/",
        needs_attention.LeaveCauseView.as_view(),
        name="leave-cause",
    ),
    path(
        "needs-attention/acknowledge/",
        needs_attention.AcknowledgeCauseView.as_view(),
        name="acknowledge-cause",
    ),
    path(
        "settings/",
        server_logging_settings.ServerLoggingSettingsView.as_view(),
        name="server-logging-settings",
    ),
    path(
        "settings/test/",
        connection_test.ConnectionTestView.as_view(),
        name="connection-test",
    ),
    path(
        "settings/preview/", note_preview.NotePreviewView.as_view(), name="note-preview"
    ),
    path("do-not-log/", do_not_log.DoNotLogView.as_view(), name="do-not-log"),
    path(
        "do-not-log/remove/",
        do_not_log.RemoveFromDoNotLogView.as_view(),
        name="remove-from-do-not-log",
    ),
    path("user-mapping/", user_mapping.UserMappingView.as_view(), name="user-mapping"),
    path(
        "user-mapping/refresh/",
        user_mapping.RefreshDirectoryView.as_view(),
        name="refresh-directory",
    ),
    path(
        "user-mapping/bulk/",
        user_mapping_bulk.UserMappingBulkView.as_view(),
        name="user-mapping-bulk",
    ),
    path(
        "user-mapping/export/",
        user_mapping_csv.UserMappingExportView.as_view(),
        name="user-mapping-export",
    ),
    path(
        "user-mapping/import/",
        user_mapping_csv.UserMappingImportView.as_view(),
        name="user-mapping-import",
    ),
    path(
        "user-mapping/crm-users/",
        user_mapping_edit.CrmUserOptionsView.as_view(),
        name="crm-user-options",
    ),
    path(
        "user-mapping/match/",
        user_mapping_match.UserMappingMatchView.as_view(),
        name="user-mapping-match",
    ),
    path(
        "user-mapping/undo/<int:pk>/",
        user_mapping_match.UndoMappingView.as_view(),
        name="undo-mapping",
    ),
    path(
        "user-mapping/<int:pk>/",
        user_mapping_edit.UserMappingEditView.as_view(),
        name="user-mapping-edit",
    ),
    path("connections/", connections.ConnectionsView.as_view(), name="connections"),
    path("connections/account/", account.AccountView.as_view(), name="crm-account"),
    path("connections/crms/", crms.CrmsView.as_view(), name="crms"),
    path("connections/check/", connections.CheckNowView.as_view(), name="check-now"),
    path(
        "connections/subscribe/",
        connections.ResubscribeView.as_view(),
        name="resubscribe",
    ),
    path("ringcentral/sign-in/", ringcentral_sign_in.begin, name="ringcentral-sign-in"),
    path(
        "ringcentral/connect/",
        connect.ConnectView.as_view(),
        name="ringcentral-connect",
    ),
    path(
        "ringcentral/callback/",
        ringcentral_sign_in.callback,
        name="ringcentral-callback",
    ),
    path("crm/sign-in/", crm_sign_in.BeginView.as_view(), name="crm-sign-in"),
    path("crm/callback/", crm_sign_in.CallbackView.as_view(), name="crm-callback"),
    path(
        "confirm-sign-in/",
        confirm_sign_in.ConfirmSignInView.as_view(),
        name="confirm-sign-in",
    ),
    path("theme/", theme.choose, name="theme"),
    path("language/", require_POST(set_language), name="language"),
    path("alerts/", alerts.AlertsView.as_view(), name="alerts"),
    path(
        "alerts/channels/add-email/",
        alerts.AddAlertChannelView.as_view(form_name="email"),
        name="add-alert-email",
    ),
    path(
        "alerts/channels/add-webhook/",
        alerts.AddAlertChannelView.as_view(form_name="webhook"),
        name="add-alert-webhook",
    ),
    path(
        "alerts/channels/<uuid:channel_pk>/test/",
        alerts.TestAlertChannelView.as_view(),
        name="test-alert-channel",
    ),
    path(
        "alerts/channels/<uuid:channel_pk>/switch/",
        alerts.SwitchAlertChannelView.as_view(),
        name="switch-alert-channel",
    ),
    path(
        "alerts/channels/<uuid:channel_pk>/new-secret/",
        alerts.NewSigningSecretView.as_view(),
        name="new-signing-secret",
    ),
    path(
        "alerts/channels/<uuid:channel_pk>/remove/",
        alerts.RemoveAlertChannelView.as_view(),
        name="remove-alert-channel",
    ),
    path("privacy/", privacy.PrivacyView.as_view(), name="privacy"),
    path(
        "privacy/erase-number/", privacy.EraseNumberView.as_view(), name="erase-number"
    ),
    path(
        "privacy/export-number/",
        privacy.ExportNumberView.as_view(),
        name="export-number",
    ),
    path("pause/", pause.PauseView.as_view(), name="pause"),
    path("resume/", pause.ResumeView.as_view(), name="resume"),
    path("dry-run/", dry_run.DryRunView.as_view(), name="dry-run"),
    path("team/", team.TeamView.as_view(), name="team"),
    path(
        "team/<int:member_pk>/role/", team.MemberRoleView.as_view(), name="member-role"
    ),
    path(
        "team/<int:member_pk>/remove/",
        team.RemoveMemberView.as_view(),
        name="remove-member",
    ),
    path(
        "team/<int:member_pk>/sign-out/",
        team.SignOutMemberView.as_view(),
        name="sign-out-member",
    ),
    path(
        "team/second-factor/",
        team.RequireSecondFactorView.as_view(),
        name="require-second-factor",
    ),
    path(
        "team/<int:member_pk>/reset-second-factor/",
        team.ResetSecondFactorView.as_view(),
        name="reset-second-factor",
    ),
    path(
        "team/<int:member_pk>/password-link/",
        team.PasswordLinkView.as_view(),
        name="password-link",
    ),
    path(
        "set-password/<slug:uidb64>/<slug:token>/",
        set_password.SetPasswordView.as_view(),
        name="set-password",
    ),
    path("second-factor/", step.SecondFactorView.as_view(), name="second-factor"),
    path(
        "sign-in-security/",
        security.SignInSecurityView.as_view(),
        name="sign-in-security",
    ),
    path(
        "sign-in-security/password/",
        set_password.ChangePasswordView.as_view(),
        name="change-password",
    ),
    path("sign-in-security/app/", app.AppView.as_view(), name="authenticator-app"),
    path(
        "sign-in-security/app/remove/",
        security.RemoveAppView.as_view(),
        name="remove-authenticator-app",
    ),
    path(
        "sign-in-security/passkey/",
        passkey.AddPasskeyView.as_view(),
        name="add-passkey",
    ),
    path(
        "sign-in-security/passkey/remove/",
        security.RemovePasskeyView.as_view(),
        name="remove-passkey",
    ),
    path(
        "sign-in-security/recovery-codes/",
        security.RecoveryCodesView.as_view(),
        name="recovery-codes",
    ),
    path("sessions/", sessions.SessionsView.as_view(), name="sessions"),
    path("audit/", audit.AuditView.as_view(), name="audit"),
    path("audit/export/", audit.AuditExportView.as_view(), name="audit-export"),
]
