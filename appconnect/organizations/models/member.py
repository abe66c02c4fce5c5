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
        """Return those at an extension of RingCentral who are kept out."""
        return self.filter(user__is_active=False).exclude(extension_id="")

    def with_time_zone(self):
        """Give each the `time_zone` of their extension: empty or None where unknown."""
        own = Extension.objects.filter(
            organization=models.OuterRef("organization"),
            extension_id=models.OuterRef("extension_id"),
        )
        return self.annotate(time_zone=models.Subquery(own.values("time_zone")[:1]))


class Member(models.Model):
    """A person who may see an organization's logging, and do what their role allows."""

    class Role(models.TextChoices):
        """Each may do what the ones before it may."""

        VIEWER = "VIEWER", _("Viewer")
        OPERATOR = "OPERATOR", _("Operator")
        ADMIN = "ADMIN", _("Admin")

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="member"
    )
    organization = models.ForeignKey(
        Organization, on_delete=models.CASCADE, related_name="members"
    )
    role = models.CharField(
        max_length=10, choices=Role.choices, default=Role.ADMIN, db_default=Role.ADMIN
    )
    extension_id = models.CharField(max_length=40, blank=True)
    right_confirmed_at = models.DateTimeField(
        null=True, help_text=_("When RingCentral last said that this is an admin.")
    )
    session_number = models.PositiveIntegerField(
        default=0,
        db_default=0,
        help_text=_("A session that began under another number has ended."),
    )

    objects = MemberQuerySet.as_manager()

    def __str__(self):
        return self.user.get_full_name() or self.user.get_username()

    @property
    def is_local(self) -> bool:
        """Whether this person signs in with a password, or is to."""
        return not self.extension_id or self.user.has_usable_password()

    def may(self, role: "Member.Role") -> bool:
        """Tell whether this person's role allows what `role` does."""
        ranks = list(self.Role)
        return ranks.index(self.Role(self.role)) >= ranks.index(role)
