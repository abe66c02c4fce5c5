from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, replace
from datetime import datetime
from itertools import islice
from typing import NamedTuple
from uuid import UUID

from django.db import models
from django.utils.translation import gettext_lazy as _

from appconnect.calls.models.choices import Message, Sentence, StepName
from appconnect.organizations.models.sealed import SealedField
from appconnect.rows import insert, update
from connector.phone_numbers import EXTENSION_MAX_DIGITS, to_e164
from connector.types import Call, Contact, Direction, Party

MAX_CANDIDATES = 500
"""All of a switchboard's contacts, in some 50 KB at most where it has so many."""
DIRECTIONS = [
    (Direction.INBOUND.value, _("Inbound")),
    (Direction.OUTBOUND.value, _("Outbound")),
]


class RecordedCall(models.Model):
    """The facts of a call from RingCentral's record, and the contact it is logged to."""

    RECORD_FIELDS = (
        "session_id",
        "direction",
        "type",
        "extension_id",
        "started_at",
        "duration_seconds",
        "result",
        "details",
        "contact_number_hash",
        "is_final",
    )

    WRITTEN = (
        "duration_seconds",
        "talk_seconds",
        "result",
        "recording_url",
        "voicemail_url",
    )
    """The facts that RingCentral may change after the call was logged."""

    session_id = models.CharField(max_length=40, blank=True)
    direction = models.CharField(max_length=10, blank=True, choices=DIRECTIONS)
    extension_id = models.CharField(max_length=40, blank=True)
    type = models.CharField(max_length=10, blank=True)
    duration_seconds = models.PositiveIntegerField(null=True)
    result = models.CharField(max_length=60, blank=True)
    details = SealedField()
    """Caller, callee and recording: what is personal, as one sealed value."""
    contact_number_hash = models.CharField(
        max_length=64,
        blank=True,
        help_text=_("`Organization.number_hash` of the other party's number."),
    )
    written = SealedField()
    """What the CRM's record was last given: the `WRITTEN` facts; None: not known."""
    logged_contact_name = SealedField()
    contact_candidates = SealedField()
    """The contacts that a person is to choose from: `id`, `type`, `name` of each."""
    chosen_contact = SealedField()
    """Id and type of the contact that a person chose."""

    class Meta:
        abstract = True

    @property
    def call_facts(self) -> Call:
        """The call as RingCentral's record has it."""
        details = self.details
        return Call(
            telephony_session_id=self.telephony_session_id,
            session_id=self.session_id,
            direction=Direction(self.direction),
            caller=self._party(details["caller"]),
            callee=self._party(details["callee"]),
            started_at=self.started_at,
            duration_seconds=self.duration_seconds,
            result=self.result,
            recording_url=details["recording_url"],
            voicemail_url=details.get("voicemail_url", ""),
            talk_seconds=details.get("talk_seconds"),
            marker=self.organization.marker(
                self.telephony_session_id, self.extension_id
            ),
        )

    def _party(self, stored: Mapping[str, str]) -> Party:
        party = Party(**stored)
        number = party.phone_number
        if number.startswith("+") or len(number) <= EXTENSION_MAX_DIGITS:
            return party
        # Release 0.1 kept a number without a plus as RingCentral sent it.
        e164 = to_e164(number, region=self.organization.region)
        return replace(party, phone_number=e164 or number)

    @property
    def written_facts(self) -> Call | None:
        """The call as the CRM's record was last given it; None where that is not known."""
        written = self.written
        return None if written is None else replace(self.call_facts, **written)

    def take_written(self, call_facts: Call | None) -> None:
        """Set what the CRM's record was given; stored with the next state."""
        self.written = call_facts and {
            name: getattr(call_facts, name) for name in self.WRITTEN
        }

    def confirm_written(self) -> None:
        """Store that the CRM's record has been given the call, unless it was erased since."""
        self.take_written(self.call_facts)
        sealed = self._meta.get_field("written").pre_save(self, add=False)
        is_here = type(self).objects.filter(pk=self.pk, details__isnull=False)
        is_here.update(written=sealed)

    @property
    def summary(self) -> Message:
        """What RingCentral's record says, without names or numbers."""
        facts = {
            "direction": self.direction,
            "result": self.result,
            "seconds": self.duration_seconds,
        }
        return Message(Sentence.RECORD_SAYS, facts)

    def forget(self) -> None:
        """Delete everything that says who called whom, when and for how long."""
        self.details = self.duration_seconds = self.logged_contact_name = None
        self.written = self.contact_candidates = self.chosen_contact = None
        self.session_id = self.direction = self.extension_id = self.result = ""
        self.contact_number_hash = ""
        self.parties.all().delete()
        TimelineEntry.forget_reasons([self.pk])
        ClientDetails = self._meta.apps.get_model("calls", "ClientDetails")
        ClientDetails.objects.filter(crm_record__call=self).delete()
        self.save_record(
            "written", "logged_contact_name", "contact_candidates", "chosen_contact"
        )

    def save_record(self, *fields: str) -> None:
        """Store what RingCentral's record says, and these fields."""
        self.save(update_fields=[*self.RECORD_FIELDS, *fields])

    def take_record(self, call_facts: Call, *, type: str, extension_id: str) -> None:
        """Set what RingCentral's record says.

        `save_record` stores it, or the next state with the `RECORD_FIELDS`.
        """
        self.session_id = call_facts.session_id
        self.direction = call_facts.direction
        self.type = type[:10]
        self.extension_id = extension_id
        self.started_at = call_facts.started_at
        self.duration_seconds = call_facts.duration_seconds
        self.result = call_facts.result[:60]
        self.details = {
            **(self.details or {}),
            "caller": asdict(call_facts.caller),
            "callee": asdict(call_facts.callee),
            "recording_url": call_facts.recording_url,
            "voicemail_url": call_facts.voicemail_url,
            "talk_seconds": call_facts.talk_seconds,
        }
        number = call_facts.contact_number
        self.contact_number_hash = number and self.organization.number_hash(number)

    def take_contact(self, contact: Contact) -> None:
        """Set the contact to which the call is logged; stored with the next state."""
        self.logged_contact_name = contact.name

    def store_contact(self) -> None:
        """Store the contact's name before the next state is."""
        sealed = self._meta.get_field("logged_contact_name").pre_save(self, add=False)
        update(self, {"logged_contact_name": sealed})

    def offer_contacts(self, contacts: Iterable[Contact]) -> None:
        """Store the contacts that a person is to choose from: `MAX_CANDIDATES` at most."""
        self.contact_candidates = [
            {"id": contact.id, "type": contact.type, "name": contact.name[:100]}
            for contact in islice(contacts, MAX_CANDIDATES)
        ]
        self.save(update_fields=["contact_candidates"])

    def choose_contact(self, chosen: Mapping[str, str]) -> None:
        """Store which of the candidates a person chose; the others are deleted."""
        self.chosen_contact = {"id": chosen["id"], "type": chosen["type"]}
        self.contact_candidates = None
        self.save(update_fields=["chosen_contact", "contact_candidates"])

    @property
    def contact_name(self) -> str:
        return self.logged_contact_name or ""


