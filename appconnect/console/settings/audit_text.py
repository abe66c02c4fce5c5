"""The changes of an audit entry in the words of the pages."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from appconnect.console.settings.connections.crm_form import CrmForm
from appconnect.organizations.logging_settings.logging_rules import LoggingRulesForm
from appconnect.organizations.logging_settings.server_logging import additional_fields
from appconnect.organizations.models import AuditEntry, Member, Organization


class Words(NamedTuple):
    """The label of a field, and the labels of its values."""

    label: str | Promise
    values: Mapping[Any, Any] = {}


class Change(NamedTuple):
    """One changed field of an entry, in words."""

    label: str | Promise
    before: str
    after: str

    def __str__(self):
        return f"{self.label}: {self.before} → {self.after}"


def words_of(organization: Organization) -> dict[str, Words]:
    """Return the words for the fields in an organization's entries, by field."""
    declared = additional_fields(organization) if organization.has_crm else ()
    return {
        **{field.const: Words(field.title) for field in declared},
        **{
            name: Words(field.label or name, dict(getattr(field, "choices", ())))
            for form in (LoggingRulesForm, CrmForm)
            for name, field in form.base_fields.items()
        },
        "crm_user": Words(gettext_lazy("CRM user")),
        "user_mappings": Words(gettext_lazy("Mapped extensions")),
        "crm_sessions": Words(gettext_lazy("Sign-ins to the CRM")),
        "role": Words(gettext_lazy("Role"), dict(Member.Role.choices)),
    }


def changes_of(entry: AuditEntry, words: Mapping[str, Words]) -> Iterator[Change]:
    """Yield the changes of an entry."""
    for change in entry.changes:
        name = change["field"]
        label, values = words.get(name, Words(name))
        before, after = change["before"], change["after"]
        yield Change(label, text_of(before, values), text_of(after, values))


def text_of(value: Any, values: Mapping[Any, Any]) -> str:
    match value:
        case None | "" | []:
            return "–"
        case bool():
            return _("yes") if value else _("no")
        case list():
            return ", ".join(str(values.get(one, one)) for one in value)
    return str(values.get(value, value))
