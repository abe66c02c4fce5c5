"""Each person's time zone, read one by one: RingCentral's list of extensions has none."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.db.models import F, Q, QuerySet

from appconnect.organizations.connections.ringcentral_connection import open_ringcentral
from appconnect.organizations.models import Extension, Organization
from appconnect.ringcentral.errors import Refused
from appconnect.ringcentral.extensions import PEOPLE, get_extension

AT_ONCE = 20
"""Asked for once a minute, this leaves most of the 50 light requests to others."""
KEPT_FOR = timedelta(days=30)


def zone_of(organization: Organization, extension_id: str) -> ZoneInfo:
    """Return the time zone of an extension, as long as it is unknown the organization's."""
    known = organization.extensions.filter(extension_id=extension_id)
    name = known.values_list("time_zone", flat=True).first()
    return ZoneInfo(name or organization.time_zone)


def without_time_zone(
    organization: Organization, *, now: datetime
) -> QuerySet[Extension]:
    """Return the people whose time zone was not read lately, the longest unread first."""
    is_old = Q(time_zone_read_at=None) | Q(time_zone_read_at__lt=now - KEPT_FOR)
    people = organization.extensions.filter(is_old, type__in=PEOPLE, is_enabled=True)
    return people.order_by(F("time_zone_read_at").asc(nulls_first=True), "pk")


def read_time_zones(organization: Organization, *, now: datetime) -> None:
    """Ask RingCentral for the next few. Raises a `RingCentralError`."""
    with open_ringcentral(organization, now=now) as client:
        for extension in without_time_zone(organization, now=now)[:AT_ONCE]:
            try:
                found = get_extension(client, extension.extension_id).time_zone
            except Refused as error:
                if error.lacks_permission:
                    raise
                found = ""  # the extension is gone
            extension.take_time_zone(found, now=now)
