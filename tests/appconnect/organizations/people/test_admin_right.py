"""Whether a person is still an admin, as several web processes know it."""

from datetime import timedelta

import pytest
from django.core.cache import cache
from django.db import OperationalError

from appconnect.organizations.models import Member, RingCentralConnection
from appconnect.organizations.people import admin_right
from appconnect.organizations.people.admin_right import (
    NotAdmin,
    check_extension_right,
    check_right_to_read,
)
from appconnect.ringcentral.errors import Refused, SignInRefused, Unavailable

MINUTE = timedelta(minutes=1)
OUTAGE = Unavailable("RingCentral does not answer.")
CONNECTION_LOST = SignInRefused("RingCentral refused to sign in.")
CANNOT_WRITE = OperationalError("attempt to write a readonly database")
RIGHTS_MISSING = Refused("No permission.", status=403, code="CMN-408")


@pytest.fixture
def ringcentral(monkeypatch):
    """RingCentral's answers by extension: True, False, or an error; and what was asked."""

    class RingCentral(dict):
        asked = 0

    answers = RingCentral()

    def is_account_admin(organization, extension_id, *, now):
        answers.asked += 1
        if isinstance(answers[extension_id], Exception):
            raise answers[extension_id]
        return answers[extension_id]

    monkeypatch.setattr(admin_right, "is_account_admin", is_account_admin)
    cache.clear()
    return answers


def check(organization, now, *, proved_at=None):
    check_extension_right(organization, "7", confirmed_at=proved_at, now=now)


def in_another_process(check, *arguments, **options):
    """Call it with nothing in the process's memory, which stays as it was."""
    before = cache._cache.copy(), cache._expire_info.copy()
    cache.clear()
    try:
        check(*arguments, **options)
    finally:
        cache.clear()
        cache._cache.update(before[0])
        cache._expire_info.update(before[1])


def test_denial_is_known_to_every_process_within_a_minute(
    organization, ringcentral, now
):
    ringcentral["7"] = True
    check(organization, now)
    ringcentral["7"] = False
    with pytest.raises(NotAdmin):
        in_another_process(check, organization, now + MINUTE)

    ringcentral["7"] = Unavailable("RingCentral does not answer.")
    with pytest.raises(NotAdmin):
        check(organization, now + MINUTE, proved_at=now)


def test_confirmation_of_one_process_saves_the_others_the_request(
    organization, ringcentral, now
):
    ringcentral["7"] = True
    check(organization, now)

    in_another_process(check, organization, now + MINUTE / 2)

    assert ringcentral.asked == 1


def test_within_a_minute_nothing_is_read(
    organization, ringcentral, now, django_assert_num_queries
):
    ringcentral["7"] = True
    check(organization, now)

    with django_assert_num_queries(0):
        check(organization, now + MINUTE / 2)


def test_later_proof_counts_more_than_an_earlier_denial(organization, ringcentral, now):
    ringcentral["7"] = False
    with pytest.raises(NotAdmin):
        check(organization, now)

    ringcentral["7"] = Unavailable("RingCentral does not answer.")
    check(organization, now + 5 * MINUTE, proved_at=now + MINUTE)


def test_outage_is_no_denial_that_outlives_a_proof(organization, ringcentral, now):
    ringcentral["7"] = OUTAGE
    with pytest.raises(NotAdmin):
        check(organization, now, proved_at=now - 61 * MINUTE)

    # Of what RingCentral said up to a minute ago.
    check(organization, now + MINUTE / 2, proved_at=now - MINUTE / 2)


def test_last_confirmation_counts_for_an_hour_of_an_outage(
    organization, ringcentral, now
):
    ringcentral["7"] = True
    check(organization, now)
    ringcentral["7"] = Unavailable("RingCentral does not answer.")

    in_another_process(check, organization, now + 59 * MINUTE)
    with pytest.raises(NotAdmin):
        in_another_process(check, organization, now + 61 * MINUTE)


@pytest.mark.parametrize(
    ("answer", "age", "reads"),
    [
        (OUTAGE, timedelta(days=2), True),
        (OUTAGE, timedelta(days=4), False),
        (CANNOT_WRITE, timedelta(days=2), True),
        (CANNOT_WRITE, timedelta(days=4), False),
        (CONNECTION_LOST, 59 * MINUTE, True),
        (CONNECTION_LOST, 61 * MINUTE, False),
        (RIGHTS_MISSING, 59 * MINUTE, True),
        (RIGHTS_MISSING, 61 * MINUTE, False),
    ],
)
def test_last_confirmation_counts_for_readers_longer_in_an_outage_only(
    member, ringcentral, now, answer, age, reads
):
    ringcentral[member.extension_id] = answer
    member.right_confirmed_at = now - age

    if reads:
        check_right_to_read(member, now=now)
    else:
        with pytest.raises(NotAdmin):
            check_right_to_read(member, now=now)


def test_refusal_to_see_a_person_does_not_lose_the_connection(
    connected, member, sandbox, now
):
    path = f"/restapi/v1.0/account/~/extension/{member.extension_id}"
    sandbox.switch(replies=[{"path": path, "status": 403, "code": "CMN-408"}])
    member.right_confirmed_at = None

    with pytest.raises(NotAdmin, match="CMN-408"):
        check_right_to_read(member, now=now)

    connection = RingCentralConnection.objects.get(organization=connected)
    assert connection.is_connected


def test_denial_counts_although_it_cannot_be_stored(
    member, ringcentral, now, monkeypatch
):
    def fail(*args, **options):
        raise CANNOT_WRITE

    monkeypatch.setattr(Member, "save", fail)
    ringcentral[member.extension_id] = False
    member.right_confirmed_at = now - 5 * MINUTE

    for _ in range(2):
        with pytest.raises(NotAdmin, match="no longer a RingCentral admin"):
            check_right_to_read(member, now=now)
