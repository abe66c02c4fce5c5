from django.urls import path
from django.views.generic import RedirectView

from appconnect.console.calls import CallDetailView, CallsView, TryAgainView
from appconnect.console.connections import ConnectionsView
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
    path("calls/<uuid:pk>/", CallDetailView.as_view(), name="call-detail"),
    path("calls/<uuid:pk>/try-again/", TryAgainView.as_view(), name="try-again"),
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
]
