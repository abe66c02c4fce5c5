"""What others write is text on every page, and the policy stands behind that.

Every text field of every model is filled: one that is new is on the pages from its first day,
unless it is named below with what else it can only be.
"""

from collections.abc import Iterator

import pytest
from django.contrib.staticfiles import finders
from django.db import models
from django.test import Client
from django.urls import get_resolver
from playwright.sync_api import Browser, Route

from appconnect.api.docs import openapi
from appconnect.console.shell.middleware import POLICY
from appconnect.organizations.models import Member
from tests.security.rows import fill, our_models
from tests.support.walk import Page, crawl, endpoints, forms_of, is_page

HOST = "http://testserver"
SHORT = "\"'><img src=x onerror=evil()>"
LONG = SHORT + (
    "<script>evil()</script>{{7919*7907}}</textarea></title><svg onload=evil()>"
    "<a href='javascript:evil()'>x</a>"
)
OURS_ALONE = {
    "platform": "one of the connectors",
    "region": "a country's two letters",
    "time_zone": "a zone that is known",
    "crm_hostname": "checked to be a host name",
    "page": "the name of a URL of ours",
    "extension_id": "what rows are found by: RingCentral's id",
    "name:WorkerHeartbeat": "this machine's own name",
    "name:PeriodicJob": "a name in the code",
    "credential": "a public key, checked before it is stored",
    "credentials_hash": "a digest",
    "number_hash": "a digest",
    "question_hash": "a digest",
    "contact_number_hash": "a digest",
    "verification_token_hash": "a digest",
    "key": "a digest, or a cause in the code's words",
    "session_key": "drawn by Django",
    "session_data": "signed by Django",
    "direction": "Inbound or Outbound",
    "scopes": "words that are compared with ours",
}
"""Fields that hold nothing that somebody chose: name, or name and model, and what."""


def payload(field: models.Field) -> str:
    room = field.max_length or len(LONG)
    return LONG[:room] if room >= len(LONG) else SHORT[:room]


def others_fields(model: type[models.Model]) -> Iterator[models.Field]:
    for field in model._meta.local_concrete_fields:
        is_text = type(field) in (models.CharField, models.TextField)
        names = {field.name, f"{field.name}:{model.__name__}"}
        if is_text and not field.choices and names.isdisjoint(OURS_ALONE):
            yield field


def inject(organization, make_call) -> None:
    """Write the payload wherever a third party can write."""
    fill(organization, make_call, lambda name: LONG)
    for model in our_models():
        unique = {n for c in model._meta.total_unique_constraints for n in c.fields}
        fields = list(others_fields(model))
        for row in model.objects.all():
            texts = {}
            for field in fields:
                last = str(row.pk)[-4:] if field.name in unique or field.unique else ""
                room = (field.max_length or 999) - len(last)
                texts[field.name] = last + payload(field)[:room]
            model.objects.filter(pk=row.pk).update(**texts)
    for call in organization.calls.all():
        hostile = {"phone_number": LONG, "name": LONG}
        links = dict.fromkeys(("recording_url", "voicemail_url"), "javascript:evil()")
        call.details = {**call.details, "caller": hostile, **links}
        call.save()
    change = {"field": LONG, "before": LONG, "after": [LONG]}
    organization.audit_entries.update(changes=[change])


def policy_of(address: str) -> str:
    return openapi.POLICY if address == "/api/docs/" else POLICY


def check(reply, address: str) -> None:
    assert reply.headers["Content-Security-Policy"] == policy_of(address), address
    if not is_page(reply):
        return
    page = Page(reply)
    for tag, attributes in page.elements:
        born = [name for name in attributes if name.startswith("on") or "<" in name]
        assert not born, (address, tag, attributes)
        assert tag != "script" or attributes.get("src", "").startswith("/static/")
        assert attributes.get("src") != "x", address
        assert "srcdoc" not in attributes, address
    for tag, link in page.links:
        scheme = "".join(link.split()).lower().partition(":")[0]
        assert scheme not in ("javascript", "data"), (address, tag, link)
    assert "evil()" not in page.scripts, address
    assert str(7919 * 7907) not in page.text, address


@pytest.fixture
def injected(organization, logging_settings, member, ids, make_call):
    inject(organization, make_call)
    member.user.first_name = SHORT
    member.user.save()
    return organization


def test_foreign_text_is_escaped_on_every_page(console, injected, ids):
    shown = []
    for address, reply in crawl(console, ids):
        assert reply.status_code < 500, address
        check(reply, address)
        if is_page(reply) and SHORT in Page(reply).text:
            shown.append(address)

    assert len(shown) > 15, shown


def test_posted_text_is_escaped_when_it_comes_back(console, injected, ids):
    forms = {
        (address, *sorted(fields))
        for address, fields in forms_of(crawl(console, ids))
        if "logout" not in address
    }
    assert len(forms) > 100
    for action, *fields in sorted(forms):
        check(console.post(action, dict.fromkeys(fields, LONG), follow=True), action)
        check(console.get(action, {"q": LONG, "state": LONG, "next": LONG}), action)


def test_the_policy_is_on_every_answer(member, ids):
    browser = Client(raise_request_exception=False)
    paths = [*endpoints(ids), "/nowhere/", "/static/console.css", "/accounts/login/"]
    for path in paths:
        for method in ("get", "post", "delete"):
            reply = getattr(browser, method)(path)
            if not path.startswith("/webhooks/"):  # its answer is counted in bytes
                policy = policy_of(path) if reply.status_code == 200 else POLICY
                assert reply.headers["Content-Security-Policy"] == policy, path
    browser.force_login(member.user)
    member.role = Member.Role.VIEWER
    member.save()
    assert "'unsafe" not in POLICY
    refused = browser.post("/settings/")
    assert (refused.status_code, refused.headers["Content-Security-Policy"]) == (
        403,
        POLICY,
    )
    assert get_resolver().urlconf_module.handler500


def test_injected_text_does_not_run_in_chromium(
    browser: Browser, console, injected, ids
):
    """The pages as Chromium reads them: nothing runs, and the policy has nothing to stop."""
    pages = {
        address: reply
        for address, reply in crawl(console, ids)
        if reply.status_code == 200 and is_page(reply)
    }

    def answer(route: Route) -> None:
        """Answer without the database: it has one connection, and that is the test's."""
        path = route.request.url.removeprefix(HOST)
        if path.startswith("/static/"):
            return route.fulfill(path=finders.find(path.removeprefix("/static/")))
        if path in pages:
            headers = dict(pages[path].headers)
            return route.fulfill(headers=headers, body=pages[path].content)
        return route.abort()  # what a page asks for anew after some seconds

    context = browser.new_context(base_url=HOST)
    context.route("**/*", answer)
    context.add_init_script(
        "window.evil = () => console.error('EVIL ran');"
        "document.addEventListener('securitypolicyviolation',"
        " e => console.error('EVIL ' + e.violatedDirective + ' ' + e.blockedURI));"
    )
    page, heard = context.new_page(), []
    page.on("console", lambda m: "EVIL" in m.text and heard.append((page.url, m.text)))
    page.on("dialog", lambda dialog: heard.append((page.url, dialog.message)))

    for address in pages:
        page.goto(address)
        if page.locator("[onerror], [onload], img[src=x]").count():
            heard.append((address, "an element of somebody else's"))
    context.close()

    assert heard == []
    assert len(pages) > 25
