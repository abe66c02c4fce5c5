"""Rotate the keys five times while eight threads write sealed values.

Prints how many failed, whether every last value is there, and whether the old key is free.
"""

from functools import partial
from io import StringIO

import django

django.setup()

from django.conf import settings
from django.core.management import call_command

from appconnect.organizations.models import CrmSession, Organization
from tests.support.programs.at_once import run_at_once

ROUNDS = 40
organization = Organization.objects.create(name="R", rc_account_id="3", region="US")
pks = [
    CrmSession.objects.create(
        organization=organization,
        platform="sandbox",
        crm_user_id=str(n),
        extension_id=str(n),
        access_token="0",
    ).pk
    for n in range(8)
]
settings.ENCRYPTION_KEYS = {"k2": "cd" * 32, **settings.ENCRYPTION_KEYS}


def write(pk: int) -> None:
    for n in range(1, ROUNDS + 1):
        row = CrmSession.objects.get(pk=pk)
        assert row.access_token == str(n - 1), "an update was lost"
        row.access_token = str(n)
        row.save()


def rotate() -> None:
    for _ in range(5):
        call_command("rotate_keys", stdout=StringIO())


failures = run_at_once(*(partial(write, pk) for pk in pks), rotate)
output = StringIO()
call_command("rotate_keys", stdout=output)
del settings.ENCRYPTION_KEYS["k1"]
values = {row.access_token for row in CrmSession.objects.filter(pk__in=pks)}
print(len(failures), values == {str(ROUNDS)}, "k1: 0 values" in output.getvalue())