class Step(NamedTuple):
    """One line of a call's timeline, before it is stored.

    Without a time it gets that of the state with which it is stored.
    """

    name: StepName
    message: Message
    at: datetime | None = None


class TimedSteps(list[Step]):
    """The steps of one attempt, each with the time at which it was taken."""

    def __init__(self, clock: Callable[[], datetime]):
        super().__init__()
        self._clock = clock

    def append(self, step: Step) -> None:
        super().append(step._replace(at=self._clock()))


class TimelineEntry(models.Model):
    """What happened to a call, without the other side's name or number.

    Stored as the key of a sentence and its values; `text` words it.
    """

    BATCH_SIZE = 500
    COLUMNS = ("call", "at", "step", "sentence", "values", "configuration_version")

    call = models.ForeignKey(
        "calls.CallSession", on_delete=models.CASCADE, related_name="timeline"
    )
    at = models.DateTimeField()
    step = models.CharField(max_length=20, choices=StepName.choices)
    sentence = models.CharField(max_length=40)
    values = models.JSONField(default=dict)
    configuration_version = models.PositiveIntegerField()

    class Meta:
        ordering = ["at", "id"]
        verbose_name_plural = "timeline entries"

    def __str__(self):
        return f"{self.get_step_display()}: {self.text}"

    @property
    def message(self) -> Message:
        return Message(self.sentence, self.values)

    @property
    def text(self) -> str:
        """The sentence in the language of the page."""
        return str(self.message)

    @classmethod
    def forget_reasons(cls, call_ids: Iterable[UUID]) -> None:
        """Delete what CRMs said about these calls: a name may be in it."""
        entries = cls.objects.filter(call_id__in=call_ids)
        entries.filter(sentence=Sentence.ERROR_WITH_REASON).update(
            sentence=Sentence.REASON_DELETED, values={}
        )

    @classmethod
    def add(
        cls,
        call_ids: Iterable[UUID],
        steps: Iterable[Step],
        *,
        configuration_version: int,
        now: datetime,
    ) -> None:
        """Add the steps to the timeline of each call."""
        steps = list(steps)
        rows = (
            (
                call_id,
                step.at or now,
                step.name,
                step.message.key,
                step.message.values,
                configuration_version,
            )
            for call_id in call_ids
            for step in steps
        )
        while batch := list(islice(rows, cls.BATCH_SIZE)):
            insert(cls, cls.COLUMNS, batch)
