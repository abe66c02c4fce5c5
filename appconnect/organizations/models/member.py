from collections.abc import Iterable
from datetime import datetime

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends import db
from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models
from django.utils.crypto import salted_hmac
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

    def may(self, role: "Member.Role") -> bool:
        """Return whether this person's role includes the rights of `role`."""
        ranks = list(self.Role)
        return ranks.index(self.Role(self.role)) >= ranks.index(role)


class AdminRight(models.Model):
    """What RingCentral last said of a person's admin right, for all web processes."""

    organization = models.ForeignKey(
        Organization, on_delete=models.CASCADE, related_name="admin_rights"
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


MAX_ROWS = 50_000
"""Rows of `Attempts`: an attacker may try a million user names."""


class AttemptsQuerySet(models.QuerySet):
    def expired(self, now: datetime):
        """Return rows to delete: expired ones, and beyond `MAX_ROWS` the first to expire."""
        first_out = self.order_by("-expires_at").values_list("expires_at", flat=True)
        beyond = first_out[MAX_ROWS : MAX_ROWS + 1].first()
        return self.filter(expires_at__lte=max(now, beyond) if beyond else now)

    def lock(self, keys: Iterable[str], *, now: datetime) -> "dict[str, Attempts]":
        """Return the rows of the keys, locked; missing ones are created.

        Locked in the order of the keys, so that two transactions never deadlock.
        """
        made = [Attempts(key=k, last_at=now, expires_at=now) for k in sorted(keys)]
        self.bulk_create(
            made,
            update_conflicts=True,  # locks a row before it can be deleted
            unique_fields=["key"],
            update_fields=["last_at"],
        )
        return self.in_bulk(keys)


class Attempts(models.Model):
    """How often something was tried; the key is a digest of who tried what."""

    key = models.CharField(max_length=64, primary_key=True)
    count = models.PositiveIntegerField(default=0)
    refused_until = models.DateTimeField(null=True)
    last_at = models.DateTimeField()
    expires_at = models.DateTimeField(db_index=True)

    objects = AttemptsQuerySet.as_manager()

    def __str__(self):
        return f"{self.key[:8]}: {self.count}"


class Session(AbstractBaseSession):
    """A browser's session with its user, so that people can list and end theirs."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="sessions",
        null=True,
    )

    @classmethod
    def get_session_store_class(cls):
        return SessionStore

    @property
    def handle(self) -> str:
        """The session's name on a page; its key would sign anybody in."""
        return salted_hmac("session handle", self.session_key).hexdigest()


class SessionStore(db.SessionStore):
    """Django's sessions in the database, stored as `Session`."""

    @classmethod
    def get_model_class(cls):
        return Session

    def create_model_instance(self, data):
        session = super().create_model_instance(data)
        session.user_id = data.get(SESSION_KEY)
        return session
