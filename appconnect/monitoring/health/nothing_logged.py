"""Telling calls that are rightly not logged from logging that finds nobody any more."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from appconnect.calls.models import CallSession
from appconnect.calls.models.choices import SkipReason
from appconnect.monitoring.models.problems import (
    Problem,
    ProblemKind,
    Severity,
    counted,
)
from appconnect.organizations.models import Organization, ServerLoggingSettings

ENOUGH = 200
"""So many calls in a row of which none is logged are a problem.

Where one caller in twenty is a contact, chance does that once in half a million calls.
"""
ENOUGH_AT_FIRST = 50
"""The same where none has ever been logged: then a wrong setting is likelier."""
MAX_COUNTED = 1000

ADVICE = {
    SkipReason.NO_CONTACT: (
        "console:server-logging-settings",
        gettext_lazy(
            "Look up one of the numbers in the CRM yourself: if it is there, check the "
            "country and the number formats in the settings."
        ),
    ),
    SkipReason.SEVERAL_CONTACTS: (
        "console:server-logging-settings",
        gettext_lazy(
            "Merge the contacts in the CRM, or choose in the settings what is done when "
            "several have the number."
        ),
    ),
    SkipReason.WITHHELD_NUMBER: (
        "console:server-logging-settings",
        gettext_lazy(
            "Look at one of the calls: if the number is only incomplete, choose your "
            "country in the settings; if it is withheld, ask your telephone provider."
        ),
    ),
}
"""Why a call is skipped that the admin's own rules would have logged: where to look, and
what to do."""


def find_nothing_logged(
    organization: Organization, settings: ServerLoggingSettings
) -> Problem | None:
    """Return that calls end and none is logged, although no rule of the admin's says so."""
    begun = organization.calls.order_by("-started_at", "-id").values_list(
        "started_at", flat=True
    )
    logged_at = begun.filter(status=CallSession.Status.LOGGED).first()
    since = max(filter(None, (logged_at, settings.logging_since)), default=None)
    unlogged = begun.filter(status=CallSession.Status.SKIPPED)
    if since is not None:
        unlogged = unlogged.filter(started_at__gt=since)
    # One query each: the index by reason serves it, and no more is read than is counted.
    counts = {
        reason: unlogged.filter(reason=reason)[:MAX_COUNTED].count()
        for reason in ADVICE
    }
    count = sum(counts.values())
    if count < (ENOUGH if logged_at else ENOUGH_AT_FIRST):
        return None
    reason = max(counts, key=counts.__getitem__)
    page, advice = ADVICE[reason]
    return Problem(
        kind=ProblemKind.NOTHING_LOGGED,
        severity=Severity.DEGRADED,
        since=since,
        sentence=_(
            "The last %(calls)s were skipped and none was logged. The main reason: "
            "%(reason)s %(advice)s The skipped calls are kept, and each can be tried again "
            "on its page."
        )
        % {"calls": counted(count), "reason": reason.label, "advice": advice},
        page=page,
        count=count,
    )
