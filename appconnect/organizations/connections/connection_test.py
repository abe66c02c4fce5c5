"""Testing settings at the CRM, step by step, without writing anything there or here."""

import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import TextChoices
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from appconnect.organizations.connections.connectors import open_on_trial
from appconnect.organizations.models import AuditEntry, Organization
from appconnect.organizations.security import audit
from appconnect.organizations.security.audit import Actor
from connector.base import Connector
from connector.errors import ConnectorError, NotSupported
from connector.registry import get_platform

logger = logging.getLogger(__name__)
TESTS_PER_MINUTE = 10
Action = AuditEntry.Action


class TooManyTests(Exception):
    """A person tests more often than `TESTS_PER_MINUTE`."""

    def __init__(self) -> None:
        super().__init__(
            _("%s tests a minute is the limit. Try again in a minute.")
            % TESTS_PER_MINUTE
        )


class Result(TextChoices):
    PASSED = "PASSED", gettext_lazy("Passed")
    FAILED = "FAILED", gettext_lazy("Failed")
    NOT_CHECKED = "NOT_CHECKED", gettext_lazy("Not checked")


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step and its result; `sentence` describes it and is safe to be shown."""

    title: str
    result: Result
    sentence: str
    milliseconds: int = 0

    @property
    def state(self) -> str:
        """The result as a state of the stylesheet's."""
        return {Result.PASSED: "ok", Result.FAILED: "bad"}.get(self.result, "off")


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionTest:
    """The result of a test: its steps in order, and a summary."""

    steps: tuple[Step, ...]
    summary: str
    is_accepted: bool
    """Whether a request with the credentials succeeded."""

    @property
    def has_failed(self) -> bool:
        return any(step.result == Result.FAILED for step in self.steps)


def run_connection_test(
    organization: Organization,
    values: Mapping[str, str],
    *,
    admin_extension_id: str,
    actor: Actor,
    now: datetime,
) -> ConnectionTest:
    """Reach the host, sign in, read the users, check the right to create records.

    `values` are additional fields as the form has validated them. After a step that
    fails the others are skipped. Raises `TooManyTests`, and `NoCredentials` where the
    admin's own CRM session is needed and missing.
    """
    with open_on_trial(
        organization, values, admin_extension_id=admin_extension_id
    ) as connector:
        count_test(organization, actor=actor, now=now)
        return Trial(connector, values).run()


@transaction.atomic
def count_test(organization: Organization, *, actor: Actor, now: datetime) -> None:
    """Log the test, or raise `TooManyTests`; the audit log is what is counted."""
    organization.lock()
    recent = organization.audit_entries.filter(
        action=Action.CONNECTION_TESTED,
        actor=actor.name,
        at__gt=now - timedelta(minutes=1),
    )
    if recent.count() >= TESTS_PER_MINUTE:
        raise TooManyTests
    audit.log(
        organization,
        Action.CONNECTION_TESTED,
        actor=actor,
        subject=organization.crm_hostname,
        now=now,
    )


class Trial:
    """The steps of one test: each returns its sentence, or raises."""

    def __init__(self, connector: Connector, values: Mapping[str, str]):
        self.connector = connector
        self.values = values
        self.display_name = get_platform(connector.platform).display_name
        self.is_accepted = False
        """Whether a request with the credentials succeeded."""
        self.signed_in_as = ""
        self.users_seen = ""

    def run(self) -> ConnectionTest:
        steps: list[Step] = []
        for title, attempt, unknown in (
            (
                _("Reach the server"),
                self.reach_host,
                _("Checked with the next step."),
            ),
            (_("Sign in"), self.sign_in, _("This CRM doesn't say who signs in.")),
            (_("Read users"), self.read_users, _("This CRM lists no users.")),
            (
                _("Create call records"),
                self.check_call_log_access,
                _("This CRM doesn't say beforehand. Your first call shows it."),
            ),
        ):
            if any(step.result == Result.FAILED for step in steps):
                sentence = _("Not tried")
                step = Step(title=title, result=Result.NOT_CHECKED, sentence=sentence)
            else:
                step = try_step(title, attempt, unknown)
            steps.append(step)
        return ConnectionTest(
            steps=tuple(steps), summary=self.summary, is_accepted=self.is_accepted
        )

    @property
    def summary(self) -> str:
        names = {"crm": self.display_name, "user": self.signed_in_as}
        if self.signed_in_as:
            connected = _("Connected to %(crm)s as %(user)s.") % names
        elif self.is_accepted:
            connected = _("Connected to %(crm)s.") % names
        else:
            connected = _(
                "%(crm)s can't test credentials. Your first call shows whether they work."
            )
            connected %= names
        return f"{connected} {self.users_seen}".strip()

    def reach_host(self) -> str:
        self.connector.reach_host()
        return _("The server answers.")

    def sign_in(self) -> str:
        try:
            user = self.connector.get_user_info()
        except NotSupported:
            if not self.connector.implements("update_server_logging_settings"):
                raise
            self.connector.update_server_logging_settings(self.values)
            self.is_accepted = True
            return _("The credentials were accepted.")
        self.is_accepted = True
        self.signed_in_as = user.name or user.id
        return _("Signed in as %s.") % self.signed_in_as

    def read_users(self) -> str:
        count = len(self.connector.get_user_list())
        self.is_accepted = True
        sentence = ngettext("%d user visible.", "%d users visible.", count)
        self.users_seen = sentence % count
        return self.users_seen

    def check_call_log_access(self) -> str:
        # Saving does this too: a test must not succeed where saving then fails.
        self.connector.update_server_logging_settings(self.values)
        self.connector.check_call_log_access()
        return _("Allowed, none created.")


def try_step(title: str, attempt: Callable[[], str], unknown: str) -> Step:
    began = time.monotonic()
    try:
        result, sentence = Result.PASSED, attempt()
    except NotSupported:
        result, sentence = Result.NOT_CHECKED, unknown
    except ConnectorError as error:
        result, sentence = Result.FAILED, error.full_message
    except (LookupError, TypeError, ValueError, AttributeError):
        # A host that answers, perhaps in JSON, and is another program.
        logger.exception("A connection test met an answer that is not understood")
        result, sentence = (
            Result.FAILED,
            _("The answer isn't from this CRM. Check the address."),
        )
    milliseconds = round((time.monotonic() - began) * 1000)
    return Step(
        title=title, result=result, sentence=sentence, milliseconds=milliseconds
    )
