"""Which role each page of the console asks for. A page that is not listed fails."""

import pytest
from django.core.cache import cache

from appconnect.console import urls as console
from appconnect.organizations.models import Member
from tests.support.walk import path_of

VIEWER, OPERATOR, ADMIN = Member.Role
OPEN, NEVER = "open to everybody", "no such method"

# name: (who may GET, who may POST)
ROLES = {
    "home": (VIEWER, NEVER),
    "overview": (VIEWER, NEVER),
    "set-up": (VIEWER, NEVER),
    "switch-on": (NEVER, ADMIN),
    "system-status": (ADMIN, NEVER),
    "calls": (VIEWER, NEVER),
    "new-calls": (VIEWER, NEVER),
    "find-number": (VIEWER, VIEWER),
    "export-calls": (VIEWER, NEVER),
    "retry-batch": (OPERATOR, OPERATOR),
    "cancel-retry-batch": (NEVER, OPERATOR),
    "call-detail": (VIEWER, NEVER),
    "try-again": (NEVER, OPERATOR),
    "decide": (NEVER, OPERATOR),
    "choose-contact": (NEVER, OPERATOR),
    "leave": (NEVER, OPERATOR),
    "do-not-log-number": (NEVER, ADMIN),
    "show-number": (VIEWER, OPERATOR),
    "needs-attention": (VIEWER, NEVER),
    "try-cause-again": (NEVER, OPERATOR),
    "leave-cause": (NEVER, OPERATOR),
    "acknowledge-cause": (NEVER, OPERATOR),
    "server-logging-settings": (VIEWER, ADMIN),
    "connection-test": (VIEWER, ADMIN),
    "note-preview": (NEVER, VIEWER),
    "do-not-log": (ADMIN, ADMIN),
    "remove-from-do-not-log": (NEVER, ADMIN),
    "user-mapping": (VIEWER, NEVER),
    "refresh-directory": (NEVER, OPERATOR),
    "user-mapping-bulk": (NEVER, OPERATOR),
    "user-mapping-export": (VIEWER, NEVER),
    "user-mapping-import": (OPERATOR, OPERATOR),
    "crm-user-options": (VIEWER, NEVER),
    "user-mapping-match": (OPERATOR, OPERATOR),
    "undo-mapping": (NEVER, OPERATOR),
    "user-mapping-edit": (VIEWER, OPERATOR),
    "connections": (VIEWER, ADMIN),
    "crm-account": (VIEWER, ADMIN),
    "crms": (VIEWER, NEVER),
    "check-now": (NEVER, OPERATOR),
    "resubscribe": (NEVER, ADMIN),
    "ringcentral-sign-in": (OPEN, NEVER),
    "ringcentral-connect": (ADMIN, ADMIN),
    "ringcentral-callback": (OPEN, NEVER),
    "crm-sign-in": (ADMIN, ADMIN),
    "crm-callback": (ADMIN, NEVER),
    "language": (NEVER, OPEN),
    "theme": (NEVER, OPEN),
    "alerts": (ADMIN, ADMIN),
    "add-alert-email": (ADMIN, ADMIN),
    "add-alert-webhook": (ADMIN, ADMIN),
    "test-alert-channel": (NEVER, ADMIN),
    "switch-alert-channel": (NEVER, ADMIN),
    "new-signing-secret": (ADMIN, ADMIN),
    "remove-alert-channel": (NEVER, ADMIN),
    "privacy": (ADMIN, ADMIN),
    "erase-number": (ADMIN, ADMIN),
    "export-number": (ADMIN, ADMIN),
    "dry-run": (OPERATOR, OPERATOR),
    "team": (ADMIN, ADMIN),
    "member-role": (NEVER, ADMIN),
    "remove-member": (NEVER, ADMIN),
    "sign-out-member": (NEVER, ADMIN),
    "password-link": (ADMIN, ADMIN),
    "set-password": (OPEN, OPEN),
    "sessions": (VIEWER, VIEWER),
    "second-factor": (OPEN, OPEN),
    "sign-in-security": (VIEWER, NEVER),
    "change-password": (VIEWER, VIEWER),
    "authenticator-app": (VIEWER, VIEWER),
    "remove-authenticator-app": (NEVER, VIEWER),
    "add-passkey": (VIEWER, VIEWER),
    "remove-passkey": (NEVER, VIEWER),
    "recovery-codes": (NEVER, VIEWER),
    "require-second-factor": (NEVER, ADMIN),
    "reset-second-factor": (NEVER, ADMIN),
    "audit": (ADMIN, NEVER),
    "audit-export": (ADMIN, NEVER),
    "confirm-sign-in": (VIEWER, VIEWER),
    "pause": (NEVER, OPERATOR),
    "resume": (NEVER, OPERATOR),
}
PATTERNS = {pattern.name: pattern for pattern in console.urlpatterns}


def test_every_page_is_listed_here():
    assert set(ROLES) == set(PATTERNS)


@pytest.mark.parametrize("role", Member.Role)
@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("name", PATTERNS)
def test_each_role_may_do_its_part(
    console, member, logging_settings, ids, settings, name, method, role
):
    cache.clear()
    settings.RINGCENTRAL_SERVER = "http://127.0.0.1:9"
    member.organization.crm_hostname = "127.0.0.1:9"
    member.organization.save()
    member.role = role
    member.save()
    needed = ROLES[name][method == "post"]

    reply = getattr(console, method)(path_of(PATTERNS[name], ids))

    if needed == NEVER:
        # Others may hear of the role before the method.
        assert reply.status_code in ((405,) if role == ADMIN else (403, 405))
    elif needed == OPEN or member.may(needed):
        assert reply.status_code not in (403, 405)
    else:
        assert reply.status_code == 403
        assert f"You need the {needed.label} role" in reply.content.decode()
