"""Give the only organization 200 extensions, of which 62 have no CRM user yet.

20 of these have one likely CRM user, the others one that only a person finds: extension
“Desk 7” is user “Owner 7”. The sandbox's own extensions are among the 200.
"""

import django

django.setup()

from appconnect.organizations.mapping.directory import (
    store_crm_users,
    store_extensions,
)
from appconnect.organizations.mapping.user_mapping import auto_match
from appconnect.organizations.models import Organization
from appconnect.ringcentral.extensions import parse_extension
from appconnect.sandbox.ringcentral import seed
from appconnect.sandbox.ringcentral.account import make_extension
from connector.types import CrmUser

LIKELY, TO_CHOOSE, TOTAL = 20, 37, 189
"""Of the extensions that are added; five of the sandbox's own have no CRM user either."""

extensions, users = list(seed.EXTENSIONS), list(seed.CRM_USERS)
for index in range(TOTAL):
    number = str(1001 + index)
    name, email = f"Robin Reed {number}", f"robin.{number}@example.com"
    owner = (f"x{number}", name, email)
    if index < LIKELY:
        owner = (f"x{number}", name, f"r{number}@example.com")
    elif index < LIKELY + TO_CHOOSE:
        name, email = f"Desk {number}", f"desk{number}@example.com"
        owner = (f"x{number}", f"Owner {number}", f"owner{number}@north.example.com")
    extensions.append((number, name, email, "User"))
    users.append(owner)

organization = Organization.objects.get()
store_extensions(
    organization, [parse_extension(make_extension(*row)) for row in extensions]
)
store_crm_users(
    organization,
    [CrmUser(id=key, name=name, email=email) for key, name, email in users],
)
auto_match(organization)
