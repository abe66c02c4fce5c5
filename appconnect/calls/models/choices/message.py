from collections.abc import Mapping
from dataclasses import dataclass, field

from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from appconnect.calls.models.choices.sentences import Sentence
from appconnect.calls.models.choices.states import CHOICES
from appconnect.organizations.models import UserMapping

LABELS = dict(CHOICES) | dict(Sentence.choices)
HOW_MAPPED = {
    UserMapping.Match.EMAIL: gettext_lazy("by email"),
    UserMapping.Match.NAME: gettext_lazy("by name"),
    UserMapping.Match.MANUAL: gettext_lazy("manually"),
    UserMapping.Match.CSV: gettext_lazy("from a CSV file"),
}


@dataclass(frozen=True, slots=True)
class Message:
    """A sentence for people: the key of a `Sentence` or a reason, and its values as JSON.

    The values are ids, counts and what a CRM answered; never a caller's number or name.
    `str` words it in the language of whoever reads it, as `text` does with the CRM's name.
    """

    key: str = field(repr=False)
    values: Mapping[str, str | int | float] = field(default_factory=dict, repr=False)

    def __str__(self) -> str:
        crm = _("the CRM")
        text = self.text(crm=crm)
        return capfirst(text) if text.startswith(crm) else text

    def text(self, *, crm: str) -> str:
        # Release 0.2 did not store who decided about a record.
        values = {"crm": crm, "by": _("An admin"), **self.values}
        if "match" in values:
            values["match"] = HOW_MAPPED.get(values["match"], values["match"])
        # A later release may have stored a key that this one does not have.
        return str(LABELS.get(self.key, self.key)) % values
