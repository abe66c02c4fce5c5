from zlib import crc32

from django.db import IntegrityError, models, transaction
from django.utils.translation import gettext_lazy as _

from appconnect.calls.models.fencing import Overtaken


class Reservation(models.Model):
    """Something that the CRM is to have once: reserved here before it is sent there.

    A subclass has a `Status` with RESERVED, SENDING and UNKNOWN, a field for it, and a
    unique constraint on its `key`.
    """

    fence = models.PositiveIntegerField(
        default=0,
        db_default=0,  # for a worker of the release before, while it still runs
        help_text=_("Counts the attempts: an earlier one is too late."),
    )
    sent_at = models.DateTimeField(null=True)

    class Meta:
        abstract = True

    @property
    def key(self) -> tuple:
        """What there is to be one of."""
        raise NotImplementedError

    @property
    def lock_id(self) -> int:
        """What the lock of whoever sends it is called; known before the row is stored."""
        return crc32(repr(self.key).encode()) % 2**31

    def reserve(self, **changes: object) -> None:
        """Commit that it is about to be sent, by nobody else. Raises `Overtaken`."""
        sending = {"status": self.Status.SENDING, "fence": self.fence + 1, **changes}
        if not self._state.adding:
            self.move(sending.pop("status"), **sending)
            return
        for name, value in sending.items():
            setattr(self, name, value)
        try:
            with transaction.atomic():
                self.save(force_insert=True)
        except IntegrityError as error:
            raise Overtaken from error

    def move(self, to: models.TextChoices, **changes: object) -> None:
        """Change the state, if nobody else has done so since. Raises `Overtaken`."""
        changes["status"] = to
        mine = type(self).objects.filter(
            pk=self.pk, status=self.status, fence=self.fence
        )
        if not mine.update(**changes):
            raise Overtaken
        for name, value in changes.items():
            setattr(self, name, value)
