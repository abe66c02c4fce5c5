"""The audit log's page, its export, and the recorded refusals."""

import csv
import io
import re
from datetime import datetime

import pytest

from appconnect.organizations.models import AuditEntry, ServerLoggingSettings
from appconnect.organizations.security import audit
from appconnect.organizations.security.audit import Actor
from appconnect.organizations.security.refusals import MAX_A_MINUTE
from appconnect.sandbox.ringcentral.seed import extension_id
from tests.support.helpers import text_of
from tests.support.organization import ADA

PATH, EXPORT = "/audit/", "/audit/export/"
Action = AuditEntry.Action


@pytest.fixture
def write(organization, now):
    """Return a function that writes an entry."""

    def write(action=Action.SETTINGS_CHANGED, *, actor=ADA, at=now, **text):
        return audit.log(organization, action, actor=actor, now=at, **text)

    return write


def test_an_entry_is_told_in_the_words_of_the_pages(console, write):
    Owner = ServerLoggingSettings.ActivityRecordOwner
    write(
        actor=Actor(name="Ada Admin", address="203.0.113.9"),
        changes=[
            {"field": "log_internal_calls", "before": False, "after": True},
            {"field": "activity_record_owner", "before": "user", "after": Owner.ADMIN},
            {"field": "apiPassword", "before": "replaced", "after": "replaced"},
            {"field": "crm_user", "before": None, "after": "Ben Baker"},
        ],
    )

    text = text_of(console.get(PATH))

    assert "Ada Admin changed the settings" in text
    assert "Log internal calls: no → yes" in text
    assert "Activity owner: The person on the call → One account for all" in text
    assert "API password: replaced → replaced" in text
    assert "CRM user: – → Ben Baker" in text
    assert "203.0.113.9" in text


@pytest.mark.parametrize(
    ("field", "after", "shown"),
    [
        ("identity_days", 30, "Caller details (days): – → 30"),
        ("calls", 3, "Calls: – → 3"),
        ("admin_extension_id", extension_id("101"), "Admin: – → Ada Admin (101)"),
    ],
)
def test_fields_have_their_labels_and_no_ids(console, write, field, after, shown):
    write(changes=[{"field": field, "before": None, "after": after}])

    assert shown in text_of(console.get(PATH))


def test_entry_about_a_call_leads_to_it(console, write, make_call):
    call = make_call()
    make_call()
    write(Action.NUMBER_SHOWN, subject=call.telephony_session_id)

    [address] = re.findall(r'href="(/calls/.id=.*?)"', console.get(PATH).text)
    page = console.get(address)

    assert re.findall(r'href="(/calls/[^/"?]*-.*?)"', page.text) == [
        call.get_absolute_url()
    ]


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ({}, ["ada", "eva"]),
        ({"actor": "AD"}, ["ada"]),
        ({"action": "LOGGING_PAUSED"}, ["eva"]),
        ({"since": "2026-03-08"}, ["eva"]),
        ({"until": "2026-03-07"}, ["ada"]),
        ({"since": "2026-03-07", "until": "2026-03-08"}, ["ada", "eva"]),
    ],
    ids=str,
)
@pytest.mark.parametrize("path", [PATH, EXPORT])
def test_the_filters(console, write, query, shown, path):
    """In Los Angeles 8 March 2026 has 23 hours, from 08:00 to 07:00 UTC."""
    at = audit_time("2026-03-08T07:59:59+00:00")
    write(actor=Actor(name="ada"), at=at)
    at = audit_time("2026-03-09T06:59:59+00:00")
    write(Action.LOGGING_PAUSED, actor=Actor(name="eva"), at=at)

    page = console.get(path, query)
    text = b"".join(page) if page.streaming else page.content

    table = text.partition(b"<tbody>")[2] or text
    assert [name for name in ("ada", "eva") if name.encode() in table] == shown


def audit_time(text: str):
    return datetime.fromisoformat(text)


@pytest.mark.parametrize(
    "query",
    [
        {"since": "soon"},
        {"since": "9999-12-31"},
        {"until": "0001-01-01"},
        {"action": "NONSENSE"},
        {"actor": "x" * 201},
    ],
    ids=str,
)
def test_a_filter_that_is_none_is_named(console, write, query):
    write()

    page = console.get(PATH, query)

    assert "Error:" in text_of(page)
    assert 'role="alert"' in page.content.decode()
    assert "changed the settings" in text_of(page)
    export = console.get(EXPORT, query, follow=True)
    assert "Error:" in text_of(export)
    assert export.request["PATH_INFO"] == PATH


