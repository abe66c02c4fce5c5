from django.urls import include, path

from appconnect.console.sign_in.sign_in import SignInView, SignOutView

handler400 = "appconnect.console.shell.errors.unreadable"
handler404 = "appconnect.console.shell.errors.not_found"
handler500 = "appconnect.console.shell.errors.page_failed"

urlpatterns = [
    path("", include("appconnect.api.urls")),  # first: asked far more often
    path("accounts/login/", SignInView.as_view(), name="login"),
    path("accounts/logout/", SignOutView.as_view(), name="logout"),
    path("", include("appconnect.console.urls")),
]
