"""The email to a person whose second factor an admin has reset."""

from django.conf import settings
from django.core.mail import EmailMessage
from django.utils.translation import gettext as _

from appconnect.organizations.models import Member


def tell_of_reset(member: Member) -> None:
    """Send it, if there is an address. Raises `SMTPException` and `OSError`."""
    if not member.user.email:
        return
    subject = _("Your second factor was reset")
    text = _(
        "An admin of %(organization)s reset your second factor for %(url)s, and you are "
        "signed out everywhere. Sign in with your password and set up a new one. If you "
        "did not ask for this, tell an admin."
    ) % {"organization": member.organization.name, "url": settings.PUBLIC_URL}
    EmailMessage(subject, text, to=[member.user.email]).send()
