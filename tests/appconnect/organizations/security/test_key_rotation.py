"""A new key, and what becomes of what is stored under the old one."""

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
from appconnect.organizations.models.sealed import seal
from appconnect.organizations.security.key_rotation import (
    count_by_key,
    find_missing_keys,
    rotate_value,
    sealed_fields,
)
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


def test_every_sealed_field_comes_under_the_new_key_and_the_old_one_can_go(
    session, logging_settings, make_call, settings, now
):
    call = make_call()
    details = call.details
    context = f"calls.callsession.details:{call.organization_id}:{call.pk}"
    as_before = seal(details, context=context)  # by a release without data keys
    CallSession.objects.filter(pk=call.pk).update(details=as_before)
    old = dict(settings.ENCRYPTION_KEYS)
    kept = count_by_key()["k1"]
    settings.ENCRYPTION_KEYS = NEW | old

    said = rotate()

    assert "k1: 0 values" in said
    assert f"k2: {kept - 1} values" in said
    assert "other keys can go" in said
    settings.ENCRYPTION_KEYS = NEW
    forget_data_keys()
    assert CrmSession.objects.get(pk=session.pk).access_token == "a token"
    again = ServerLoggingSettings.objects.get(pk=logging_settings.pk)
    assert again.additional_field_values["apiPassword"] == "sandbox"
    assert CallSession.objects.get(pk=call.pk).details == details


def test_what_such_a_release_has_made_gets_a_data_key(organization):
    Organization.objects.filter(pk=organization.pk).update(data_key=None)
    forget_data_keys()
    session = CrmSession.objects.create(
        organization=organization, platform="sandbox", access_token="a token"
    )

    rotate()

    stored = CrmSession.objects.filter(pk=session.pk).values_list("access_token")
    assert stored[0][0].startswith("v2.")
    assert CrmSession.objects.get(pk=session.pk).access_token == "a token"


def test_an_organization_as_it_was_read_before_takes_no_data_key_away(organization):
    Organization.objects.filter(pk=organization.pk).update(data_key=None)
    forget_data_keys()
    as_read = Organization.objects.get(pk=organization.pk)
    rotate()
    session = CrmSession.objects.create(
        organization=organization, platform="sandbox", access_token="a token"
    )

    as_read.name = "Another name"
    as_read.save()

    forget_data_keys()
    assert CrmSession.objects.get(pk=session.pk).access_token == "a token"
    assert Organization.objects.get(pk=organization.pk).name == "Another name"


def test_the_walk_finds_the_secrets_of_every_app():
    names = {f"{model._meta.label}.{field.name}" for model, field in sealed_fields()}

    assert {
        "organizations.Organization.index_key",
        "organizations.RingCentralConnection.refresh_token",
        "organizations.ServerLoggingSettings.additional_field_values",
        "calls.CallSession.details",
        "monitoring.AlertChannel.signing_secrets",
    } <= names


def test_a_value_saved_meanwhile_is_not_overwritten_with_the_old_one(session, settings):
    settings.ENCRYPTION_KEYS = NEW | settings.ENCRYPTION_KEYS
    as_read = CrmSession.objects.get(pk=session.pk)
    session.access_token = "a newer token"
    session.save()

    assert rotate_value(as_read, CrmSession._meta.get_field("access_token")) == 0
    assert CrmSession.objects.get(pk=session.pk).access_token == "a newer token"


def test_what_cannot_be_read_is_counted_and_fails_the_command(
    organization, stranger, settings
):
    theirs = Organization.objects.filter(pk=stranger.organization_id)
    moved = Organization.objects.filter(pk=organization.pk)
    moved.update(index_key=theirs.values_list("index_key")[0][0])
    settings.ENCRYPTION_KEYS = NEW | settings.ENCRYPTION_KEYS

    with pytest.raises(CommandError, match="1 values are not under k2"):
        rotate()


def test_nothing_starts_without_a_key_that_is_needed(session, settings):
    settings.ENCRYPTION_KEYS = NEW

    with pytest.raises(SystemCheckError) as refused:
        call_command("migrate", verbosity=0, skip_checks=False)

    assert "ENCRYPTION_KEYS has no key 'k1', and stored values need it." in str(
        refused.value
    )
    assert "k1=<its 64 digits>" in str(refused.value)


def test_the_look_at_the_keys_costs_a_query_for_each_field(
    session, make_call, django_assert_num_queries
):
    for _ in range(3):
        make_call()

    with django_assert_num_queries(len(list(sealed_fields()))):
        assert find_missing_keys(sample_size=2) == set()


def test_a_page_whose_secrets_were_moved_says_what_to_do(
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
    assert "A stored secret cannot be read" in text_of(page)
    assert "Nothing was changed." in text_of(page)
    assert b"CANARY" not in page.content
