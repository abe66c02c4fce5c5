"""Whether calls come in and none is logged, although the rules would log them."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from appconnect.calls.models import CallSession
from appconnect.calls.models.choices import SkipReason
from appconnect.monitoring.models.problems import (
    Problem,
    ProblemKind,
    counted,
)
from appconnect.organizations.models import Organization, ServerLoggingSettings

MIN_CALLS = 200
"""This many calls in a row without a logged one are a problem.

Where one caller in twenty is a contact, that happens by chance once in half a million
calls.
"""
MIN_CALLS_BEFORE_FIRST = 50
"""The same where no call was ever logged: a wrong setting is likelier then."""
MAX_COUNTED = 1000

ADVICE = {
    SkipReason.NO_CONTACT: (
        "console:server-logging-settings",
        gettext_lazy(
            "Search for one of the numbers in the CRM. If it's there, check the country "
            "and the number formats in the settings."
        ),
    ),
    SkipReason.SEVERAL_CONTACTS: (
        "console:server-logging-settings",
        gettext_lazy(
            "Merge the contacts in the CRM, or choose in the settings what happens with "
            "multiple matches."
        ),
    ),
    SkipReason.WITHHELD_NUMBER: (
        "console:server-logging-settings",
        gettext_lazy(
            "Open one of the calls. If the number is only incomplete, choose your "
            "country in the settings. If it's withheld, ask your phone provider."
        ),
    ),
}
"""The reasons that no rule of the admin's chose: the page to look at, and the advice."""


def find_nothing_logged(
    organization: Organization, settings: ServerLoggingSettings
) -> Problem | None:
    """Return a problem where calls end and none is logged, against the admin's rules."""
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
    if count < (MIN_CALLS if logged_at else MIN_CALLS_BEFORE_FIRST):
        return None
    reason = max(counts, key=counts.__getitem__)
    page, advice = ADVICE[reason]
    return Problem(
        kind=ProblemKind.NOTHING_LOGGED,
        since=since,
        sentence=_(
            "The last %(calls)s were skipped and none were logged. Main reason: "
            "%(reason)s. %(advice)s You can retry each skipped call on its page."
        )
        % {
            "calls": counted(count),
            "reason": str(reason.label).rstrip("."),
            "advice": advice,
        },
        page=page,
        count=count,
    )
