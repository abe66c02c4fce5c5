from django.urls import path

from appconnect.api import health, metrics
from appconnect.api.api_key_login import ApiKeyLoginView
from appconnect.api.auth_validation import AuthValidationView
from appconnect.api.cached_note import CachedNoteView
from appconnect.api.call_log import CallLogView
from appconnect.api.contact import ContactView
from appconnect.api.crm_manifest import CrmManifestView
from appconnect.api.hostname import HostnameView
from appconnect.api.implemented_interfaces import ImplementedInterfacesView
from appconnect.api.license_status import LicenseStatusView
from appconnect.api.server_logging_settings import ServerLoggingSettingsView
from appconnect.api.server_version_info import ServerVersionInfoView
from appconnect.api.un_authorize import UnAuthorizeView
from appconnect.api.user_info_hash import UserInfoHashView
from appconnect.api.user_mapping import UserMappingView
from appconnect.api.webhook import webhook

app_name = "api"
urlpatterns = [
    path(
        "admin/serverLoggingSettings",
        ServerLoggingSettingsView.as_view(),
        name="server-logging-settings",
    ),
    path("admin/userMapping", UserMappingView.as_view(), name="user-mapping"),
    path(
        "implementedInterfaces",
        ImplementedInterfacesView.as_view(),
        name="implemented-interfaces",
    ),
    path("licenseStatus", LicenseStatusView.as_view(), name="license-status"),
    path("apiKeyLogin", ApiKeyLoginView.as_view(), name="api-key-login"),
    path("contact", ContactView.as_view(), name="contact"),
    path("callLog", CallLogView.as_view(), name="call-log"),
    path("callLog/cacheNote", CachedNoteView.as_view(), name="cached-note"),
    path("unAuthorize", UnAuthorizeView.as_view(), name="un-authorize"),
    path("authValidation", AuthValidationView.as_view(), name="auth-validation"),
    path("hostname", HostnameView.as_view(), name="hostname"),
    path("userInfoHash", UserInfoHashView.as_view(), name="user-info-hash"),
    path("crmManifest", CrmManifestView.as_view(), name="crm-manifest"),
    path(
        "serverVersionInfo", ServerVersionInfoView.as_view(), name="server-version-info"
    ),
    path("webhooks/ringcentral/<uuid:subscription_key>/", webhook, name="webhook"),
    path("isAlive", health.is_alive, name="is-alive"),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("metrics", metrics.metrics, name="metrics"),
]
