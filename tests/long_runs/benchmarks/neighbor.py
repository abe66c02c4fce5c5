"""How long an organization's calls take while another's burst is being logged."""

import time

from appconnect.calls.models import CallSession
from appconnect.organizations.models import (
    Organization,
    RingCentralConnection,
    ServerLoggingSettings,
)
from tests.long_runs.benchmarks.figures import milliseconds, send, waits
from tests.support.helpers import SandboxControl, wait_for
from tests.support.workers import add_calls, prepare, running_workers

BURST = 3000
QUIET_CALLS = 60
INTERVAL_SECONDS = 0.25


def run(sandbox: SandboxControl) -> list[dict]:
    sandbox.switch(crmDelaySeconds=0.1)
    noisy = prepare(sandbox)
    quiet = copy(noisy)
    rows = []
    with running_workers(1):
        send(add_calls(quiet, 50))
        wait_for(lambda: all_logged(quiet))
        rows.append({"neighbor": "silent", **figures(quiet)})
        send(add_calls(noisy, BURST))
        rows.append({"neighbor": f"{BURST} at once", **figures(quiet)})
        left = noisy.calls.exclude(status=CallSession.Status.LOGGED).count()
    assert left, "the burst was over before the quiet calls were"
    sandbox.switch(crmDelaySeconds=0)
    return rows


def figures(organization: Organization) -> dict:
    """Log a call now and then; return how long that took."""
    calls = []
    for _ in range(QUIET_CALLS):
        added = add_calls(organization, 1)
        send(added)
        calls += added
        time.sleep(INTERVAL_SECONDS)
    wait_for(lambda: all_logged(organization))
    took = waits(calls)
    return {"p50 ms": milliseconds(took, 50), "p95 ms": milliseconds(took, 95)}


def all_logged(organization: Organization) -> bool:
    waiting = organization.calls.exclude(status=CallSession.Status.LOGGED)
    return not waiting.exists()


def copy(organization: Organization) -> Organization:
    """Make another organization with the same people, settings and mapping."""
    key = organization.pk
    other = Organization.objects.get(pk=key)
    other.pk, other._state.adding = None, True
    other.id = Organization._meta.pk.default()
    other.rc_account_id = "another"
    other.index_key = organization.index_key
    other.save()
    RingCentralConnection.objects.create(organization=other, extension_id="1")
    users = {}
    for user in organization.crm_users.all():
        old = user.pk
        user.pk, user.organization = None, other
        user.save()
        users[old] = user
    for mapping in organization.user_mappings.select_related("extension"):
        extension = mapping.extension
        extension.pk, extension.organization = None, other
        extension.save()
        mapping.pk, mapping.organization, mapping.extension = None, other, extension
        mapping.crm_user = users.get(mapping.crm_user_id)
        mapping.save()
    settings = organization.server_logging_settings.get()
    values = settings.additional_field_values
    ServerLoggingSettings.objects.create(
        organization=other,
        platform=settings.platform,
        logging_level=settings.logging_level,
        logging_since=settings.logging_since,
        additional_field_values=values,
        admin_extension_id=settings.admin_extension_id,
    )
    return other
