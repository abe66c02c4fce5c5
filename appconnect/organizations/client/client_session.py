"""The CRM session that a client's token names, with what every request needs to know."""

import uuid

from django.db import connection

from appconnect.organizations.connections.configuration import configured
from appconnect.organizations.models import CrmSession, Member
from appconnect.rows import read_row, with_columns

FIND_SESSION = with_columns(
    """
    SELECT {session}, organization.configuration_version AS version,
        member.role AS team_role, member_user.is_active AS is_in_team,
        extension.is_enabled AS is_in_account
    FROM organizations_crmsession session
    JOIN organizations_organization organization
        ON organization.id = session.organization_id
        AND organization.platform = session.platform
    LEFT JOIN organizations_member member
        ON member.organization_id = session.organization_id
        AND member.extension_id = session.extension_id
        AND member.extension_id <> ''
    LEFT JOIN organizations_extension extension
        ON extension.organization_id = session.organization_id
        AND extension.extension_id = session.extension_id
    LEFT JOIN auth_user member_user ON member_user.id = member.user_id
    WHERE session.id = %s AND session.platform = %s
    ORDER BY member_user.is_active, member.id LIMIT 1
    """,
    session=CrmSession,
)
"""In SQL: the ORM takes longer to write it than the database to run it."""


def find_session(session_id: uuid.UUID, platform: str) -> CrmSession | None:
    """Return the session, with its configured `organization` and `is_shut_out`.

    None also when the organization has left that CRM or has removed the person, and where
    the directory says that RingCentral has disabled them. Who is not in it yet may ask.
    """
    pk = CrmSession._meta.pk.get_db_prep_value(session_id, connection)
    session = read_row(CrmSession, FIND_SESSION, (pk, platform))
    if session is None or (session.team_role and not session.is_in_team):
        return None
    if session.is_in_account is not None and not session.is_in_account:
        return None
    session.organization = configured(session.organization_id, session.version)
    session.is_shut_out = session.team_role not in (None, Member.Role.ADMIN)
    return session
