"""What the steps of a call's timeline are called on a page.

They are stored in English, whatever language the worker speaks.
"""

from django.utils.translation import gettext_lazy as _

STEP_TITLES = {
    "Contact": _("Contact"),
    "Contact chosen": _("Contact chosen"),
    "Contact created": _("Contact created"),
    "Credentials": _("Credentials"),
    "Deleted": _("Deleted"),
    "Eligible": _("Eligible"),
    "Ended": _("Ended"),
    "Erased": _("Erased"),
    "Failed": _("Failed"),
    "Forgotten": _("Forgotten"),
    "Found": _("Found"),
    "Gave up": _("Gave up"),
    "Internal error": _("Internal error"),
    "Logged": _("Logged"),
    "Looked for again": _("Looked for again"),
    "Needs attention": _("Needs attention"),
    "No clear answer": _("No clear answer"),
    "Not found": _("Not found"),
    "Not logged yet": _("Not logged yet"),
    "Not there": _("Not there"),
    "Not tried again": _("Not tried again"),
    "Not updated": _("Not updated"),
    "Not updated yet": _("Not updated yet"),
    "Owner": _("Owner"),
    "Received": _("Received"),
    "Record": _("Record"),
    "Recovered": _("Recovered"),
    "Reserved": _("Reserved"),
    "Sent": _("Sent"),
    "Skipped": _("Skipped"),
    "Tried again": _("Tried again"),
    "Updated": _("Updated"),
}
