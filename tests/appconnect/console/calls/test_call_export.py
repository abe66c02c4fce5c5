import csv
from datetime import timedelta

import pytest

from appconnect.console.calls import call_export
from appconnect.organizations.mapping.csv_file import restore
from appconnect.organizations.models import Member
from connector.types import Direction, Party

PATH = "/calls/export/"


def table(reply) -> list[dict[str, str]]:
    return list(csv.DictReader(reply.getvalue().decode("utf-8-sig").splitlines()))


def test_the_calls_that_match_are_exported_as_the_page_shows_them(console, make_call):
    make_call()
    call = make_call(direction=Direction.OUTBOUND)

    reply = console.get(PATH, {"direction": "Outbound"})

    assert "attachment" in reply.headers["Content-Disposition"]
    [row] = table(reply)
    assert row["Other party"] == "••• 0101"
    assert row["Person"] == "Ben Baker"
    assert row["Seconds"] == "42"
    assert row["Call ID"] == str(call.pk)
    assert row["Time"].endswith(("-08:00", "-07:00"))


def test_an_extension_is_named_as_on_the_page(console, make_call):
    make_call(outside=Party(phone_number="103"))

    [row] = table(console.get(PATH))

    assert row["Other party"] == "Ext. 103"


def test_times_are_those_of_the_page(console, member, make_call):
    own = member.organization.extensions.filter(extension_id=member.extension_id)
    own.update(time_zone="Asia/Kolkata")
    make_call()

    [row] = table(console.get(PATH))

    assert row["Time"].endswith("+05:30")


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1"])
def test_no_cell_is_a_formula(console, organization, make_call, name):
    organization.extensions.filter(extension_number="102").update(name=name)
    make_call()

    [row] = table(console.get(PATH))

    assert row["Person"].startswith("'")
    assert restore(row["Person"]) == name


def test_it_is_read_in_chunks_and_has_an_end(
    console, make_call, now, monkeypatch, django_assert_max_num_queries
):
    for n in range(10):
        make_call(started_at=now - timedelta(minutes=n // 3))
    monkeypatch.setattr(call_export, "CHUNK_SIZE", 3)
    monkeypatch.setattr(call_export, "MAX_ROWS", 9)

    with django_assert_max_num_queries(20):
        rows = table(console.get(PATH))

    assert len({row["Call ID"] for row in rows}) == 9
    assert [row["Time"] for row in rows] == sorted(
        (row["Time"] for row in rows), reverse=True
    )


def test_a_viewer_may_export(console, member, make_call):
    make_call()
    member.role = Member.Role.VIEWER
    member.save()

    assert len(table(console.get(PATH))) == 1


def test_a_stranger_gets_none_of_it(client, stranger, make_call):
    make_call()
    client.force_login(stranger.user)

    assert table(client.get(PATH)) == []


def test_a_wrong_filter_is_named_on_the_page(console):
    page = console.get(PATH, {"direction": "sideways"}, follow=True)

    assert "Select a valid choice" in page.content.decode()
