"""Each person's time zone, read one by one: RingCentral's list of extensions has none."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.db.models import F, Q, QuerySet

from appconnect.organizations.connections.configuration import mapping_of
from appconnect.organizations.connections.ringcentral_connection import open_ringcentral
from appconnect.organizations.models import Extension, Organization
from appconnect.ringcentral.errors import Refused
from appconnect.ringcentral.extensions import PEOPLE, get_extension

BATCH_SIZE = 20
"""One batch a minute leaves most of RingCentral's 50 light requests to others."""
REFRESH_INTERVAL = timedelta(days=30)


def zone_of(organization: Organization, extension_id: str) -> ZoneInfo:
    """Return the time zone of an extension; the organization's while it is unknown."""
    if not extension_id:
        return ZoneInfo(organization.time_zone)
    if mapping := mapping_of(organization, extension_id):
        name = mapping.extension.time_zone
    else:
        extensions = organization.extensions.filter(extension_id=extension_id)
        name = extensions.values_list("time_zone", flat=True).first()
    return ZoneInfo(name or organization.time_zone)


def without_time_zone(
    organization: Organization, *, now: datetime
) -> QuerySet[Extension]:
    """Return the people whose time zone is due to be read, the longest unread first."""
    people = people_without_time_zone(now).filter(organization=organization)
    return people.order_by(F("time_zone_read_at").asc(nulls_first=True), "pk")


def people_without_time_zone(now: datetime) -> QuerySet[Extension]:
    """Return the people of all organizations whose time zone is due to be read."""
    is_old = Q(time_zone_read_at=None) | Q(time_zone_read_at__lt=now - REFRESH_INTERVAL)
    return Extension.objects.filter(is_old, type__in=PEOPLE, is_enabled=True)


def read_time_zones(organization: Organization, *, now: datetime) -> None:
    """Read the next batch from RingCentral. Raises a `RingCentralError`."""
    with open_ringcentral(organization, now=now) as client:
        for extension in without_time_zone(organization, now=now)[:BATCH_SIZE]:
            try:
                found = get_extension(client, extension.extension_id).time_zone
            except Refused as error:
                if error.lacks_permission:
                    raise
                found = ""  # the extension is gone
            extension.take_time_zone(found, now=now)
