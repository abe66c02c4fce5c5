from appconnect.organizations.models.audit import AuditEntry
from appconnect.organizations.models.crm import (
    CrmSession,
    CrmSignIn,
    CrmUser,
    ManagedKey,
)
from appconnect.organizations.models.lease import Lease, wait_until
from appconnect.organizations.models.organization import (
    ClientSettings,
    CrmChanged,
    Organization,
    PersonSettings,
    Retention,
)
from appconnect.organizations.models.people.attempts import Attempts
from appconnect.organizations.models.people.member import AdminRight, Member
from appconnect.organizations.models.people.second_factor import (
    AuthenticatorApp,
    Passkey,
    RecoveryCode,
)
from appconnect.organizations.models.people.session import Session
from appconnect.organizations.models.ringcentral import (
    AccountNumber,
    Extension,
    LoggingSubscription,
    RingCentralConnection,
)
from appconnect.organizations.models.server_logging import (
    Configuration,
    DoNotLogNumber,
    NoteSection,
    ServerLoggingSettings,
)
from appconnect.organizations.models.user_mapping import MappingBatch, UserMapping

__all__ = [
    "AccountNumber",
    "AdminRight",
    "Attempts",
    "AuditEntry",
    "AuthenticatorApp",
    "ClientSettings",
    "Configuration",
    "CrmChanged",
    "CrmSession",
    "CrmSignIn",
    "CrmUser",
    "DoNotLogNumber",
    "Extension",
    "Lease",
    "LoggingSubscription",
    "ManagedKey",
    "MappingBatch",
    "Member",
    "NoteSection",
    "Organization",
    "Passkey",
    "PersonSettings",
    "RecoveryCode",
    "Retention",
    "RingCentralConnection",
    "ServerLoggingSettings",
    "Session",
    "UserMapping",
    "wait_until",
]
