"""What each error becomes, whoever meets it."""

import inspect
from datetime import UTC, datetime

import pytest
from django.core.cache import cache

from appconnect.calls.actions.dry_run import DryRunOutcome, try_call
from appconnect.calls.decision.outcome import Outcome, Retry, outcome_of
from appconnect.calls.models import CallSession
from appconnect.calls.models.choices import (
    AttentionReason,
    CallStatus,
    Message,
    NeedsAttention,
    NotYet,
    Sentence,
    Skip,
    SkipReason,
)
from appconnect.organizations.connections.connectors import NoCredentials
from appconnect.ringcentral import errors as ringcentral
from connector import errors
from connector.crms.sandbox import Sandbox

AT = datetime(2026, 1, 1, tzinfo=UTC)
TO_LOG, TO_FIND = CallStatus.WAITING_TO_LOG, CallStatus.WAITING_FOR_RECORD
REFUSED = Outcome(
    state=CallStatus.NEEDS_ATTENTION, reason=AttentionReason.REFUSED_BY_CRM
)
REJECTED = Outcome(
    state=TO_LOG,
    reason=AttentionReason.CREDENTIALS_REJECTED,
    retry=Retry.NEW_CREDENTIALS,
)
SIGN_IN = Outcome(state=TO_FIND, retry=Retry.NEW_CREDENTIALS)
WAITS = Outcome(state=TO_FIND, retry=Retry.BACKOFF, retry_after=7)

OUTCOMES = {
    errors.ConnectorError("no"): REFUSED,
    errors.PermanentError("no"): REFUSED,
    errors.NotSupported("no"): REFUSED,
    errors.InvalidSettings("no", const="x"): REFUSED,
    errors.CredentialsRejected("no"): REJECTED,
    errors.SignInEnded("no"): REJECTED,
    errors.TemporaryError("no", retry_after=7): Outcome(
        state=TO_LOG, retry=Retry.BACKOFF, retry_after=7
    ),
    errors.RateLimited("no", retry_after=7): Outcome(
        state=TO_LOG, retry=Retry.RATE_LIMIT, retry_after=7
    ),
    errors.UnknownOutcome("no"): Outcome(state=TO_LOG, retry=Retry.SEARCH),
    errors.AlreadyExists("no"): Outcome(state=TO_LOG, retry=Retry.SEARCH),
}
RINGCENTRAL_OUTCOMES = {
    ringcentral.RingCentralError("no"): SIGN_IN,
    ringcentral.TokenRejected("no"): SIGN_IN,
    ringcentral.SignInRefused("no"): SIGN_IN,
    ringcentral.Refused("no", status=403, code="CMN-401"): SIGN_IN,
    ringcentral.Refused("no", status=404, code="CMN-102"): Outcome(
        state=TO_FIND, retry=Retry.SEARCH
    ),
    ringcentral.Unavailable("no", retry_after=7): WAITS,
    ringcentral.RateLimited("no", retry_after=7): WAITS,
    ringcentral.TokenExpired("no", retry_after=7): WAITS,
}
OWN_OUTCOMES = {
    Skip(SkipReason.FAX): Outcome(state=CallStatus.SKIPPED, reason=SkipReason.FAX),
    NeedsAttention(AttentionReason.UNDECIDED): Outcome(
        state=CallStatus.NEEDS_ATTENTION, reason=AttentionReason.UNDECIDED
    ),
    NotYet(AT, Message(Sentence.MAY_SHOW)): Outcome(
        state=TO_LOG, retry=Retry.AT_TIME, retry_at=AT
    ),
    NoCredentials("none"): Outcome(
        state=CallStatus.NEEDS_ATTENTION, reason=AttentionReason.NO_CREDENTIALS
    ),
}
ALL = OUTCOMES | RINGCENTRAL_OUTCOMES | OWN_OUTCOMES
DRY_RUN_OUTCOMES = {
    CallStatus.NEEDS_ATTENTION: DryRunOutcome.NEEDS_ATTENTION,
    CallStatus.WAITING_TO_LOG: DryRunOutcome.WAITS,
}


def name_of(error: Exception) -> str:
    return type(error).__name__


def classes_of(module, base: type[Exception]) -> set[type]:
    found = inspect.getmembers(module, inspect.isclass)
    return {
        found_class for _name, found_class in found if issubclass(found_class, base)
    }


@pytest.mark.parametrize(("error", "outcome"), ALL.items(), ids=map(name_of, ALL))
def test_error_becomes_outcome(error, outcome):
    assert outcome_of(error) == outcome


def test_every_error_class_has_an_outcome_here():
    there = classes_of(errors, errors.ConnectorError)
    there |= classes_of(ringcentral, ringcentral.RingCentralError)

    assert {type(error) for error in OUTCOMES | RINGCENTRAL_OUTCOMES} == there


@pytest.mark.parametrize(
    "error_class", [errors.CredentialsRejected, errors.SignInEnded]
)
def test_refusal_of_one_persons_credentials_needs_attention(error_class):
    outcome = outcome_of(error_class("no"), is_shared=lambda: False)

    assert outcome == Outcome(
        state=CallStatus.NEEDS_ATTENTION, reason=AttentionReason.CREDENTIALS_REJECTED
    )


def test_fault_of_the_program_is_no_outcome():
    with pytest.raises(ZeroDivisionError):
        outcome_of(ZeroDivisionError())


@pytest.mark.parametrize("is_shared", [True, False], ids=["organization", "person"])
@pytest.mark.parametrize("error", OUTCOMES, ids=map(name_of, OUTCOMES))
def test_dry_run_and_worker_give_the_same_outcome(
    make_call, log, now, monkeypatch, error, is_shared
):
    """RingCentral's errors reach neither: both begin with a record that is there."""

    def fail(self, number):
        raise error

    cache.clear()
    monkeypatch.setattr(Sandbox, "find_contact", fail)
    monkeypatch.setattr(
        "appconnect.organizations.connections.connectors.Connectors.used_for",
        lambda self, settings: is_shared,
    )
    call = make_call()

    result = try_call(CallSession.objects.get(pk=call.pk), now=now)
    log(call, at=now)

    assert result.outcome == DRY_RUN_OUTCOMES[call.status]
    assert result.reason == call.reason
    assert result.sentence == str(error)
    expected = outcome_of(error, is_shared=lambda: is_shared)
    assert call.status == expected.state
