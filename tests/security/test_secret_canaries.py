"""A stored secret is shown to nobody, nowhere.

Every secret is a canary, put in by walking the models, the manifest, the settings and the
dataclasses: one that is new is looked for from its first day.
"""

import dataclasses
import importlib
import pkgutil
import re
from base64 import b64encode
from collections.abc import Iterator

import pytest
from django.core.cache import cache
from django.db import models
from django.test import Client

import appconnect
import connector
from appconnect import settings as program_settings
from appconnect.organizations.models import Member, Organization, Session
from appconnect.organizations.models.sealed import SealedField
from tests.security.rows import NUMBER, SECRETS, fill, our_models
from tests.support.helpers import forget_data_keys, text_of
from tests.support.walk import (
    ON_EVERY_PAGE,
    body_of,
    crawl,
    endpoints,
    forms_of,
    tables,
)

MARK = "CANARY-SECRET-"
PERSONAL_MARK = "known-to-our-own-people"
KEY = "c0ffee" * 10 + "beef"
"""The encryption key: 64 hexadecimal digits, as it must be."""
FORMS = (
    MARK,
    KEY,
    MARK.encode().hex(),
    # wherever it stands among the bytes that base64 takes three by three
    *(b64encode(b"x" * n + MARK.encode()).decode()[4:16] for n in range(3)),
)
SECRET_NAME = re.compile(r"secret|token|password|keys?$|jwt|oauth_clients", re.I)
CARRIERS = {"server_logging_settings", "additional_field_values", "note", "full_body"}
"""Members with secrets or notes in them whose names or types do not say so."""
METHODS = ("get", "post", "put", "patch", "delete")


def check(said: object, where: object) -> None:
    """Check that no secret is in what was said, in the clear or thinly wrapped."""
    text = said if isinstance(said, str) else repr(said)
    found = [text[at : at + 60] for form in FORMS if (at := text.find(form)) >= 0]
    assert not found, (where, found)


def check_reply(reply, where: object) -> None:
    check(body_of(reply), where)
    check(dict(reply.headers), where)
    check(reply.cookies.output(), where)


@pytest.fixture
def secrets(settings) -> None:
    """Put a canary in each of the program's settings that is a secret."""
    for name in filter(SECRET_NAME.search, dir(program_settings)):
        if isinstance(getattr(settings, name, 0), str | None):
            setattr(settings, name, f"{MARK}{name}".ljust(50, "-"))
    assert settings.SECRET_KEY.startswith(MARK)
    assert settings.RINGCENTRAL_CLIENT_SECRET.startswith(MARK)
    settings.CRM_OAUTH_CLIENTS = {"sandbox": f"client:{MARK}crm"}
    settings.ENCRYPTION_KEYS = {"k1": KEY}


@pytest.fixture
def stored(secrets, logging_settings, member, ids, make_call, log_lines):
    """An organization all of whose secrets are canaries; what was kept is looked at last."""
    organization = member.organization
    fill(
        organization,
        make_call,
        lambda name: f"{MARK}{name}" if name in SECRETS else PERSONAL_MARK,
    )
    member.user.set_password(f"{MARK}password")
    member.user.save()
    yield organization
    check(tables(), "the database")
    for session in Session.objects.all():
        check(session.get_decoded(), "a session")
    check(vars(cache._connections[cache._alias]), "the cache")
    check(log_lines, "the log")


def browser_of(member: Member | None) -> Client:
    browser = Client(raise_request_exception=False)
    if member:
        browser.force_login(member.user)
    return browser


@pytest.mark.parametrize("who", ["nobody", "stranger", *Member.Role])
def test_no_page_shows_a_secret(stored, member, stranger, ids, who):
    if who in Member.Role:
        member.role = who
        member.save()
    people = {"nobody": None, "stranger": stranger}
    opened, shown = [], ""

    for address, reply in crawl(browser_of(people.get(who, member)), ids):
        check_reply(reply, address)
        check(address, "a link")
        shown += body_of(reply)
        opened += [address] if reply.status_code == 200 else []

    is_ours = who in Member.Role.values
    assert len(opened) >= (30 if is_ours else 2)
    assert is_ours or PERSONAL_MARK not in shown


