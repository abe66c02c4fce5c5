"""Rotating `ENCRYPTION_KEYS`."""

from io import StringIO

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError, SystemCheckError

from appconnect.calls.models import CallSession
from appconnect.organizations.models import (
    CrmSession,
    Organization,
    ServerLoggingSettings,
)
from appconnect.organizations.security.key_rotation import count_by_key
from tests.support.helpers import forget_data_keys, text_of

NEW = {"k2": "cd" * 32}


@pytest.fixture
def session(organization) -> CrmSession:
    return CrmSession.objects.create(
        organization=organization,
        platform="sandbox",
        crm_user_id="u1",
        access_token="a token",
    )


def rotate() -> str:
    output = StringIO()
    call_command("rotate_keys", stdout=output)
    return output.getvalue()


def test_keys_are_sealed_under_the_new_key_and_the_old_one_can_go(
    session, logging_settings, make_call, settings
):
    call = make_call()
    details = call.details
    old = dict(settings.ENCRYPTION_KEYS)
    count = count_by_key()["k1"]
    settings.ENCRYPTION_KEYS = NEW | old

    output = rotate()

    assert "k1: 0 values" in output
    assert f"k2: {count} values" in output
    assert "You can remove the other keys" in output
    settings.ENCRYPTION_KEYS = NEW
    forget_data_keys()
    assert CrmSession.objects.get(pk=session.pk).access_token == "a token"
    again = ServerLoggingSettings.objects.get(pk=logging_settings.pk)
    assert again.additional_field_values["apiPassword"] == "sandbox"
    assert CallSession.objects.get(pk=call.pk).details == details


def test_saving_an_organization_read_before_the_rotation_keeps_the_rotated_keys(
    session, settings
):
    stale = Organization.objects.get(pk=session.organization_id)
    settings.ENCRYPTION_KEYS = NEW | settings.ENCRYPTION_KEYS
    rotate()

    stale.name = "Another name"
    stale.save()

    assert count_by_key().keys() == {"k2"}
    assert Organization.objects.get(pk=stale.pk).name == "Another name"


def test_unreadable_keys_are_counted_and_fail_the_command(
    organization, stranger, settings
):
    theirs = Organization.objects.filter(pk=stranger.organization_id)
    moved = Organization.objects.filter(pk=organization.pk)
    moved.update(index_key=theirs.values_list("index_key")[0][0])
    settings.ENCRYPTION_KEYS = NEW | settings.ENCRYPTION_KEYS

    with pytest.raises(CommandError, match="1 values are not encrypted with k2"):
        rotate()


def test_migrate_is_refused_without_a_key_that_stored_values_need(session, settings):
    settings.ENCRYPTION_KEYS = NEW

    with pytest.raises(SystemCheckError) as refused:
        call_command("migrate", verbosity=0, skip_checks=False)

    assert "ENCRYPTION_KEYS has no key 'k1', and stored values need it." in str(
        refused.value
    )
    assert "k1=<its 64 digits>" in str(refused.value)


def test_page_with_secrets_of_another_organization_says_how_to_go_on(
    console, logging_settings, stranger
):
    moved = ServerLoggingSettings.objects.filter(pk=logging_settings.pk)
    theirs = ServerLoggingSettings.objects.create(
        organization=stranger.organization,
        platform="sandbox",
        additional_field_values={"apiUsername": "them", "apiPassword": "CANARY"},
        admin_extension_id="1",
    )
    stolen = ServerLoggingSettings.objects.filter(pk=theirs.pk).values_list(
        "additional_field_values", flat=True
    )[0]
    moved.update(additional_field_values=stolen)

    console.raise_request_exception = False
    page = console.get("/settings/")

    assert page.status_code == 500
    assert "A stored secret can't be decrypted" in text_of(page)
    assert "Nothing changed." in text_of(page)
    assert b"CANARY" not in page.content
