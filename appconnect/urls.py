from django.contrib.auth.views import LoginView, LogoutView
from django.urls import include, path

handler500 = "appconnect.console.errors.page_failed"

urlpatterns = [
    path(
        "accounts/login/",
        LoginView.as_view(redirect_authenticated_user=True),
        name="login",
    ),
    path("accounts/logout/", LogoutView.as_view(), name="logout"),
    path("", include("appconnect.console.urls")),
    path("", include("appconnect.api.urls")),
]
