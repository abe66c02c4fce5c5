"""Telling an organization's admins that something needs them."""

from django.core.mail import send_mail

from appconnect.organizations.models import Organization


def alert_admins(organization: Organization, subject: str, text: str) -> None:
    """Send an e-mail to every admin who has an address.

    Whether it can be sent does not matter to the caller: the console says it too.
    """
    admins = organization.members.admins().exclude(user__email="")
    addresses = admins.values_list("user__email", flat=True)
    if addresses:
        subject = f"[{organization.name}] {subject}"
        send_mail(subject, text, None, list(addresses), fail_silently=True)
