import pytest

from appconnect.calls.decision.owner import resolve_owner
from appconnect.calls.models.choices import AttentionReason, NeedsAttention
from appconnect.organizations.models import CrmSession, ServerLoggingSettings
from appconnect.sandbox.ringcentral import seed
from tests.support.organization import map_by_hand

Owner = ServerLoggingSettings.ActivityRecordOwner
Unmapped = ServerLoggingSettings.UnmappedOwner


@pytest.fixture
def resolve(organization, logging_settings):
    """Give a function: the settings, and an extension → the owner's CRM id."""

    def resolve(number: str, **settings: str) -> str | None:
        for name, value in settings.items():
            setattr(logging_settings, name, value)
        owner, why = resolve_owner(
            organization, logging_settings, extension_id=seed.extension_id(number)
        )
        assert str(why).endswith(".")
        return owner.crm_user_id if owner else None

    return resolve


def test_mapped_agent_owns_the_record(resolve):
    assert resolve("102") == "u2"


def test_admin_owns_the_record_if_the_settings_say_so(resolve):
    assert resolve("102", activity_record_owner=Owner.ADMIN) == "u1"


def test_unmapped_admin_is_found_by_their_crm_session(organization, resolve):
    map_by_hand(organization.user_mappings.get(extension__extension_number="101"), None)
    CrmSession.objects.create(
        organization=organization,
        platform="sandbox",
        crm_user_id="u8",
        extension_id=seed.extension_id("101"),
    )

    assert resolve("102", activity_record_owner=Owner.ADMIN) == "u8"


@pytest.mark.parametrize("number", ["107", "108", "200", "999"])
def test_unmapped_extension_needs_attention(resolve, number):
    with pytest.raises(NeedsAttention) as caught:
        resolve(number)

    assert caught.value.reason is AttentionReason.UNMAPPED_EXTENSION


def test_unmapped_extension_is_left_to_the_admin_only_by_choice(resolve):
    assert resolve("108", unmapped_owner=Unmapped.ADMIN) == "u1"


def test_unmapped_extension_is_left_to_the_fallback_user(organization, resolve):
    named = {"unmapped_owner": Unmapped.FALLBACK, "fallback_owner": "u7"}
    assert resolve("108", **named) == "u7"
    assert resolve("102", **named) == "u2", "who is mapped owns their own"

    organization.crm_users.filter(crm_user_id="u7").update(is_active=False)
    with pytest.raises(NeedsAttention) as caught:
        resolve("108", **named)
    assert caught.value.reason is AttentionReason.INACTIVE_CRM_USER

    organization.crm_users.filter(crm_user_id="u7").delete()
    with pytest.raises(NeedsAttention, match="isn't in the CRM"):
        resolve("108", **named)


def test_inactive_user_owns_nothing_and_the_admin_does_not_step_in(
    organization, resolve
):
    organization.crm_users.filter(crm_user_id="u2").update(is_active=False)

    with pytest.raises(NeedsAttention) as caught:
        resolve("102", unmapped_owner=Unmapped.ADMIN)

    assert caught.value.reason is AttentionReason.INACTIVE_CRM_USER


def test_missing_admin_user_needs_attention(organization, resolve):
    organization.user_mappings.all().delete()

    with pytest.raises(NeedsAttention, match="admin's own extension"):
        resolve("102", activity_record_owner=Owner.ADMIN)


def test_without_user_mapping_the_record_belongs_to_the_logging_account(
    organization, resolve
):
    organization.platform = "sandboxWithoutMapping"

    assert resolve("102") is None
