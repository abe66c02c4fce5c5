import re

from django.test import Client

from appconnect.organizations.models import Organization


def test_a_page_that_fails_gives_a_reference_that_the_log_has(
    console, member, monkeypatch, caplog
):
    def fail(organization):
        raise RuntimeError("the cause")

    monkeypatch.setattr(Organization, "declared", property(fail))
    browser = Client(raise_request_exception=False)
    browser.force_login(member.user)

    reply = browser.get("/settings/")

    assert reply.status_code == 500
    [reference] = re.findall(r"<code>(\w+)</code>", reply.content.decode())
    assert reference in caplog.text
    assert "the cause" not in reply.content.decode()
