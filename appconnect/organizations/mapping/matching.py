"""Which CRM user an extension may belong to, how certain that is, and why.

Pure functions, linear in both lists.
"""

import unicodedata
from collections import Counter
from collections.abc import Iterable
from enum import Enum
from typing import NamedTuple

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from appconnect.organizations.mapping.directory import CrmUserRow, ExtensionRow
from appconnect.ringcentral.extensions import PEOPLE


class Confidence(Enum):
    CERTAIN = "CERTAIN"
    LIKELY = "LIKELY"
    AMBIGUOUS = "AMBIGUOUS"
    NONE = "NONE"


class Why(TextChoices):
    """A sentence for people: what the confidence rests on."""

    SAME_EMAIL = "SAME_EMAIL", _("Same email, unique on both sides.")
    SAME_MAILBOX = (
        "SAME_MAILBOX",
        _("Same mailbox: the emails differ only after the plus sign."),
    )
    SAME_NAME = (
        "SAME_NAME",
        _("Same name at the same domain."),
    )
    SEVERAL = "SEVERAL", _("More than one match. Choose one.")
    INACTIVE_USER = (
        "INACTIVE_USER",
        _("The CRM user with this email is inactive."),
    )
    NOBODY = "NOBODY", _("No CRM user has this email or name.")
    DISABLED = "DISABLED", _("Removed from RingCentral.")
    NO_PERSON = (
        "NO_PERSON",
        _("Queues and shared lines aren't matched. Map it manually."),
    )


class Finding(NamedTuple):
    """The match of one extension: the CRM users who may be meant, by `pk`."""

    confidence: Confidence
    why: Why
    candidates: tuple[int, ...] = ()

    @property
    def crm_user(self) -> int | None:
        """The one candidate, where the match is certain or likely."""
        is_one = self.confidence in (Confidence.CERTAIN, Confidence.LIKELY)
        return self.candidates[0] if is_one else None


# A member of an enum costs more to look up than a name of the module.
CERTAIN, LIKELY, AMBIGUOUS, NONE = Confidence
SAME_EMAIL, SAME_MAILBOX, SAME_NAME, SEVERAL, *_none = Why
NOBODY = Finding(NONE, Why.NOBODY)
DISABLED = Finding(NONE, Why.DISABLED)
NO_PERSON = Finding(NONE, Why.NO_PERSON)

MAX_CANDIDATES = 20
"""How many candidates of an extension are listed, the first by `pk`."""

Row = tuple[int, str, str]
"""A person to be matched, on either side: `pk`, name, and case-folded e-mail address."""


def match(
    extensions: Iterable[ExtensionRow], users: Iterable[CrmUserRow]
) -> dict[int, Finding]:
    """Return the finding for each extension, by its `pk`, in the order given.

    Certain: the same e-mail address, once on either side, both active. Likely, for the
    others: the same address except for a plus tag, or the same full name with addresses
    of the same domain, once on either side. Ambiguous: several fit, on either side; a
    name that several have is ambiguous whatever the domains. An empty address or name
    matches nothing, and only people are matched, never a queue.
    """
    findings: dict[int, Finding] = {}
    people: list[Row] = []
    for pk, _id, _number, name, email, type_, is_enabled, _is_activated in extensions:
        if type_ in PEOPLE and is_enabled:
            findings[pk] = NOBODY
            people.append((pk, name, email.strip().casefold()))
        else:
            findings[pk] = DISABLED if type_ in PEOPLE else NO_PERSON
    active: list[Row] = []
    inactive: list[Row] = []
    for pk, _id, name, email, is_active in users:
        side = active if is_active else inactive
        side.append((pk, name, email.strip().casefold()))
    active.sort()
    inactive.sort()
    left = match_addresses(people, active, findings)
    if left:
        match_likely(left, people, active, findings)
        name_inactive(left, inactive, findings)
    return findings


