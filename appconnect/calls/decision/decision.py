"""Steps 4 to 7: whether a call is logged, its contact, its owner and the credentials.

Nothing is written here, so that the worker and a dry run come to the same result.
"""

from dataclasses import dataclass

from appconnect.calls.decision import rules
from appconnect.calls.decision.contact import Placeholder, find_contact
from appconnect.calls.decision.credentials import choose_credentials
from appconnect.calls.decision.owner import check_license, resolve_owner
from appconnect.calls.models import CallSession, Step
from appconnect.calls.models.choices import StepName
from appconnect.organizations.connections.connectors import (
    Connectors,
    organization_credentials,
)
from appconnect.organizations.models import ServerLoggingSettings
from connector.types import Contact, Credentials, CrmUser


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What is to be written, and with which credentials."""

    contact: Contact | Placeholder
    """A placeholder is created before the record is; here nothing is."""
    owner: CrmUser | None
    credentials: Credentials
    settings: ServerLoggingSettings
    """The settings that the decision follows."""


def decide(
    call: CallSession,
    settings: ServerLoggingSettings,
    connectors: Connectors,
    *,
    steps: list[Step],
) -> Decision:
    """Decide about a call that has RingCentral's record; append each step to `steps`.

    Raises `Skip`, `NeedsAttention`, `NoCredentials` or a `ConnectorError`.
    """
    organization = call.organization
    steps.append(Step(StepName.ELIGIBLE, rules.check(call, settings)))
    connector = connectors.open(organization_credentials(settings))
    contact, reason = find_contact(
        connector, call.call_facts, settings, chosen=call.chosen_contact
    )
    steps.append(Step(StepName.CONTACT, reason))
    owner, reason = resolve_owner(
        organization, settings, extension_id=call.extension_id
    )
    if owner is not None:
        check_license(connector, owner)
    steps.append(Step(StepName.OWNER, reason))
    credentials, source = choose_credentials(settings, extension_id=call.extension_id)
    steps.append(Step(StepName.CREDENTIALS, source))
    return Decision(
        contact=contact,
        owner=owner.as_owner() if owner else None,
        credentials=credentials,
        settings=settings,
    )
