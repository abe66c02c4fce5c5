"""Recovery codes: ten, shown once, each good for one sign-in."""

import secrets

from django.contrib.auth.hashers import check_password, make_password

from appconnect.organizations.models import Member, RecoveryCode

COUNT = 10
ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
"""Without what looks alike."""
LENGTH = 10
"""50 bits: too few for a plain hash, so they are stored as passwords are."""


def make_codes(member: Member) -> list[str]:
    """Replace a member's codes, inside the caller's transaction; return the new ones."""
    codes = [
        "".join(secrets.choice(ALPHABET) for _ in range(LENGTH)) for _ in range(COUNT)
    ]
    member.recovery_codes.all().delete()
    RecoveryCode.objects.bulk_create(
        RecoveryCode(
            organization=member.organization, member=member, hash=make_password(code)
        )
        for code in codes
    )
    middle = LENGTH // 2
    return [f"{code[:middle]}-{code[middle:]}" for code in codes]


def use_code(member: Member, text: str) -> bool:
    """Use up a code; return whether it was one of the member's."""
    code = text.lower().replace("-", "")
    if len(code) != LENGTH:
        return False
    for stored in member.recovery_codes.all():
        if check_password(code, stored.hash):
            deleted, _rows = RecoveryCode.objects.filter(pk=stored.pk).delete()
            return deleted == 1
    return False
