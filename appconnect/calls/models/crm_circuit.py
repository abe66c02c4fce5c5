from datetime import datetime, timedelta

from django.db import models
from django.db.models import F, Value
from django.db.models.functions import Coalesce, Greatest
from django.utils.translation import gettext_lazy as _

from appconnect.calls.models.timing import scaled
from appconnect.organizations.models import Organization


class CrmCircuitQuerySet(models.QuerySet):
    def at(self, organization: Organization) -> "CrmCircuit":
        """Return the circuit to the CRM that the organization logs to now."""
        return self.get_or_create(
            organization=organization, platform=organization.platform
        )[0]

    def find_open(
        self, organization: Organization, *, now: datetime
    ) -> "CrmCircuit | None":
        """Return the circuit if calls are being kept from the organization's CRM."""
        is_open = models.Q(open_until__gt=now) | models.Q(rejected_at__isnull=False)
        key = {"organization": organization, "platform": organization.platform}
        return self.filter(is_open, **key).first()

    def changed_since_rejection(self):
        """Return those whose organization was configured anew since its CRM refused it."""
        return self.filter(
            rejected_at__isnull=False,
            configuration_version__lt=F("organization__configuration_version"),
        )


class CrmCircuit(models.Model):
    """Whether an organization's CRM is to be asked now: one for all workers.

    It is a limiter and a breaker. It opens when the CRM fails several times in a row,
    asks for time, or refuses the credentials; then one call at a time tries whether it
    is over. Calls wait meanwhile, and none is lost.
    """

    FAILURES_TO_OPEN = 5
    SHORTEST, LONGEST = scaled(seconds=15), scaled(minutes=1)
    PROBE = scaled(minutes=1)
    """How long the call that tries has, before another one may."""
    REJECTED_LOOK = timedelta(hours=1)
    """Between tries while the credentials are refused; new ones end the wait."""
    FARTHEST_SLOT = timedelta(hours=1)
    """How far ahead slots are given out. One that is farther: a clock was wrong."""

    organization = models.ForeignKey(
        Organization, on_delete=models.CASCADE, related_name="crm_circuits"
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
        """Let a call to the CRM, or return when to come back."""
        if self.is_open(now):
            return self.open_until
        if self.open_until is not None:
            probe_until = now + self.PROBE
            if not self._mine(open_until__lte=now).update(open_until=probe_until):
                return now + self.SHORTEST
            self.open_until = probe_until
        return None

    def take_slot(self, now: datetime, *, calls_per_minute: int) -> datetime | None:
        """Return when a call may be logged: now, or at a time that no other call is given.

        None where so many wait that it has to ask again, in an hour.
        """
        interval = timedelta(minutes=1) / calls_per_minute
        farthest = now + self.FARTHEST_SLOT
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
        """Take in that the CRM answers; tell whether calls had been kept from it.

        Only the call that tries closes the circuit: an answer to an older request says
        nothing of what has opened it since.
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
        """Take in that the CRM gave no usable answer; open after several in a row."""
        self._mine().update(failures=F("failures") + 1, failure=failure[:300])
        self.refresh_from_db()
        over = self.failures - self.FAILURES_TO_OPEN
        if over >= 0:
            wait = min(self.SHORTEST * 2 ** min(over, 10), self.LONGEST)
            self._open(now + wait, now=now)

    def hold(self, until: datetime, *, failure: str, now: datetime) -> None:
        """Send nothing before `until`: the CRM asked for that."""
        self._mine().update(failure=failure[:300])
        self._open(until, now=now)

    def reject(self, failure: str, *, now: datetime, version: int) -> None:
        """Take in that the CRM refuses the credentials."""
        self._mine(rejected_at=None).update(rejected_at=now)
        self._mine().update(
            failure=failure[:300],
            open_until=now + self.REJECTED_LOOK,
            configuration_version=version,
        )

    def retry(self, now: datetime) -> None:
        """Let one call try the credentials again; they may be others now."""
        version = self.organization.configuration_version
        self._mine().update(open_until=now, configuration_version=version)

    def _open(self, until: datetime, *, now: datetime) -> None:
        earliest = Value(until)
        later = Greatest(Coalesce("open_until", earliest), earliest)
        opened_at = Coalesce("opened_at", Value(now))
        self._mine().update(open_until=later, opened_at=opened_at)

    def _mine(self, **filters: object) -> models.QuerySet:
        return type(self).objects.filter(pk=self.pk, **filters)
