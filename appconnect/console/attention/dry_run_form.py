"""A form for an invented call, and the record RingCentral would have of it."""

from datetime import datetime, timedelta

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from appconnect.organizations.logging_settings.number_faults import clean_number
from appconnect.organizations.models import Extension, Organization
from appconnect.ringcentral.call_record import CallRecord, Leg
from connector.phone_numbers import EXTENSION_MAX_DIGITS
from connector.types import Call, Direction, Party

RESULTS = {
    ("answered", Direction.INBOUND): "Accepted",
    ("answered", Direction.OUTBOUND): "Call connected",
    ("missed", Direction.INBOUND): "Missed",
    ("missed", Direction.OUTBOUND): "No Answer",
    ("voicemail", Direction.INBOUND): "Voicemail",
    ("voicemail", Direction.OUTBOUND): "Voicemail",
}
"""RingCentral's results of a call; an internal call to voicemail is an outbound one."""
MAX_TIME_DISTANCE = timedelta(days=3650)


class DryRunForm(forms.Form):
    """An invented call."""

    direction = forms.ChoiceField(
        label=gettext_lazy("Direction"),
        choices=[
            (Direction.INBOUND.value, gettext_lazy("Inbound")),
            (Direction.OUTBOUND.value, gettext_lazy("Outbound")),
        ],
        widget=forms.RadioSelect,
        initial=Direction.INBOUND.value,
    )
    extension = forms.CharField(
        label=gettext_lazy("Extension"),
        max_length=20,
        help_text=gettext_lazy("The number of a person or a queue, such as 102."),
    )
    number = forms.CharField(
        label=gettext_lazy("Other party's number"),
        max_length=40,
        required=False,
        help_text=gettext_lazy(
            "A phone number or an extension. Leave empty for a withheld caller ID."
        ),
    )
    ending = forms.ChoiceField(
        label=gettext_lazy("Ends as"),
        choices=[
            ("answered", gettext_lazy("Answered")),
            ("missed", gettext_lazy("Missed")),
            ("voicemail", gettext_lazy("Voicemail")),
        ],
        initial="answered",
    )
    duration = forms.RegexField(
        r"\A\d{1,4}:[0-5]\d\Z",
        label=gettext_lazy("Duration"),
        initial="1:00",
        help_text=gettext_lazy("Minutes and seconds"),
        error_messages={
            "invalid": gettext_lazy("Enter minutes and seconds, such as 1:30.")
        },
    )
    at = forms.DateTimeField(
        label=gettext_lazy("Starts"),
        widget=forms.DateTimeInput(
            attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"
        ),
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"],
    )

    def __init__(self, *args, organization: Organization, now: datetime, **kwargs):
        super().__init__(*args, **kwargs)
        self.organization, self.now = organization, now
        self.initial["at"] = timezone.localtime(now)

    def clean_direction(self) -> Direction:
        return Direction(self.cleaned_data["direction"])

    def clean_extension(self) -> Extension:
        found = self.find_extension(self.cleaned_data["extension"])
        if found is None:
            raise forms.ValidationError(_("No extension has this number."))
        return found

    def clean_number(self) -> Party:
        typed = self.cleaned_data["number"]
        if not typed:
            return Party(phone_number="anonymous")
        if not (typed.isdecimal() and len(typed) <= EXTENSION_MAX_DIGITS):
            return Party(phone_number=clean_number(typed, self.organization))
        colleague = self.find_extension(typed)
        if colleague is None:
            raise forms.ValidationError(_("No extension has this number."))
        return party_of(colleague)

    def clean_duration(self) -> int:
        """Return the duration in seconds."""
        minutes, seconds = self.cleaned_data["duration"].split(":")
        return 60 * int(minutes) + int(seconds)

    def clean_at(self) -> datetime:
        at = self.cleaned_data["at"]
        if abs(at - self.now) > MAX_TIME_DISTANCE:
            raise forms.ValidationError(_("Enter a time within 10 years of today."))
        return at

    def clean(self):
        cleaned = super().clean()
        if (cleaned.get("ending"), cleaned.get("direction")) == (
            "voicemail",
            Direction.OUTBOUND,
        ):
            self.add_error("ending", _("Only an inbound call can end in voicemail."))
        return cleaned

    def find_extension(self, number: str) -> Extension | None:
        """Return the extension that has the number now, or had it last."""
        numbered = self.organization.extensions.filter(extension_number=number)
        return numbered.order_by("-is_enabled", "-pk").first()

    def make_record(self) -> CallRecord:
        """Return the record that RingCentral's call log would have of the call."""
        data = self.cleaned_data
        own, other = party_of(data["extension"]), data["number"]
        is_inbound = data["direction"] is Direction.INBOUND
        caller, callee = (other, own) if is_inbound else (own, other)
        # RingCentral's call log has a call between extensions as the caller's.
        direction = Direction.OUTBOUND if caller.is_extension else Direction.INBOUND
        result = RESULTS[data["ending"], direction]
        leg = Leg(
            extension_id=callee.extension_id or caller.extension_id,
            result=result,
            started_at=data["at"],
        )
        return CallRecord(
            call_facts=Call(
                telephony_session_id="",
                session_id="",
                direction=direction,
                caller=caller,
                callee=callee,
                started_at=data["at"],
                duration_seconds=data["duration"],
                result=result,
            ),
            parties=(caller, callee),
            type="Voice",
            is_system_call=False,
            is_finished=True,
            legs=(leg,),
        )


def party_of(extension: Extension) -> Party:
    return Party(
        extension_id=extension.extension_id,
        extension_number=extension.extension_number,
        name=extension.name,
    )
