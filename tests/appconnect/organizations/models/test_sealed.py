import re

import pytest
from django.core import serializers

from appconnect.organizations.models import CrmSession, Organization
from appconnect.organizations.models.sealed import (
    Sealed,
    UnreadableSecret,
    decrypt,
    seal,
)
from tests.support.helpers import forget_data_keys

CANARY = "CANARY-9f31"


@pytest.fixture
def session(organization) -> CrmSession:
    return CrmSession.objects.create(
        organization=organization,
        platform="sandbox",
        crm_user_id="u1",
        access_token=CANARY,
    )


def stored(session: CrmSession) -> str:
    """Return the access token as the database has it."""
    return CrmSession.objects.filter(pk=session.pk).values_list(
        "access_token", flat=True
    )[0]


def test_sealed_value_is_unsealed(session):
    assert CrmSession.objects.get(pk=session.pk).access_token == CANARY


def test_the_database_holds_only_the_ciphertext(session):
    assert CANARY not in stored(session)
    assert stored(session).startswith("v2.")


def test_a_data_key_is_stored_under_the_first_of_the_encryption_keys(session):
    organizations = Organization.objects.filter(pk=session.organization_id)

    assert organizations.values_list("data_key")[0][0].startswith("v1.k1.")


def test_each_organization_has_a_data_key_of_its_own(session, stranger):
    assert session.organization.data_key != stranger.organization.data_key
    assert len(bytes.fromhex(session.organization.data_key)) == 32


def test_value_under_a_data_key_is_unreadable_without_one():
    sealed = seal("secret", context="c", data_key=bytes(32))

    with pytest.raises(UnreadableSecret):
        decrypt(sealed, context="c")


def test_sealing_a_value_twice_differs():
    assert seal("x", context="c") != seal("x", context="c")


def test_dump_holds_only_ciphertext(session):
    assert CANARY not in serializers.serialize("json", [session])


def test_a_deferred_secret_is_loaded_when_it_is_read(session):
    deferred = CrmSession.objects.defer("access_token").get(pk=session.pk)

    assert deferred.access_token == CANARY


def test_a_secret_moved_to_another_organization_is_unreadable(session):
    other = Organization.objects.create(name="O", rc_account_id="2", region="US")
    CrmSession.objects.filter(pk=session.pk).update(organization=other)

    with pytest.raises(UnreadableSecret):
        _ = CrmSession.objects.get(pk=session.pk).access_token


def test_an_altered_secret_is_unreadable():
    sealed = seal("secret", context="c")
    altered = Sealed(sealed[:-2] + ("A" if sealed[-2] != "A" else "B") + sealed[-1])

    with pytest.raises(UnreadableSecret):
        decrypt(altered, context="c")


def test_a_missing_key_is_named(session, settings):
    settings.ENCRYPTION_KEYS = {"k2": "cd" * 32}
    forget_data_keys()

    with pytest.raises(UnreadableSecret, match="k1"):
        _ = CrmSession.objects.get(pk=session.pk).access_token


def test_a_new_first_key_leaves_the_old_secrets_readable(session, settings):
    settings.ENCRYPTION_KEYS = {"k2": "cd" * 32, **settings.ENCRYPTION_KEYS}
    forget_data_keys()

    assert CrmSession.objects.get(pk=session.pk).access_token == CANARY
    new = Organization.objects.create(name="N", rc_account_id="3", region="US")
    keys = Organization.objects.filter(pk=new.pk).values_list("data_key")
    assert keys[0][0].startswith("v1.k2.")


def test_plain_text_is_never_written_or_compared_in_bulk(session):
    with pytest.raises(UnreadableSecret):
        CrmSession.objects.update(access_token="plain")
    with pytest.raises(UnreadableSecret):
        CrmSession.objects.filter(access_token="plain").exists()


def test_each_organization_hashes_numbers_with_its_own_key(organization, stranger):
    number = "+14155550101"

    assert organization.number_hash(number) == organization.number_hash(number)
    assert organization.number_hash(number) != stranger.organization.number_hash(number)


def test_marker_of_a_call_is_stable_and_opaque(organization):
    marker = organization.marker("s-1", "102")

    assert marker == Organization.objects.get(pk=organization.pk).marker("s-1", "102")
    assert marker != organization.marker("s-1", "103")
    assert re.fullmatch(r"rc:[a-z2-7]{20}", marker)
