"""What is wrong with a text that is not one phone number, in words for people."""

from django.core.exceptions import ValidationError
from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy

from appconnect.organizations.models import Organization
from connector.phone_numbers import Fault, NotANumber, read_number

NUMBER_FAULTS: dict[Fault, Promise] = {
    Fault.INCOMPLETE: gettext_lazy(
        "not a complete phone number. Write it with + and the country code."
    ),
    Fault.MORE_THAN_A_NUMBER: gettext_lazy(
        "contains more than a phone number. Enter the number alone, without a name."
    ),
    Fault.SEVERAL_NUMBERS: gettext_lazy(
        "looks like several phone numbers. Enter one at a time."
    ),
    Fault.TWO_COUNTRIES: gettext_lazy(
        "may be a number of two countries. Write it with + and the country code."
    ),
}


def clean_number(typed: str, organization: Organization) -> str:
    """Return the number that a person typed in E.164. Raises `ValidationError`."""
    try:
        return read_number(typed, region=organization.region)
    except NotANumber as error:
        raise ValidationError(capfirst(NUMBER_FAULTS[error.fault])) from error
