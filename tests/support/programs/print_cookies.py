"""Print each cookie that signing in sets over https, and then the HSTS header."""

import django

django.setup()

from django.contrib.auth.models import User
from django.core.management import call_command
from django.test import Client

call_command("migrate", verbosity=0)
call_command("collectstatic", interactive=False, verbosity=0)
account = {"username": "ada", "password": "a good password, and a long one"}
User.objects.create_user(**account)
browser = Client(headers={"X-Forwarded-Proto": "https", "Host": "logging.example.com"})
browser.get("/ringcentral/sign-in/")
browser.get("/accounts/login/")
page = browser.post("/accounts/login/", account)
for cookie in browser.cookies.values():
    if cookie.value:
        print(cookie.OutputString())
print(page["Strict-Transport-Security"])
