"""The changes of an audit entry in the words of the pages."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from django.utils.functional import Promise, SimpleLazyObject
from django.utils.text import get_text_list
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from appconnect.console.settings.connections.crm_form import CrmForm
from appconnect.organizations.logging_settings.locality import LocalityForm
from appconnect.organizations.logging_settings.logging_rules import LoggingRulesForm
from appconnect.organizations.logging_settings.retention import RetentionForm
from appconnect.organizations.logging_settings.server_logging import additional_fields
from appconnect.organizations.logging_settings.settings_history import SettingsChanged
from appconnect.organizations.models import AuditEntry, Member, Organization


class Words(NamedTuple):
    """The label of a field, and the labels of its values."""

    label: str | Promise
    values: Mapping[Any, Any] = {}
    empty: str | Promise = "–"


class Change(NamedTuple):
    """One changed field of an entry, in words."""

    label: str | Promise
    before: str
    after: str

    def __str__(self):
        return f"{self.label}: {self.before} → {self.after}"


class Conflict(NamedTuple):
    """What others saved while a person had the settings open."""

    names: str
    entries: list[AuditEntry]
    """Each with its `shown_changes`."""


def conflict_of(organization: Organization, changed: SettingsChanged) -> Conflict:
    words = words_of(organization)
    for entry in changed.entries:
        entry.shown_changes = list(changes_of(entry, words))
    names = dict.fromkeys(entry.actor for entry in changed.entries)
    return Conflict(get_text_list(list(names), _("and")), changed.entries)


def words_of(organization: Organization) -> dict[str, Words]:
    """Return the words for the fields in an organization's entries, by field.

    Ids are told as people and extension numbers, which are read where they are needed.
    """
    declared = additional_fields(organization) if organization.has_crm else ()
    extensions = SimpleLazyObject(
        lambda: {e.extension_id: str(e) for e in organization.extensions.all()}
    )
    crm_users = SimpleLazyObject(
        lambda: dict(organization.crm_users.values_list("crm_user_id", "name"))
    )
    return {
        **{field.const: Words(field.title) for field in declared},
        **{
            name: Words(field.label or name, dict(getattr(field, "choices", ())))
            for form in (LoggingRulesForm, LocalityForm, CrmForm, RetentionForm)
            for name, field in form.base_fields.items()
        },
        "logged_extensions": Words(
            gettext_lazy("Selected extensions"), extensions, gettext_lazy("everyone")
        ),
        "fallback_owner": Words(
            LoggingRulesForm.base_fields["fallback_owner"].label, crm_users
        ),
        "admin_extension_id": Words(gettext_lazy("Admin"), extensions),
        "do_not_log_numbers": Words(gettext_lazy("Do not log")),
        "calls": Words(gettext_lazy("Calls")),
        "contact": Words(gettext_lazy("Contact ID")),
        "crm_user": Words(gettext_lazy("CRM user")),
        "is_enabled": Words(gettext_lazy("On")),
        "quiet_from": Words(gettext_lazy("Quiet from")),
        "quiet_until": Words(gettext_lazy("Quiet until")),
        "record": Words(gettext_lazy("CRM record")),
        "reminder_days": Words(gettext_lazy("Remind after (days)")),
        "signing_secret": Words(gettext_lazy("Signing secret")),
        "user_mappings": Words(gettext_lazy("Mapped extensions")),
        "crm_sessions": Words(gettext_lazy("Sign-ins to the CRM")),
        "role": Words(gettext_lazy("Role"), dict(Member.Role.choices)),
    }


def changes_of(entry: AuditEntry, words: Mapping[str, Words]) -> Iterator[Change]:
    """Yield the changes of an entry."""
    for change in entry.changes:
        told = words.get(change["field"], Words(change["field"]))
        before, after = change["before"], change["after"]
        yield Change(told.label, text_of(before, told), text_of(after, told))


def text_of(value: Any, words: Words) -> str:
    match value:
        case None | "" | []:
            return str(words.empty)
        case bool():
            return _("yes") if value else _("no")
        case list():
            return ", ".join(str(words.values.get(one, one)) for one in value)
    return str(words.values.get(value, value))
