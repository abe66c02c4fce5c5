from collections.abc import Mapping
from dataclasses import dataclass, field

from appconnect.calls.models.choices.sentences import Sentence
from appconnect.calls.models.choices.states import CHOICES
from appconnect.organizations.models import UserMapping

LABELS = dict(CHOICES) | dict(Sentence.choices)


@dataclass(frozen=True, slots=True)
class Message:
    """A sentence for people: the key of a `Sentence` or a reason, and its values as JSON.

    The values are ids, counts and what a CRM answered; never a caller's number or name.
    `str` words it in the language of whoever reads it.
    """

    key: str = field(repr=False)
    values: Mapping[str, str | int | float] = field(default_factory=dict, repr=False)

    def __str__(self) -> str:
        values = dict(self.values)
        if "match" in values:
            labels = dict(UserMapping.Match.choices)
            values["match"] = labels.get(values["match"], values["match"])
        # A later release may have stored a key that this one does not have.
        return str(LABELS.get(self.key, self.key)) % values
