"""Print each cookie of the sign-in pages over https, and then the HSTS header."""

import django

django.setup()

from django.core.management import call_command  # noqa: E402
from django.test import Client  # noqa: E402

call_command("migrate", verbosity=0)
call_command("collectstatic", interactive=False, verbosity=0)
browser = Client(headers={"X-Forwarded-Proto": "https", "Host": "logging.example.com"})
page = browser.get("/ringcentral/sign-in/")
form = browser.get("/accounts/login/")
for cookie in (*page.cookies.values(), *form.cookies.values()):
    print(cookie.OutputString())
print(form["Strict-Transport-Security"])