def test_no_form_gives_a_secret_back(stored, member, ids):
    """Neither what is stored nor what was just typed, whatever else is wrong with it."""
    forms = forms_of(
        [
            *crawl(browser_of(member), ids),
            ("/accounts/login/", Client().get("/accounts/login/")),
        ]
    )
    forms.append(("/privacy/export-number/", {"number": [NUMBER]}))
    forms.append(("/settings/test/", {"additional-apiPassword": [""]}))

    forms_with_secrets = 0
    for action, fields in forms:
        secret = [n for n in fields if SECRET_NAME.search(n) and n not in ON_EVERY_PAGE]
        forms_with_secrets += bool(secret)
        typed = dict.fromkeys(secret, f"{MARK}typed")
        check_reply(browser_of(member).post(action, fields | typed), action)
    assert forms_with_secrets > 5


def test_no_endpoint_shows_a_secret(ask, stored, ids):
    body = {n: f"{MARK}{n}" for n in ("apiKey", "crmToken", "rcAccessToken", "code")}
    body |= {"platform": "sandbox", "additionalInfo": {"apiPassword": f"{MARK}typed"}}
    body |= {"additionalFieldValues": {"apiPassword": f"{MARK}typed"}}

    answered = set()
    for path in endpoints(ids):
        for method in METHODS:
            reply = ask(stored, method, path, body)
            if reply.status_code == 200:
                answered.add(path)
            if path not in ("/apiKeyLogin", "/oauth/callback"):  # a token for who asked
                check_reply(reply, f"{method} {path}")
    assert len(answered) > 15


def test_no_error_shows_a_secret(ask, stored, member, ids, monkeypatch, settings):
    def fail(organization):
        secret = organization.ringcentral_connection.jwt
        raise RuntimeError(len(secret))

    browser = browser_of(member)
    member.role = Member.Role.VIEWER
    member.save()
    refused = browser.post("/settings/")
    check_reply(refused, "403")
    statuses = {refused.status_code}
    member.role = Member.Role.ADMIN
    member.save()
    monkeypatch.setattr(Organization, "declared", property(fail))
    unreadable = False
    for keys in ({"k1": KEY}, {"k2": "ab" * 32}):
        settings.ENCRYPTION_KEYS = keys
        forget_data_keys()
        for path in (*endpoints(ids), "/settings/", "/calls/", "/alerts/", "/nowhere/"):
            reply = browser.get(path)
            check_reply(reply, path)
            statuses.add(reply.status_code)
            unreadable = unreadable or "stored secret can't be decrypted" in text_of(
                reply
            )

    assert unreadable, "what happens without the key is not seen"
    assert {403, 404, 405, 500} <= statuses


def test_no_row_tells_its_secret(stored):
    for model in our_models():
        rows = model.objects.all()
        assert rows, f"{model.__name__} is not filled"
        for row in rows:
            check(f"{row} {row!r}", model.__name__)
            check(str(vars(model.objects.get(pk=row.pk))), model.__name__)


def test_each_field_that_is_named_like_a_secret_is_sealed():
    for model in our_models():
        for field in model._meta.local_concrete_fields:
            is_text = isinstance(field, models.CharField | models.TextField)
            is_harmless = field.name.endswith(("_hash", "sync_token", "key", "_by"))
            if is_text and SECRET_NAME.search(field.name) and not is_harmless:
                assert isinstance(field, SealedField), f"{model.__name__}.{field.name}"


def dataclasses_of(package) -> Iterator[type]:
    for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        if ".migrations" in module.name or ".sandbox." in module.name:
            continue
        for thing in vars(importlib.import_module(module.name)).values():
            is_class = isinstance(thing, type) and thing.__module__ == module.name
            if is_class and dataclasses.is_dataclass(thing):
                yield thing


@pytest.mark.parametrize(
    "kind",
    [*dataclasses_of(connector), *dataclasses_of(appconnect)],
    ids=lambda kind: f"{kind.__module__}.{kind.__name__}",
)
def test_no_value_tells_its_secret(kind):
    value = object.__new__(kind)
    for field in dataclasses.fields(kind):
        is_text = field.type in (str, "str") or field.name in CARRIERS
        is_secret = SECRET_NAME.search(field.name) or field.name in CARRIERS
        is_harmless = field.name.endswith(("_uri", "_url", "sync_token"))
        held = MARK if is_text and is_secret and not is_harmless else ""
        object.__setattr__(value, field.name, held)

    check(repr(value), kind)
