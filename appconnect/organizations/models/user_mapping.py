from django.db import models
from django.utils.translation import gettext_lazy as _

from appconnect.organizations.models.crm import CrmUser
from appconnect.organizations.models.organization import Organization
from appconnect.organizations.models.ringcentral import Extension


class UserMappingQuerySet(models.QuerySet):
    def mapped(self):
        return self.filter(crm_user__isnull=False)

    def of_kind(self, kind: str):
        """Return those of one of the `KINDS`."""
        return self.filter(KINDS[kind])

    def to_do(self):
        """Return those that a person should map: without a CRM user, or an inactive one."""
        return self.of_kind("to_do")

    def counts(self) -> dict[str, int]:
        """Return how many there are of each of the `KINDS`."""
        return self.aggregate(
            **{kind: models.Count("pk", filter=is_it) for kind, is_it in KINDS.items()}
        )


class UserMapping(models.Model):
    """Which CRM user owns the calls of an extension, and how they were matched."""

    class Match(models.TextChoices):
        EMAIL = "EMAIL", _("Email")
        NAME = "NAME", _("Name")
        MANUAL = "MANUAL", _("Manual")
        CSV = "CSV", _("CSV")
        AMBIGUOUS = "AMBIGUOUS", _("Conflict")
        NONE = "NONE", _("Unmapped")

    organization = models.ForeignKey(
        Organization,
        on_delete=models.CASCADE,
        related_name="user_mappings",
        db_index=False,
    )
    platform = models.CharField(max_length=60)
    extension = models.ForeignKey(
        Extension, on_delete=models.CASCADE, related_name="user_mappings"
    )
    crm_user = models.ForeignKey(
        CrmUser, null=True, on_delete=models.SET_NULL, related_name="user_mappings"
    )
    match = models.CharField(max_length=10, choices=Match.choices, default=Match.NONE)
    version = models.PositiveIntegerField(
        default=0,
        help_text=_("Counts the changes of the row: who changes it says which one."),
    )

    objects = UserMappingQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "platform", "extension"],
                name="one_crm_user_per_extension",
            )
        ]

    def __str__(self):
        return f"{self.extension} → {self.crm_user or 'unmapped'}"


LOGGED = models.Q(extension__is_logged=True)
WITHOUT = LOGGED & models.Q(crm_user__isnull=True)
SEVERAL = models.Q(match=UserMapping.Match.AMBIGUOUS)
INACTIVE = LOGGED & models.Q(crm_user__is_active=False)
KINDS = {
    "to_do": WITHOUT | INACTIVE,
    "unmapped": WITHOUT & ~SEVERAL,
    "conflicts": WITHOUT & SEVERAL,
    "inactive": INACTIVE,
    "mapped": LOGGED & models.Q(crm_user__is_active=True),
    "not_logged": models.Q(extension__is_logged=False),
    "all": models.Q(),
}
"""Each mapping is of one kind, but for the sums: to do is unmapped, conflicts and inactive,
and all is to do, mapped and not logged."""


class MappingBatch(models.Model):
    """Several mappings that a person changed at once, stored so that it can be undone."""

    class Source(models.TextChoices):
        MATCH = "MATCH", _("matching")
        CSV = "CSV", _("a CSV file")
        BULK = "BULK", _("several at once")
        CLIENT = "CLIENT", _("App Connect's client")

    organization = models.ForeignKey(
        Organization, on_delete=models.CASCADE, related_name="mapping_batches"
    )
    platform = models.CharField(max_length=60)
    at = models.DateTimeField()
    actor = models.CharField(max_length=200)
    source = models.CharField(max_length=10, choices=Source.choices)
    size = models.PositiveIntegerField(help_text=_("How many mappings it changed."))
    changes = models.JSONField(
        help_text=_(
            "Objects with `mapping` and `extension`, `crm_user_before`, `match_before`, "
            "`crm_user_after`, `match_after`, and the row's `version` after it."
        )
    )
    undone_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-pk"]

    def __str__(self):
        return f"{self.size} mappings, {self.get_source_display()}"
