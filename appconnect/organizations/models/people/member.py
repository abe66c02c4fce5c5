from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from appconnect.organizations.models.organization import Organization
from appconnect.organizations.models.ringcentral import Extension


class MemberQuerySet(models.QuerySet):
    def admins(self):
        """Return the admins who may sign in."""
        return self.filter(role=Member.Role.ADMIN, user__is_active=True)

    def removed(self):
        """Return the removed members who have a RingCentral extension."""
        return self.filter(user__is_active=False).exclude(extension_id="")

    def with_time_zone(self):
        """Annotate each with the `time_zone` of their extension: empty or None if unknown."""
        own = Extension.objects.filter(
            organization=models.OuterRef("organization"),
            extension_id=models.OuterRef("extension_id"),
        )
        return self.annotate(time_zone=models.Subquery(own.values("time_zone")[:1]))


class Member(models.Model):
    """A person who may see an organization's logging, and do what their role allows."""

    class Role(models.TextChoices):
        """Each role includes the rights of those before it."""

        VIEWER = "VIEWER", _("Viewer")
        OPERATOR = "OPERATOR", _("Operator")
        ADMIN = "ADMIN", _("Admin")

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="member"
    )
    organization = models.ForeignKey(
        Organization, on_delete=models.CASCADE, related_name="members"
    )
    role = models.CharField(max_length=10, choices=Role.choices, default=Role.ADMIN)
    extension_id = models.CharField(max_length=40, blank=True)
    right_confirmed_at = models.DateTimeField(
        null=True, help_text=_("When RingCentral last said that this is an admin.")
    )
    session_number = models.PositiveIntegerField(
        default=0,
        help_text=_("A session that began under another number has ended."),
    )

    objects = MemberQuerySet.as_manager()

    def __str__(self):
        return self.user.get_full_name() or self.user.get_username()

    @property
    def is_local(self) -> bool:
        """Whether this person signs in with a password, or has yet to set one."""
        return not self.extension_id or self.user.has_usable_password()

    def delete_second_factor(self) -> None:
        for rows in (self.authenticator_apps, self.passkeys, self.recovery_codes):
            rows.all().delete()

    def may(self, role: "Member.Role") -> bool:
        """Return whether this person's role includes the rights of `role`."""
        ranks = list(self.Role)
        return ranks.index(self.Role(self.role)) >= ranks.index(role)


class AdminRight(models.Model):
    """What RingCentral last said of a person's admin right, for all web processes."""

    organization = models.ForeignKey(
        Organization,
        on_delete=models.CASCADE,
        related_name="admin_rights",
        db_index=False,
    )
    extension_id = models.CharField(max_length=40)
    asked_at = models.DateTimeField()
    confirmed_at = models.DateTimeField(
        null=True, help_text=_("The same time where they are an admin, else empty.")
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "extension_id"], name="one_right_per_extension"
            )
        ]

    def __str__(self):
        return f"{self.extension_id}: {'admin' if self.confirmed_at else 'no admin'}"