def match_addresses(
    people: list[Row], active: list[Row], findings: dict[int, Finding]
) -> list[Row]:
    """Match people by the same address; return those whose address no CRM user has."""
    users = group((email, pk) for pk, _name, email in active)
    times = Counter([email for _pk, _name, email in people])
    left = []
    for pk, name, email in people:
        found = users.get(email)
        if found is None:
            left.append((pk, name, email))
        elif len(found) == times[email] == 1:
            findings[pk] = Finding(CERTAIN, SAME_EMAIL, found)
        else:
            findings[pk] = Finding(AMBIGUOUS, SEVERAL, found)
    return left


def match_likely(
    left: list[Row],
    people: list[Row],
    active: list[Row],
    findings: dict[int, Finding],
) -> None:
    """Match the others by mailbox and by name; several that fit are ambiguous."""
    mailboxes = group((mailbox(email), pk) for pk, _name, email in active)
    mailbox_times = Counter([mailbox(email) for _pk, _name, email in people])
    namesakes = group((name_key(name), pk) for pk, name, _email in active)
    names = {pk: name_key(name) for pk, name, _email in people}
    name_times = Counter(names.values())
    hosts = {pk: host_of(email) for pk, _name, email in active}

    fits: dict[int, tuple[tuple[int, ...], Why, bool]] = {}
    for pk, _name, email in left:
        box, name, host = mailbox(email), names[pk], host_of(email)
        by_mailbox, by_name = mailboxes.get(box, ()), namesakes.get(name, ())
        is_once = not (by_mailbox and mailbox_times[box] > 1)
        if len(by_name) > 1 or (by_name and name_times[name] > 1):
            is_once = False
        elif by_name and not (host and host == hosts[by_name[0]]):
            by_name = ()
        if by_mailbox or by_name:
            found = tuple(sorted({*by_mailbox, *by_name}))
            fits[pk] = (found, SAME_MAILBOX if by_mailbox else SAME_NAME, is_once)

    emails = {email for _pk, _name, email in people}
    claims = Counter([pk for found, _why, _is_once in fits.values() for pk in found])
    claims.update([pk for pk, _name, email in active if email in emails])
    for pk, (found, why, is_once) in fits.items():
        if is_once and len(found) == 1 and claims[found[0]] == 1:
            findings[pk] = Finding(LIKELY, why, found)
        else:
            findings[pk] = Finding(AMBIGUOUS, SEVERAL, found)


def name_inactive(
    left: list[Row], inactive: list[Row], findings: dict[int, Finding]
) -> None:
    """Mention the inactive CRM user with the same address, where no active one matched."""
    users = group((email, pk) for pk, _name, email in inactive)
    for pk, _name, email in left:
        if findings[pk] is NOBODY and email in users:
            findings[pk] = Finding(NONE, Why.INACTIVE_USER, users[email])


def group(rows: Iterable[tuple[str, int]]) -> dict[str, tuple[int, ...]]:
    """Return the first `MAX_CANDIDATES` primary keys of each key that is not empty."""
    groups: dict[str, tuple[int, ...]] = {}
    for key, pk in rows:
        found = groups.get(key)
        if found is None:
            groups[key] = (pk,)
        elif len(found) < MAX_CANDIDATES:
            groups[key] = (*found, pk)
    groups.pop("", None)
    return groups


def mailbox(email: str) -> str:
    """Return an address without its plus tag; empty where nothing comes before the tag."""
    if "+" not in email:
        return email
    local, _at, host = email.rpartition("@")
    local = local.partition("+")[0]
    return f"{local}@{host}" if local else ""


def host_of(email: str) -> str:
    return email.rpartition("@")[2] if "@" in email else ""


def name_key(name: str) -> str:
    """Return a name without differences of case, Unicode form and spaces."""
    if not name.isascii():
        # Normalized again afterwards, as casefold() may decompose characters.
        name = unicodedata.normalize("NFKC", name)
        name = unicodedata.normalize("NFKC", name.casefold())
    return " ".join(name.casefold().split())
