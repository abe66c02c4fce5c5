from datetime import datetime, timedelta

from django.db import models
from django.db.models import F, Value
from django.db.models.functions import Coalesce, Greatest
from django.utils.translation import gettext_lazy as _

from appconnect.calls.models.call_session import CallSession
from appconnect.calls.models.timing import scaled
from appconnect.organizations.models import Organization
from appconnect.rows import rows_of


class CrmCircuitQuerySet(models.QuerySet):
    def at(self, organization: Organization) -> "CrmCircuit":
        """Return the circuit to the CRM that the organization logs to now."""
        return self.get_or_create(
            organization=organization, platform=organization.platform
        )[0]

    def ahead_of(self, call: CallSession) -> "CrmCircuit":
        """Return the circuit to a claimed call's CRM; unsaved while nothing has failed."""
        if call.may_have_open_circuit:
            return self.at(call.organization)
        organization = call.organization
        return CrmCircuit(organization=organization, platform=organization.platform)

    def find_open(
        self, organization: Organization, *, now: datetime
    ) -> "CrmCircuit | None":
        """Return the organization's circuit if it is open or its credentials are refused."""
        circuit = self.find(organization)
        if circuit and (circuit.is_open(now) or circuit.rejected_at):
            return circuit
        return None

    def find(self, organization: Organization) -> "CrmCircuit | None":
        """Return the circuit to the organization's CRM, perhaps closed; None where none is stored."""
        circuits = rows_of(organization, self.model)
        return next((c for c in circuits if c.platform == organization.platform), None)

    def changed_since_rejection(self):
        """Return circuits whose organization's configuration changed after the refusal."""
        return self.filter(
            rejected_at__isnull=False,
            configuration_version__lt=F("organization__configuration_version"),
        )


class CrmCircuit(models.Model):
    """The circuit breaker and rate limiter of an organization's CRM, for all workers.

    It opens when the CRM fails several times in a row, sets a rate limit, or refuses the
    credentials; after that one call at a time is the probe that may close it. Calls wait
    meanwhile, and none is lost.
    """

    FAILURES_TO_OPEN = 5
    MIN_OPEN_TIME, MAX_OPEN_TIME = scaled(seconds=15), scaled(minutes=1)
    PROBE_TIMEOUT = scaled(minutes=1)
    """How long the probe has, before another call becomes the probe."""
    REJECTED_INTERVAL = timedelta(hours=1)
    """Between probes while the credentials are refused; new credentials end the wait."""
    MAX_SLOT_WAIT = timedelta(hours=1)
    """How far ahead slots are given out. A slot that is farther came from a wrong clock."""

    organization = models.ForeignKey(
        Organization,
        on_delete=models.CASCADE,
        related_name="crm_circuits",
        db_index=False,
    )
    platform = models.CharField(max_length=60)
    failures = models.PositiveIntegerField(default=0)
    open_until = models.DateTimeField(null=True)
    opened_at = models.DateTimeField(
        null=True, help_text=_("When the CRM stopped answering, if it still does not.")
    )
    rejected_at = models.DateTimeField(null=True)
    failure = models.CharField(max_length=300, blank=True)
    configuration_version = models.PositiveIntegerField(default=0)
    next_slot_at = models.DateTimeField(
        null=True,
        help_text=_("When the next call may be logged, where that is limited."),
    )

    objects = CrmCircuitQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "platform"], name="one_circuit_per_crm"
            )
        ]

    def __str__(self):
        return f"{self.organization} → {self.platform}"

    def is_open(self, now: datetime) -> bool:
        return self.open_until is not None and self.open_until > now

    def admit(self, now: datetime) -> datetime | None:
        """Return None where a call may be sent now, else when to come back."""
        if self.is_open(now):
            return self.open_until
        if self.open_until is not None:
            probe_until = now + self.PROBE_TIMEOUT
            if not self._mine(open_until__lte=now).update(open_until=probe_until):
                return now + self.MIN_OPEN_TIME
            self.open_until = probe_until
        return None

    def take_slot(self, now: datetime, *, calls_per_minute: int) -> datetime | None:
        """Return the call's slot: now, or a later time that no other call gets.

        None where the next `MAX_SLOT_WAIT` is full.
        """
        interval = timedelta(minutes=1) / calls_per_minute
        farthest = now + self.MAX_SLOT_WAIT
        while True:
            taken = self.next_slot_at
            slot = max(taken or now, now)
            if slot > farthest + interval:
                slot = now
            elif slot > farthest:
                return None
            if self._mine(next_slot_at=taken).update(next_slot_at=slot + interval):
                return slot
            self.refresh_from_db(fields=["next_slot_at"])

    def succeeded(self) -> bool:
        """Close the circuit after an answer; return whether it was open.

        Only the probe's answer closes it: one to an older request says nothing about what
        has opened it since.
        """
        if self.failures:
            self._mine().update(failures=0)
        if self.open_until is None:
            return False
        closed = {
            "open_until": None,
            "opened_at": None,
            "rejected_at": None,
            "failure": "",
        }
        return bool(self._mine(open_until=self.open_until).update(**closed))

    def failed(self, failure: str, *, now: datetime) -> None:
        """Count a request without a usable answer; open after several in a row."""
        self._mine().update(failures=F("failures") + 1, failure=failure[:300])
        self.refresh_from_db()
        over = self.failures - self.FAILURES_TO_OPEN
        if over >= 0:
            wait = min(self.MIN_OPEN_TIME * 2 ** min(over, 10), self.MAX_OPEN_TIME)
            self._open(now + wait, now=now)

    def hold(self, until: datetime, *, failure: str, now: datetime) -> None:
        """Open until `until`, as the CRM asked."""
        self._mine().update(failure=failure[:300])
        self._open(until, now=now)

    def reject(self, failure: str, *, now: datetime, version: int) -> None:
        """Open because the CRM refuses the credentials."""
        self._mine(rejected_at=None).update(rejected_at=now)
        self._mine().update(
            failure=failure[:300],
            open_until=now + self.REJECTED_INTERVAL,
            configuration_version=version,
        )

    def retry(self, now: datetime) -> None:
        """Send one call to probe the credentials, which may have changed."""
        version = self.organization.configuration_version
        self._mine().update(open_until=now, configuration_version=version)

    def _open(self, until: datetime, *, now: datetime) -> None:
        earliest = Value(until)
        later = Greatest(Coalesce("open_until", earliest), earliest)
        opened_at = Coalesce("opened_at", Value(now))
        self._mine().update(open_until=later, opened_at=opened_at)

    def _mine(self, **filters: object) -> models.QuerySet:
        if self.pk is None:
            self.pk = type(self).objects.at(self.organization).pk
        return type(self).objects.filter(pk=self.pk, **filters)
