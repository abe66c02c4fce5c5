"""Which passwords are refused, and what the person is told to do."""

import pytest
from django.contrib.auth.models import User
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError

from appconnect.organizations.models import Member


@pytest.mark.parametrize(
    "password",
    ["1q2w3e4r5t6y", "Password123456", "qwertyuiop123", "correcthorsebatterystaple"],
)
def test_a_breached_password_is_refused_with_what_to_do(password):
    with pytest.raises(ValidationError) as refusal:
        validate_password(password)

    assert "on a list from data breaches" in refusal.value.messages[0]
    assert "four words that do not belong together" in refusal.value.messages[0]


@pytest.mark.parametrize(
    "password",
    ["RingCentral-2026!", "Bernadette1234", "Sandbox Ltd!!!!", "sandboxadmin26"],
)
def test_names_that_others_can_guess_count_for_nothing(organization, password):
    user = User.objects.create_user("ben", "bernadette@example.com")
    Member.objects.create(user=user, organization=organization)

    with pytest.raises(ValidationError, match="mostly a name that others can guess"):
        validate_password(password, user)


@pytest.mark.parametrize(
    "password",
    [
        *("violet tractor hums twice", "zebra kiosk lantern", "çà et là, un hérisson"),
        *("!#%&/()=?+-_.:,;", "ringcentral lantern zebra kiosk", "x" * 24 + "gq7"),
    ],
)
def test_a_long_password_is_accepted_whatever_its_characters(password, member):
    validate_password(password, member.user)


def test_a_short_one_is_refused_without_a_warning_of_the_list():
    with pytest.raises(ValidationError, match="at least 12 characters"):
        validate_password("short")
