"""The filters of the calls page: a form whose values are in the URL.

A phone number is never in the URL, only its keyed hashes.
"""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any, NamedTuple
from urllib.parse import urlencode

from django import forms
from django.core.validators import RegexValidator
from django.http import QueryDict
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from appconnect.calls.models import CallSession
from appconnect.calls.models.call_facts import DIRECTIONS
from appconnect.calls.models.call_queries import CallSessionQuerySet
from appconnect.calls.models.choices import CHOICES, IN_PROGRESS
from appconnect.organizations.logging_settings.number_faults import clean_number
from appconnect.organizations.models import Organization

Status = CallSession.Status


class State(NamedTuple):
    """A choice of the filter by state; no statuses mean all."""

    label: str | Promise
    statuses: tuple[Status, ...]


class Source(NamedTuple):
    """A choice of the filter by source, with its conditions on the calls."""

    label: str | Promise
    conditions: dict[str, bool]


STATES = {
    "": State(gettext_lazy("All"), ()),
    "logged": State(Status.LOGGED.label, (Status.LOGGED,)),
    "needs-attention": State(Status.NEEDS_ATTENTION.label, (Status.NEEDS_ATTENTION,)),
    "failed": State(Status.FAILED.label, (Status.FAILED,)),
    "skipped": State(Status.SKIPPED.label, (Status.SKIPPED,)),
    "in-progress": State(gettext_lazy("In progress"), IN_PROGRESS),
}
COUNTED = ("needs-attention", "failed", "in-progress")
"""The states whose calls are few, so that they can be counted on every page."""
SOURCES = {
    "notification": Source(gettext_lazy("A notification"), {"was_recovered": False}),
    "call-log": Source(gettext_lazy("RingCentral's call log"), {"was_recovered": True}),
    "try-again": Source(
        gettext_lazy("Retried together"), {"retry_batch__isnull": False}
    ),
}
ANY = ("", gettext_lazy("Any"))
MORE = (
    *("since_date", "since_time", "until_date", "until_time"),
    *("source", "id"),
)
"""The filters that a person sees after “More filters”."""


class DateInput(forms.DateInput):
    input_type = "date"

    def __init__(self):
        super().__init__(format="%Y-%m-%d")


class TimeInput(forms.TimeInput):
    input_type = "time"

    def __init__(self):
        super().__init__(format="%H:%M")