@pytest.mark.parametrize("before", ["x", "-1", "9" * 30, "²"])
def test_a_place_in_the_list_that_is_none_is_the_beginning(console, write, before):
    write()

    assert "changed the settings" in text_of(console.get(PATH, {"before": before}))


def test_the_next_page_goes_on_where_this_one_ends(
    console, write, django_assert_max_num_queries
):
    for number in range(60):
        write(actor=Actor(name=f"<{number:02}>"))
    with django_assert_max_num_queries(12):
        first = console.get(PATH, {"actor": "<"})
    write(actor=Actor(name="<new>"))

    [more] = [
        part.partition('"')[0]
        for part in first.content.decode().split('href="?')
        if "before=" in part.partition('"')[0]
    ]
    second = console.get(PATH + "?" + more.replace("&amp;", "&"))

    names = [
        f"{number:02}"
        for page in (first, second)
        for number in range(60)
        if f"<{number:02}>" in text_with_brackets(page)
    ]
    assert sorted(names) == [f"{number:02}" for number in range(60)]
    assert "Older" not in text_of(second)


def text_with_brackets(page) -> str:
    return page.content.decode().replace("&lt;", "<").replace("&gt;", ">")


def test_no_cell_of_the_export_is_a_formula(console, write):
    write(actor=Actor(name='=HYPERLINK("http://evil.example")'), subject="-1+1")

    reply = console.get(EXPORT)

    text = b"".join(reply).decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert rows[0]["Person"] == '\'=HYPERLINK("http://evil.example")'
    assert rows[0]["Object"] == "'-1+1"
    assert reply["Content-Disposition"] == 'attachment; filename="audit-log.csv"'


def test_headings_of_the_export_are_translated(console, write):
    write()

    reply = console.get(EXPORT, headers={"Accept-Language": "de"})

    assert "IP-Adresse" in b"".join(reply).decode("utf-8-sig")


def test_anothers_entries_are_not_there(client, stranger, write):
    write()
    client.force_login(stranger.user)

    assert "No entries yet" in text_of(client.get(PATH))
    assert b"ada" not in b"".join(client.get(EXPORT))


def test_signing_in_and_out_is_kept(client, organization, member):
    client.post("/accounts/login/", {"username": "ada", "password": "a good password"})
    client.post("/accounts/logout/")

    out, came_in = organization.audit_entries.all()
    assert (came_in.action, came_in.actor) == (Action.SIGNED_IN, "ada")
    assert (out.action, out.address) == (Action.SIGNED_OUT, "127.0.0.1")


def test_a_failed_sign_in_is_kept_and_looks_like_any_other(
    client, organization, member
):
    pages = [
        text_of(client.post("/accounts/login/", {"username": n, "password": "wrong"}))
        for n in ("ada", "nobody")
    ]

    assert pages[0] == pages[1]
    entry = organization.audit_entries.get()
    assert (entry.action, entry.actor) == (Action.SIGN_IN_FAILED, "ada")
    assert "wrong" not in f"{entry.subject}{entry.changes}"


def test_a_denied_access_is_kept(console, organization, member):
    member.role = member.Role.VIEWER
    member.save()

    console.get(PATH)

    entry = organization.audit_entries.get()
    assert (entry.action, entry.subject) == (Action.ACCESS_DENIED, "GET /audit/")


def test_of_a_flood_only_the_first_are_kept(client, organization, member, now):
    for number in range(MAX_A_MINUTE + 5):
        client.post(
            "/accounts/login/",
            {"username": "ada", "password": "wrong"},
            headers={"X-Forwarded-For": f"203.0.113.{number}"},
        )

    assert organization.audit_entries.count() == MAX_A_MINUTE
    client.post(
        "/accounts/login/",
        {"username": "ada", "password": "a good password"},
        headers={"X-Forwarded-For": "203.0.113.77"},
    )
    assert organization.audit_entries.first().action == Action.SIGNED_IN
