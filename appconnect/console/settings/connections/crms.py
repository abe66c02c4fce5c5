"""The page on which a CRM is chosen: what each one needs, and what it can promise."""

from dataclasses import dataclass
from typing import Self

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.generic import TemplateView

from appconnect.console.settings.connections.crm_form import offered_crms
from appconnect.console.shell.views import ConsoleMixin
from connector.base import Connector
from connector.manifest import Guide, Judge
from connector.registry import get_connector_class, get_platform
from connector.types import MarkerSupport

PROMISES: dict[MarkerSupport, str | Promise] = {
    MarkerSupport.UNIQUE: gettext_lazy(
        "A call is logged once: %s refuses a second record of it."
    ),
    MarkerSupport.SEARCHABLE: gettext_lazy(
        "If %s doesn't answer, we search for the record before we send it again."
    ),
    MarkerSupport.IN_TEXT: gettext_lazy(
        "If %s doesn't answer, we look for the record among the contact's others, by a "
        "line in its text, before we send it again."
    ),
    MarkerSupport.NONE: gettext_lazy(
        "Records can't be found again. If %s doesn't answer, you decide whether the call "
        "is sent again."
    ),
}
DOUBTS: dict[Judge, str | Promise] = {
    Judge.FIELDS: gettext_lazy(
        "Not checked against %s's own API description, only against lists of fields "
        "copied from documentation. Not tried with a real account."
    ),
    Judge.NOTHING: gettext_lazy(
        "Checked by its author alone, not against %s's own API description."
    ),
}
GROUNDS: dict[Judge, str | Promise] = {
    Judge.SERVER: gettext_lazy("Tested with a real %s."),
    Judge.DESCRIPTION: gettext_lazy(
        "Checked against %s's own API description. Not tried with a real account."
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class CrmCard:
    """One CRM as the page shows it."""

    platform: str
    display_name: str
    guide: Guide
    promise: str

    @classmethod
    def of(cls, platform: str) -> Self:
        """Return the card of a CRM whose connector can be used."""
        declared = get_platform(platform)
        return cls(
            platform=platform,
            display_name=declared.display_name,
            guide=declared.guide,
            promise=promise_of(get_connector_class(platform), declared.display_name),
        )

    @property
    def doubt(self) -> str:
        """Why the connector may be wrong about the CRM; empty where its maker judged it."""
        return self._sentence_of(DOUBTS)

    @property
    def ground(self) -> str:
        return self._sentence_of(GROUNDS)

    def matches(self, words: list[str]) -> bool:
        texts = (self.display_name, self.guide.needs, self.guide.record)
        text = " ".join(texts).casefold()
        return all(word in text for word in words)

    def _sentence_of(self, sentences: dict[Judge, str | Promise]) -> str:
        sentence = sentences.get(self.guide.judged_by, "")
        return str(sentence) % self.display_name if sentence else ""


def promise_of(connector_class: type[Connector], name: str) -> str:
    """Return how often a call is logged at most, and what that costs."""
    promise = str(PROMISES[connector_class.marker_support]) % name
    if lag := round(connector_class.search_lag.total_seconds()):
        wait = ngettext(
            "%(crm)s finds a new record after up to %(count)d second, so we wait that long.",
            "%(crm)s finds a new record after up to %(count)d seconds, so we wait that long.",
            lag,
        ) % {"crm": name, "count": lag}
        promise = f"{promise} {wait}"
    return promise


class CrmsView(ConsoleMixin, TemplateView):
    template_name = "console/settings/connections/crms.html"
    needs_crm = False

    def get_context_data(self, **kwargs):
        query = self.request.GET.get("q", "").strip()[:100]
        cards = [CrmCard.of(platform) for platform in offered_crms()]
        found = [card for card in cards if card.matches(query.casefold().split())]
        count = ngettext("%d CRM", "%d CRMs", len(found)) % len(found)
        return super().get_context_data(
            cards=sorted(found, key=lambda card: card.display_name.casefold()),
            query=query,
            count=count,
            nothing=_("No CRM matches “%s”.") % query,
            **kwargs,
        )