class CallFilterForm(forms.Form):
    """Selects the calls that are shown, exported or retried.

    Dates and times are in the active time zone, the person's: a day is from
    midnight to midnight there, however many hours that is.
    """

    state = forms.ChoiceField(
        label=gettext_lazy("Status"),
        required=False,
        choices=[(key, state.label) for key, state in STATES.items()],
        widget=forms.HiddenInput,
    )
    reason = forms.ChoiceField(
        label=gettext_lazy("Reason"),
        required=False,
        choices=[("", gettext_lazy("Any reason")), *CHOICES],
    )
    extension = forms.CharField(
        label=gettext_lazy("Person"),
        required=False,
        max_length=200,
        widget=forms.TextInput(
            attrs={
                "type": "search",
                "placeholder": gettext_lazy("Name or extension of a person"),
            }
        ),
    )
    direction = forms.ChoiceField(
        label=gettext_lazy("Direction"),
        required=False,
        choices=[("", gettext_lazy("Any direction")), *DIRECTIONS],
    )
    source = forms.ChoiceField(
        label=gettext_lazy("Source"),
        required=False,
        choices=[ANY, *((key, source.label) for key, source in SOURCES.items())],
    )
    since_date = forms.DateField(
        label=gettext_lazy("From date"), required=False, widget=DateInput
    )
    since_time = forms.TimeField(
        label=gettext_lazy("From time"), required=False, widget=TimeInput
    )
    until_date = forms.DateField(
        label=gettext_lazy("Until date"), required=False, widget=DateInput
    )
    until_time = forms.TimeField(
        label=gettext_lazy("Until time"), required=False, widget=TimeInput
    )
    id = forms.CharField(
        label=gettext_lazy("ID"),
        required=False,
        max_length=200,
        help_text=gettext_lazy("A session ID, call ID or record ID."),
    )
    number = forms.CharField(
        label=gettext_lazy("Number"),
        required=False,
        validators=[RegexValidator(r"\A[0-9a-f]{64}(,[0-9a-f]{64})*\Z")],
        widget=forms.HiddenInput,
    )
    retry_batch = forms.UUIDField(
        label=gettext_lazy("Retried together"),
        required=False,
        widget=forms.HiddenInput,
    )

    def __init__(self, data: QueryDict, *, organization: Organization):
        super().__init__(data)
        self.organization = organization
        for name in MORE:  # they stand outside of the form's element
            self.fields[name].widget.attrs["form"] = "call-filters"

    def clean_extension(self) -> list[str]:
        """Return the ids of the extensions with this number or name, if one was entered.

        A number that was reassigned means every extension that had it; a name means the
        one enabled extension that has it.
        """
        text = self.cleaned_data["extension"]
        if not text:
            return []
        extensions = self.organization.extensions
        numbered = extensions.filter(extension_number=text)
        if ids := list(numbered.values_list("extension_id", flat=True)):
            return ids
        for lookup in ("name__iexact", "name__icontains"):
            named = extensions.filter(**{lookup: text})
            ids = list(named.values_list("extension_id", flat=True)[:2])
            if len(ids) > 1:
                present = named.filter(is_enabled=True)
                ids = list(present.values_list("extension_id", flat=True)[:2])
                if len(ids) != 1:
                    raise forms.ValidationError(
                        _("Several extensions have this name. Enter the number.")
                    )
            if ids:
                return ids
        raise forms.ValidationError(_("No extension has this number or name."))

    def clean(self) -> dict[str, Any]:
        chosen = super().clean()
        chosen["since"] = self.instant("since")
        chosen["until"] = self.instant("until")
        if chosen["since"] and chosen["until"] and chosen["until"] <= chosen["since"]:
            self.add_error("until_date", _("The end is before the start."))
        return chosen

    def instant(self, name: str) -> datetime | None:
        """Return an end of the range; the end of the day where `until` has no time.

        A time that comes twice, as clocks are put back, is the earlier one as the
        beginning and the later one as the end.
        """
        day = self.cleaned_data.get(f"{name}_date")
        at = self.cleaned_data.get(f"{name}_time")
        is_end = name == "until"
        if day is None:
            if at is not None:
                self.add_error(f"{name}_date", _("Enter a date as well."))
            return None
        try:
            return local_instant(day, at, is_end=is_end)
        except OverflowError:
            self.add_error(f"{name}_date", _("Enter a date in this century."))
            return None

    def filter(
        self, calls: CallSessionQuerySet, *, is_of_any_state: bool = False
    ) -> CallSessionQuerySet:
        """Return the calls that match; none if a value is invalid."""
        if not self.is_valid():
            return calls.none()
        chosen = self.cleaned_data
        statuses = () if is_of_any_state else STATES[chosen["state"]].statuses
        if statuses:
            calls = calls.filter(status__in=statuses)
        if statuses == IN_PROGRESS:  # few: their own index is faster
            calls = calls.filter(next_attempt_at__isnull=False)
        if chosen["source"]:
            calls = calls.filter(**SOURCES[chosen["source"]].conditions)
        if chosen["id"]:
            calls = calls.with_any_id(self.organization, chosen["id"])
        if chosen["number"]:
            calls = calls.filter(contact_number_hash__in=chosen["number"].split(","))
        for name, lookup in (
            ("reason", "reason"),
            ("extension", "extension_id__in"),
            ("direction", "direction"),
            ("retry_batch", "retry_batch_id"),
            ("since", "started_at__gte"),
            ("until", "started_at__lt"),
        ):
            if chosen[name]:
                calls = calls.filter(**{lookup: chosen[name]})
        return calls

    def query(self, **changes: str) -> str:
        """Return the values as a query string, with some of them changed."""
        return urlencode([(k, v) for k, v in {**self.given, **changes}.items() if v])

    @property
    def given(self) -> dict[str, str]:
        """The values that were entered, as text."""
        values = ((name, self.data.get(name, "")) for name in self.fields)
        return {name: value for name, value in values if value}

    @property
    def is_open(self) -> bool:
        """Whether one of the filters below “More filters” is set, or a value is invalid."""
        return bool(self.given.keys() & set(MORE)) or not self.is_valid()

    @property
    def more(self) -> list[forms.BoundField]:
        """The fields below “More filters”."""
        return [self[name] for name in MORE]

    @property
    def chips(self) -> list[dict[str, str]]:
        """The filters that are set, each with the query without it."""
        chips = []
        for field in self.visible_fields():
            if value := self.given.get(field.name):
                choices = dict(getattr(field.field, "choices", ()))
                label = choices.get(value, f"{field.label}: {value}")
                chips.append({"label": label, "query": self.query(**{field.name: ""})})
        return chips


class NumberForm(forms.Form):
    """A number in any spelling; the cleaned one is E.164. It is posted: no URL has it."""

    phone_number = forms.CharField(
        max_length=100,
        widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "off"}),
    )

    def __init__(
        self,
        *args,
        organization: Organization,
        label: str | Promise,
        help_text: str | Promise = "",
        **kwargs,
    ):
        super().__init__(*args, **kwargs)
        self.organization = organization
        self.fields["phone_number"].label = label
        self.fields["phone_number"].help_text = help_text

    def clean_phone_number(self) -> str:
        return clean_number(self.cleaned_data["phone_number"], self.organization)


def local_instant(day: date, at: time | None, *, is_end: bool) -> datetime:
    """Return an instant of the active time zone in UTC. Raises `OverflowError`."""
    if is_end and at is None:
        day += timedelta(days=1)
    zone = timezone.get_current_timezone()
    local = datetime.combine(day, at or time.min, tzinfo=zone)
    return local.replace(fold=int(is_end)).astimezone(UTC)
