"""How long calls are kept: the settings of an admin."""

from datetime import datetime

from django import forms
from django.db import transaction
from django.utils.translation import gettext as _

from appconnect.organizations.models import AuditEntry, Organization, Retention
from appconnect.organizations.security import audit
from appconnect.organizations.security.audit import Actor
from appconnect.rows import rows_of


class RetentionForm(forms.ModelForm):
    class Meta:
        model = Retention
        fields = ("identity_days", "work_state_days", "is_on_hold")

    def clean_work_state_days(self) -> int:
        days = self.cleaned_data["work_state_days"]
        if days < self.cleaned_data.get("identity_days", 0):
            raise forms.ValidationError(
                _("Enter at least as many days as for caller details.")
            )
        return days


def get_retention(organization: Organization) -> Retention:
    """Return the organization's retention; unsaved defaults where none is stored."""
    stored = next(iter(rows_of(organization, Retention)), None)
    return stored or Retention(organization=organization)


@transaction.atomic
def update_retention(
    organization: Organization,
    *,
    identity_days: int,
    work_state_days: int,
    is_on_hold: bool,
    actor: Actor,
    now: datetime,
) -> None:
    """Store how long calls are kept, as `RetentionForm` validated it, and log it."""
    chosen = {
        "identity_days": identity_days,
        "work_state_days": work_state_days,
        "is_on_hold": is_on_hold,
    }
    retention, _is_new = Retention.objects.select_for_update().get_or_create(
        organization=organization
    )
    before = {name: getattr(retention, name) for name in chosen}
    if before == chosen:
        return
    retention.keep(**chosen)
    audit.log(
        organization,
        AuditEntry.Action.RETENTION_CHANGED,
        actor=actor,
        changes=audit.differences(before, chosen),
        now=now,
    )
