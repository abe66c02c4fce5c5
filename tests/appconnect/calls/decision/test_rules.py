import pytest

from appconnect.calls.decision import rules
from appconnect.calls.models.choices import Skip, SkipReason
from appconnect.organizations.connections.connectors import get_settings
from appconnect.organizations.logging_settings.do_not_log import set_do_not_log_numbers
from appconnect.organizations.models import ServerLoggingSettings
from appconnect.ringcentral.call_record import SUPERVISOR_CALL, TRANSFERRED_CALL
from connector.types import Direction, Party

Level = ServerLoggingSettings.LoggingLevel
COLLEAGUE = Party(extension_id="800100103", extension_number="103")


def reason_for(call) -> SkipReason | None:
    try:
        rules.check(call, get_settings(call.organization))
    except Skip as skip:
        return skip.reason
    return None


@pytest.fixture(autouse=True)
def _enabled(logging_settings):
    """Logging is on for the account."""


def test_ordinary_call_is_logged(make_call):
    assert reason_for(make_call()) is None


@pytest.mark.parametrize(
    ("call", "reason"),
    [
        ({"type": "Fax"}, SkipReason.FAX),
        ({"type": SUPERVISOR_CALL}, SkipReason.SUPERVISION),
        ({"type": TRANSFERRED_CALL}, SkipReason.TRANSFERRED),
        ({"outside": COLLEAGUE}, SkipReason.INTERNAL_CALL),
        (
            {"outside": COLLEAGUE, "direction": Direction.OUTBOUND},
            SkipReason.INTERNAL_CALL,
        ),
        ({"extension": ""}, SkipReason.NO_EXTENSION),
        ({"outside": Party()}, SkipReason.WITHHELD_NUMBER),
        ({"outside": Party(phone_number="anonymous")}, SkipReason.WITHHELD_NUMBER),
        ({"outside": Party(phone_number="+1855201XXXX")}, SkipReason.WITHHELD_NUMBER),
        ({"outside": Party(phone_number="911")}, SkipReason.WITHHELD_NUMBER),
    ],
)
def test_call_that_a_rule_excludes_is_skipped_with_its_reason(make_call, call, reason):
    assert reason_for(make_call(**call)) is reason


def test_nothing_is_logged_while_logging_is_off(organization, make_call):
    organization.server_logging_settings.update(logging_level=Level.DISABLE)

    assert reason_for(make_call()) is SkipReason.LOGGING_DISABLED


def test_excluded_extension_is_not_logged(organization, make_call):
    organization.extensions.filter(extension_number="102").update(is_logged=False)

    assert reason_for(make_call(extension="102")) is SkipReason.OUT_OF_SCOPE
    assert reason_for(make_call(extension="103")) is None


@pytest.mark.parametrize(
    ("extension", "reason"), [("101", None), ("102", SkipReason.OUT_OF_SCOPE)]
)
def test_trial_mode_logs_only_the_admin(organization, make_call, extension, reason):
    organization.server_logging_settings.update(logging_level=Level.USER)

    assert reason_for(make_call(extension=extension)) is reason


@pytest.mark.parametrize("entry", ["+14155550101", "102"])
@pytest.mark.parametrize("direction", Direction)
def test_listed_number_or_extension_is_not_logged(
    organization, make_call, entry, direction
):
    set_do_not_log_numbers(organization, [entry])

    assert reason_for(make_call(direction=direction)) is SkipReason.DO_NOT_LOG


def test_internal_calls_are_logged_when_switched_on(organization, make_call):
    organization.server_logging_settings.update(log_internal_calls=True)

    assert reason_for(make_call(outside=COLLEAGUE)) is None


@pytest.mark.parametrize(
    ("extension", "reason"), [("103", None), ("102", SkipReason.OUT_OF_SCOPE)]
)
def test_only_selected_extensions_are_logged(
    organization, make_call, extension, reason
):
    organization.server_logging_settings.update(logged_extensions=["800100103"])

    assert reason_for(make_call(extension=extension)) is reason
