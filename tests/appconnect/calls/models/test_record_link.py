"""The link to a record in the CRM, as the manifest writes it."""

from dataclasses import replace

import pytest

from appconnect.calls.crm.update import read_crm_record
from appconnect.calls.models import CrmRecord
from connector.crms.sandbox import Sandbox
from connector.registry import get_platform
from connector.types import CallLogInfo, Contact


@pytest.fixture
def record(organization, logging_settings):
    return CrmRecord(
        organization=organization,
        platform="sandbox",
        crm_hostname="crm.example.com",
        record_id="note 7",
        contact_id="c1",
        contact_type="Lead",
    )


@pytest.fixture
def declare(monkeypatch):
    """A function: a link → the manifest has it."""

    def declare(link: str) -> None:
        platform = replace(get_platform("sandbox"), log_page_url=link)
        place = "appconnect.calls.models.crm_record.get_platform"
        monkeypatch.setattr(place, lambda platform_name: platform)

    return declare


@pytest.mark.parametrize(
    ("link", "url"),
    [
        (
            "https://{hostname}/{contactType}/{contactId}/{logId}",
            "https://crm.example.com/Lead/c1/note%207",
        ),
        (
            "https://{hostname}/{settings.activityType}/{logId}",
            "https://crm.example.com/follow%20up/note%207",
        ),
        ("https://{hostname}/{settings.apiPassword}", ""),
        ("https://{hostname}/{settings.nothing}", ""),
    ],
)
def test_link_has_ids_and_settings_but_no_secret(
    record, logging_settings, declare, link, url
):
    logging_settings.additional_field_values = {
        "activityType": "follow up",
        "apiPassword": "s3cret",
    }
    logging_settings.save()
    record.organization.configuration_changed()
    declare(link)

    assert record.crm_url == url


def test_record_of_a_former_crm_has_no_link_with_settings(record, declare):
    declare("https://{hostname}/{settings.activityType}/{logId}")
    record.crm_hostname = "old.example.com"

    assert record.crm_url == ""


class AtContact(Sandbox):
    def get_call_log(self, log_id: str, *, contact: Contact | None = None):
        return CallLogInfo(subject=contact.id, note="", full_body=contact.type)


def test_connector_that_takes_the_contact_reads_the_record_there(record):
    info = read_crm_record(record, AtContact.__new__(AtContact))

    assert (info.subject, info.full_body) == ("c1", "Lead")
