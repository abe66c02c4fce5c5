"""Where an organization is: the country of its national numbers, and its time zone."""

from functools import cache
from importlib.resources import files
from zoneinfo import available_timezones

from django import forms
from django.utils.translation import gettext_lazy as _
from phonenumbers import SUPPORTED_REGIONS, country_code_for_region

from appconnect.organizations.models import Organization


class LocalityForm(forms.ModelForm):
    """The country of national numbers and the time zone; neither is ever guessed."""

    region = forms.ChoiceField(
        label=_("Default country"),
        choices=lambda: [("", "—"), *countries()],
        help_text=_("For numbers without a country code."),
        error_messages={"required": _("Select your country.")},
    )
    time_zone = forms.ChoiceField(
        label=_("Time zone"),
        choices=lambda: [(name, name.replace("_", " ")) for name in time_zones()],
        help_text=_("Used for queues, and until RingCentral tells a person's own."),
    )

    class Meta:
        model = Organization
        fields = ["region", "time_zone"]


@cache
def countries() -> list[tuple[str, str]]:
    """Return the countries with phone numbers: ISO 3166 code, name with calling code."""
    table = files("tzdata").joinpath("zoneinfo", "iso3166.tab").read_text("utf-8")
    rows = [line.split("\t") for line in table.splitlines() if line[:1] != "#"]
    names = {row[0]: row[1] for row in rows}
    shown = [
        (code, f"{names.get(code, code)} (+{country_code_for_region(code)})")
        for code in SUPPORTED_REGIONS
    ]
    return sorted(shown, key=lambda country: country[1])


@cache
def time_zones() -> list[str]:
    """Return the IANA names, without `localtime`, the machine's own zone."""
    return sorted(available_timezones() - {"localtime"})
