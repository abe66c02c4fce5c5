"""The user mapping of a large company: matching, its endpoint and its pages.

Without a network: the CRM's answer is a list in memory, and Django's test client asks.
"""

import json
import time
from collections.abc import Callable
from importlib import import_module
from statistics import median
from unittest.mock import patch

from django.conf import settings
from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import connection
from django.db.models import Value
from django.db.models.functions import Concat, Substr
from django.test import Client

from appconnect.api.base.authentication import issue_user_jwt
from appconnect.organizations.mapping.directory import CrmUserRow, ExtensionRow
from appconnect.organizations.mapping.matching import match
from appconnect.organizations.models import Member
from appconnect.sandbox.ringcentral import seed
from connector import types
from connector.crms.sandbox import Sandbox
from tests.long_runs.benchmarks.figures import Sizes, vacuum
from tests.support.helpers import SandboxControl
from tests.support.organization import connect_to_crm
from tests.support.workers import prepare

SIZE = 10_000
TIMES = 7


def run(sandbox: SandboxControl, sizes: Sizes) -> list[dict]:
    import_module("appconnect.wsgi")  # as the web server does
    settings.ALLOWED_HOSTS.append("testserver")
    call_command("collectstatic", interactive=False, verbosity=0)
    organization = prepare(sandbox)
    organization.extensions.all().delete()
    organization.crm_users.all().delete()
    size = sizes.of(SIZE)
    rows = [
        *matching(size),
        *endpoint(organization, sandbox, size),
        *pages(organization, size),
    ]
    connection.close()
    return rows


def matching(size: int) -> list[dict]:
    extensions = [
        ExtensionRow(n, "", "", *row, "User", True) for n, *row in people(size)
    ]
    users = [
        CrmUserRow(n, "", *row, True) for n, *row in people(size, shift=size // 10)
    ]
    return [measure("matching", lambda: match(extensions, users))]


def endpoint(organization, sandbox: SandboxControl, size: int) -> list[dict]:
    admin = seed.extension_id(seed.ADMIN_EXTENSION)
    session = connect_to_crm(
        organization, api_key=seed.api_key_of("u1"), extension_id=admin
    )
    users = [
        types.CrmUser(id=f"crm-{number}", name=name, email=email)
        for number, name, email in people(size)
    ]
    body = json.dumps(
        {
            "rcExtensionList": [
                {
                    "id": 100_000 + number,
                    "name": name,
                    "firstName": name.partition(" ")[0],
                    "lastName": name.partition(" ")[2],
                    "email": email,
                    "extensionNumber": str(number),
                    "type": "User",
                }
                for number, name, email in people(size)
            ]
        }
    )
    headers = {
        "Authorization": f"Bearer {issue_user_jwt(session)}",
        "X-RC-Access-Token": sandbox.access_token(seed.ADMIN_EXTENSION),
    }
    client = Client()

    def ask() -> bytes:
        with patch.object(Sandbox, "get_user_list", return_value=users):
            reply = client.post(
                *("/admin/userMapping", body, "application/json"), headers=headers
            )
        assert reply.status_code == 200, reply.content[:500]
        assert reply.content.count(b'"extensionId"') == size
        return reply.content

    def forget() -> None:
        organization.extensions.all().delete()
        organization.crm_users.all().delete()

    return [
        measure("POST /admin/userMapping, first call", ask, before=forget),
        measure("POST /admin/userMapping, repeated", ask),
    ]


def pages(organization, size: int) -> list[dict]:
    vacuum()
    User.objects.filter(username="benchmark").delete()
    user = User.objects.create_user("benchmark")
    role = Member.Role.OPERATOR
    Member.objects.create(user=user, organization=organization, role=role)
    client = Client()
    client.force_login(user)

    def open_page(path: str) -> Callable[[], bytes]:
        def ask() -> bytes:
            reply = client.get(path)
            assert reply.status_code == 200, path
            return reply.content

        return ask

    shown = [
        measure(name, open_page(f"/user-mapping/{path}"))
        for name, path in (
            ("user mapping", ""),
            ("user mapping, last page", f"?show=all&page={max(1, size // 50)}"),
            ("user mapping, only unmapped", "?show=unmapped"),
            ("search: one hit", f"?show=all&q=person{size - 1}"),
            ("search: thousands of hits", "?show=all&q=per"),
            ("search: no hit", "?show=all&q=nobody"),
            ("combobox: thousands of hits", "crm-users/?q=per"),
        )
    ]
    # Half are certain, and each other finding is there for thousands.
    organization.user_mappings.update(crm_user=None, match="NONE")
    users = organization.crm_users
    users.filter(crm_user_id__regex="[12]$").update(email=Concat(Value("x"), "email"))
    users.filter(crm_user_id__regex="[34]$").update(email=Substr("name", 1, 9))
    users.filter(crm_user_id__regex="5$").update(email="one@example.com")
    organization.extensions.filter(extension_id__regex="5$").update(
        email="one@example.com"
    )
    return [
        *shown,
        measure("user mapping, nothing mapped", open_page("/user-mapping/")),
        measure("match preview", open_page("/user-mapping/match/")),
        measure("match preview, page 30", open_page("/user-mapping/match/?page=30")),
    ]


def people(size: int, shift: int = 0):
    """Yield number, name and e-mail address; the last ones after a shift are others."""
    for number in range(shift, size + shift):
        yield number, f"Person{number} Family{number}", f"person{number}@example.com"


def measure(
    what: str, work: Callable[[], bytes], *, before: Callable[[], None] | None = None
) -> dict:
    """Return the median of some runs, in milliseconds, and the size of the answer."""
    wall, cpu, answer = [], [], b""
    for _ in range(TIMES):
        if before:
            before()
        began, used = time.perf_counter(), time.process_time()
        answer = work()
        wall.append(time.perf_counter() - began)
        cpu.append(time.process_time() - used)
    size = round(len(answer) / 1000) if isinstance(answer, bytes) else "-"
    return {
        "server ms": round(median(wall) * 1000, 1),
        "CPU ms": round(median(cpu) * 1000, 1),
        "best ms": round(min(wall) * 1000, 1),
        "KB": size,
        "what": what,
    }
