"""Map the same extensions from seven clients and by matching at once.

Prints how many failed, and whether every extension has its user.
"""

import random
from functools import partial

import django

django.setup()

from appconnect.organizations.mapping.user_mapping import (
    auto_match,
    map_client_extensions,
)
from appconnect.organizations.models import Organization
from appconnect.ringcentral.extensions import ExtensionInfo
from connector.types import CrmUser
from tests.support.programs.at_once import run_at_once

COUNT = 400
organization = Organization.objects.create(
    name="M", rc_account_id="2", region="US", platform="sandbox"
)
extensions = [
    ExtensionInfo(
        id=str(n),
        extension_number=str(n),
        name=f"N {n}",
        email=f"n{n}@example.com",
        type="User",
        is_enabled=True,
    )
    for n in range(COUNT)
]
users = [
    CrmUser(id=f"u{n}", name=f"N {n}", email=f"n{n}@example.com") for n in range(COUNT)
]


def post(part: list[ExtensionInfo]) -> None:
    for _ in range(3):
        mine, theirs = part[:], users[:]
        random.shuffle(mine)
        random.shuffle(theirs)
        map_client_extensions(organization, mine, theirs)


def refresh() -> None:
    for _ in range(5):
        auto_match(Organization.objects.get(pk=organization.pk))


parts = [extensions[n * 50 : n * 50 + 100] for n in range(7)]
failures = run_at_once(*(partial(post, part) for part in parts), refresh)
mapped = organization.user_mappings.values_list(
    "extension__extension_id", "crm_user__crm_user_id"
)
print(len(failures), set(mapped) == {(str(n), f"u{n}") for n in range(COUNT)})
