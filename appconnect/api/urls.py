from django.urls import path

from appconnect.api.calls.cached_note import CachedNoteView
from appconnect.api.calls.call_log import CallLogView
from appconnect.api.calls.contact import ContactView
from appconnect.api.calls.contact_by_name import ContactByNameView
from appconnect.api.calls.unsupported import (
    AccountDataView,
    CallDispositionView,
    CallDownView,
    MessageLogMatchView,
    MessageLogView,
)
from appconnect.api.docs import openapi
from appconnect.api.operation import health, metrics
from appconnect.api.operation.server import (
    HostnameView,
    ReleaseNotesView,
    ServerVersionInfoView,
)
from appconnect.api.service.do_not_log_numbers import DoNotLogNumbersView
from appconnect.api.service.service_sign_in import ServiceSignInView
from appconnect.api.service.subscription import (
    SubscribeView,
    SubscriptionView,
    UnsubscribeView,
)
from appconnect.api.service.update_crm_token import UpdateCrmTokenView
from appconnect.api.session.admin_sign_in import AdminSignInView
from appconnect.api.session.api_key_login import ApiKeyLoginView
from appconnect.api.session.crm_session import (
    AuthValidationView,
    RefreshInfoView,
    UnAuthorizeView,
)
from appconnect.api.session.license_status import LicenseStatusView
from appconnect.api.session.managed_auth import ManagedAuthStateView, ManagedAuthView
from appconnect.api.session.oauth_callback import OAuthCallbackView
from appconnect.api.session.user_info_hash import UserInfoHashView
from appconnect.api.settings.admin_settings import AdminSettingsView
from appconnect.api.settings.platforms import CrmManifestView, ImplementedInterfacesView
from appconnect.api.settings.preload_settings import PreloadSettingsView
from appconnect.api.settings.reports import ReportView, UserReportView
from appconnect.api.settings.server_logging_settings import ServerLoggingSettingsView
from appconnect.api.settings.user_mapping import (
    ReinitializeUserMappingView,
    UserMappingView,
)
from appconnect.api.settings.user_settings import UserSettingsView
from appconnect.api.webhook import webhook

app_name = "api"
urlpatterns = [
    # Django tries one after the other: first what is asked with every call.
    path("isAlive", health.is_alive, name="is-alive"),
    path("webhooks/ringcentral/<uuid:subscription_key>/", webhook, name="webhook"),
    path("contact", ContactView.as_view(), name="contact"),
    path("callLog", CallLogView.as_view(), name="call-log"),
    path("callLog/cacheNote", CachedNoteView.as_view(), name="cached-note"),
    path(
        "implementedInterfaces",
        ImplementedInterfacesView.as_view(),
        name="implemented-interfaces",
    ),
    path(
        "admin/serverLoggingSettings",
        ServerLoggingSettingsView.as_view(),
        name="server-logging-settings",
    ),
    path("admin/settings", AdminSettingsView.as_view(), name="admin-settings"),
    path("admin/userMapping", UserMappingView.as_view(), name="user-mapping"),
    path(
        "admin/reinitializeUserMapping",
        ReinitializeUserMappingView.as_view(),
        name="reinitialize-user-mapping",
    ),
    path("admin/managedAuth", ManagedAuthView.as_view(), name="managed-auth"),
    path("ringcentral/admin/report", ReportView.as_view(), name="report"),
    path("ringcentral/admin/userReport", UserReportView.as_view(), name="user-report"),
    path("user/settings", UserSettingsView.as_view(), name="user-settings"),
    path(
        "user/preloadSettings", PreloadSettingsView.as_view(), name="preload-settings"
    ),
    path("user/refreshInfo", RefreshInfoView.as_view(), name="refresh-info"),
    path("licenseStatus", LicenseStatusView.as_view(), name="license-status"),
    path("apiKeyLogin", ApiKeyLoginView.as_view(), name="api-key-login"),
    path(
        "apiKeyManagedAuthState",
        ManagedAuthStateView.as_view(),
        name="managed-auth-state",
    ),
    path("ringcentral/oauth/callback", AdminSignInView.as_view(), name="admin-sign-in"),
    path("oauth-callback", OAuthCallbackView.as_view(), name="oauth-callback"),
    path("custom/contact/search", ContactByNameView.as_view(), name="contact-by-name"),
    path("callDisposition", CallDispositionView.as_view(), name="call-disposition"),
    path("messageLog", MessageLogView.as_view(), name="message-log"),
    path("messageLog/match", MessageLogMatchView.as_view(), name="message-log-match"),
    path("accountData", AccountDataView.as_view(), name="account-data"),
    path("calldown", CallDownView.as_view(), name="call-down"),
    path("unAuthorize", UnAuthorizeView.as_view(), name="un-authorize"),
    path("authValidation", AuthValidationView.as_view(), name="auth-validation"),
    path("hostname", HostnameView.as_view(), name="hostname"),
    path("userInfoHash", UserInfoHashView.as_view(), name="user-info-hash"),
    path("crmManifest", CrmManifestView.as_view(), name="crm-manifest"),
    path(
        "serverVersionInfo", ServerVersionInfoView.as_view(), name="server-version-info"
    ),
    path("releaseNotes", ReleaseNotesView.as_view(), name="release-notes"),
    # the logging service, which a manifest's serverSideLogging.url points at
    path("oauth/callback", ServiceSignInView.as_view(), name="service-sign-in"),
    path("subscription", SubscriptionView.as_view(), name="subscription"),
    path("subscribe", SubscribeView.as_view(), name="subscribe"),
    path("unsubscribe", UnsubscribeView.as_view(), name="unsubscribe"),
    path(
        "do-not-log-numbers", DoNotLogNumbersView.as_view(), name="do-not-log-numbers"
    ),
    path("update-crm-token", UpdateCrmTokenView.as_view(), name="update-crm-token"),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("metrics", metrics.metrics, name="metrics"),
    path("openapi.json", openapi.openapi, name="openapi"),
    path("api/docs/", openapi.docs, name="docs"),
]
