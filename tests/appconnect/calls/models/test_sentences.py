"""The timeline's sentences: stored as keys and values, worded for whoever reads them."""

import re
from gettext import NullTranslations

import pytest
from django.utils import translation
from django.utils.translation import trans_real

from appconnect.calls.models import Step, TimelineEntry
from appconnect.calls.models.choices import (
    CHOICES,
    FailureReason,
    Message,
    NeedsAttention,
    Sentence,
    SkipReason,
    StepName,
    message_of,
)
from connector.errors import PermanentError, TemporaryError

VALUES = {"seconds": 1.25, "count": 2, "match": "EMAIL"}


class MadeUpLanguage(NullTranslations):
    """Every message between brackets."""

    def gettext(self, message: str) -> str:
        return f"⟦{message}⟧"

    def language(self) -> str:
        return "en-xa"

    to_language = language


@pytest.mark.parametrize("sentence", Sentence)
def test_sentence_is_worded_with_its_values(sentence):
    names = re.findall(r"%\((\w+)\)", str(sentence.label))
    values = {name: VALUES.get(name, f"<{name}>") for name in names}

    text = str(Message(sentence, values))

    assert "%" not in text
    assert "%%" not in sentence.label
    assert text or not names


def test_no_sentence_has_the_key_of_a_reason():
    assert not set(Sentence.values) & dict(CHOICES).keys()


def test_reason_is_a_sentence():
    text = str(Message(SkipReason.FAX))

    assert text == "Fax"


def test_error_of_a_connector_is_quoted_with_its_percent_signs():
    message = message_of(TemporaryError("sandbox: 100 % busy, %(x)s."))

    assert str(message) == "sandbox: 100 % busy, %(x)s."


def test_reason_of_the_crm_is_quoted_after_the_error():
    error = PermanentError("Refused.", reason="<b>100 % wrong</b> %(x)s")

    assert str(message_of(error)) == "Refused. It says: “100 % wrong %(x)s”"


def test_error_that_is_very_long_is_cut():
    assert len(str(message_of(TemporaryError("x" * 10_000)))) == 500


def test_own_ending_says_its_sentence():
    error = NeedsAttention("NO_CONTACT", Message(Sentence.ADD_CONTACT))

    assert message_of(error) == Message(Sentence.ADD_CONTACT)
    assert str(error) == "No contact has this number. Add one in the CRM, then retry."


def test_stored_line_is_worded_in_the_language_of_the_page(make_call, now, monkeypatch):
    call = make_call()
    message = Message(Sentence.OWNER_IS_MAPPED, {"match": "EMAIL"})
    steps = [Step(StepName.OWNER, message)]

    TimelineEntry.add([call.pk], steps, configuration_version=3, now=now)

    entry = call.timeline.get()
    assert entry.text == "Mapped to this user by email."
    monkeypatch.setitem(trans_real._translations, "en-xa", MadeUpLanguage())
    with translation.override("en-xa"):
        assert entry.get_step_display() == "⟦Activity owner⟧"
        assert entry.text == "⟦Mapped to this user ⟦by email⟧.⟧"


def test_failure_is_stored_without_words(make_call, now):
    call = make_call()
    steps = [Step(StepName.GAVE_UP, Message(FailureReason.GAVE_UP))]

    call.mark_failed(FailureReason.GAVE_UP, steps=steps, now=now)

    stored = call.timeline.values("step", "sentence", "values").get()
    assert stored == {"step": "GAVE_UP", "sentence": "GAVE_UP", "values": {}}
