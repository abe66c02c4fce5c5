"""Each person's time zone: read from RingCentral a few at a time, used in their records."""

from datetime import timedelta

import pytest
from django.utils import timezone

from appconnect.organizations.connections import time_zones
from appconnect.organizations.connections.time_zones import read_time_zones, zone_of
from appconnect.sandbox.ringcentral import seed
from appconnect.worker import sweep
from appconnect.worker.due import find_due

NEW_YORK, LOS_ANGELES = "America/New_York", "America/Los_Angeles"
SAM = seed.extension_id("107")


def zones_of(organization) -> dict[str, str]:
    rows = organization.extensions.exclude(time_zone="")
    return dict(rows.values_list("extension_number", "time_zone"))


def test_each_person_has_the_time_zone_of_ringcentral(connected, now):
    read_time_zones(connected, now=now)

    assert zones_of(connected) == {
        **{str(number): LOS_ANGELES for number in range(101, 109)},
        "107": NEW_YORK,
    }
    assert str(zone_of(connected, SAM)) == NEW_YORK


def test_time_zones_are_read_in_batches_and_again_after_a_month(
    connected, now, monkeypatch
):
    monkeypatch.setattr(time_zones, "BATCH_SIZE", 5)
    month = timedelta(days=31)

    counts = []
    for at in (now, now + timedelta(minutes=1), now + timedelta(minutes=2)):
        read_time_zones(connected, now=at)
        counts.append(len(zones_of(connected)))
    connected.extensions.update(time_zone=LOS_ANGELES)
    read_time_zones(connected, now=now + timedelta(days=1))
    unchanged = zones_of(connected)["107"]
    for _ in range(2):
        read_time_zones(connected, now=now + month)

    assert counts == [5, 8, 8]
    assert unchanged == LOS_ANGELES
    assert zones_of(connected)["107"] == NEW_YORK


def test_deleted_extension_does_not_stop_reading_the_others(connected, now):
    connected.extensions.filter(extension_number="101").update(extension_id="1")

    read_time_zones(connected, now=now)

    assert zones_of(connected).keys() == {str(number) for number in range(102, 109)}
    assert not time_zones.without_time_zone(connected, now=now).exists()


@pytest.mark.parametrize("is_known", [True, False])
def test_record_shows_the_time_in_the_zone_of_its_agent(
    connected, sandbox, make_call, log, now, is_known
):
    if is_known:
        read_time_zones(connected, now=now)
    connected.server_logging_settings.update(unmapped_owner="admin")
    call = make_call(extension="107")

    log(call, at=now)

    [record] = sandbox.call_logs()
    zone = zone_of(connected, SAM if is_known else "")
    local_time = call.started_at.astimezone(zone).strftime("%Y-%m-%d %I:%M:%S %p %Z")
    assert f"Date/Time: {local_time}" in record["note"]
    assert local_time.split()[-1] in (("EST", "EDT") if is_known else ("PST", "PDT"))


def test_worker_reads_time_zones_a_minute_after_the_start(connected):
    key = str(connected.pk)
    assert "read_time_zones" in find_due(timezone.now())[key]
    sweep.look_after.call_local([(key, ["read_time_zones"])])

    assert zones_of(connected)["107"] == NEW_YORK
