from appconnect.organizations.models.crm import CrmSession, CrmSignIn, CrmUser
from appconnect.organizations.models.organization import Admin, Organization
from appconnect.organizations.models.ringcentral import (
    Extension,
    LoggingSubscription,
    RingCentralConnection,
)
from appconnect.organizations.models.server_logging import (
    DoNotLogNumber,
    NoteSection,
    ServerLoggingSettings,
)
from appconnect.organizations.models.user_mapping import UserMapping

__all__ = [
    "Admin",
    "CrmSession",
    "CrmSignIn",
    "CrmUser",
    "DoNotLogNumber",
    "Extension",
    "LoggingSubscription",
    "NoteSection",
    "Organization",
    "RingCentralConnection",
    "ServerLoggingSettings",
    "UserMapping",
]
