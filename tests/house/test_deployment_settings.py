"""What the documented deployment, with https, is set to."""

import os
import re
import subprocess
import sys

import pytest
import requests

from tests.support.helpers import ROOT
from tests.support.program import Program

HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}


def run(folder, *arguments: str) -> subprocess.CompletedProcess:
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(ROOT),
        "DJANGO_SETTINGS_MODULE": "appconnect.settings",
        "ENV_FILE": str(folder / ".env"),
        "PUBLIC_URL": "https://logging.example.com",
        "SECRET_KEY": "Zk3-qP7xWm2_vN9tRb5yHc8sLd1fGj6aUe4oXi0wQpTzKrMnB8-vA2xT5e",
        "ENCRYPTION_KEYS": f"k1={'ab' * 32}",
    }
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


def test_deployment_check_gives_no_warning(tmp_path):
    done = run(tmp_path, "manage.py", "check", "--deploy", "--fail-level", "WARNING")

    assert done.returncode == 0, done.stderr


def test_cookies_and_hsts_are_those_of_https(tmp_path):
    done = run(tmp_path, "tests/support/programs/print_cookies.py")
    assert done.returncode == 0, done.stderr
    *cookies, hsts = done.stdout.splitlines()

    names = {cookie.partition("=")[0] for cookie in cookies}
    assert names == {
        "__Host-csrftoken",
        "__Host-known_browser",
        "__Host-ringcentral_sign_in",
        "__Host-sessionid",
    }
    for cookie in cookies:
        assert {"HttpOnly", "Path=/", "SameSite=Lax", "Secure"} <= set(
            cookie.split("; ")
        )
        assert "Domain" not in cookie
    assert hsts == "max-age=31536000; includeSubDomains"


@pytest.fixture
def static_file(program: Program) -> str:
    page = requests.get(f"{program.url}/accounts/login/", timeout=60)
    return re.search(r'"(/static/[^"]+\.css)"', page.text)[1]


def test_every_response_has_the_security_headers(program: Program, static_file):
    for path in ("/accounts/login/", "/nowhere/", "/userInfoHash", static_file):
        reply = requests.get(program.url + path, timeout=60)

        assert HEADERS.items() <= reply.headers.items(), path
        assert "camera=()" in reply.headers["Permissions-Policy"]
        assert reply.headers["Content-Security-Policy"].startswith("default-src 'none'")
