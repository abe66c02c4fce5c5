import getpass
import sys

from django.contrib.auth.models import User
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone

from appconnect.organizations.connections.ringcentral_connection import (
    connect_with_jwt,
    ringcentral_app,
)
from appconnect.organizations.models import Member, Organization
from appconnect.organizations.people.create_organization import (
    read_account,
    set_up_organization,
)
from appconnect.ringcentral import oauth
from appconnect.ringcentral.errors import RingCentralError
from connector.registry import CONNECTORS, is_usable


class Command(BaseCommand):
    help = (
        "Set up an organization and its first admin. Asks for a RingCentral admin's JWT "
        "credential, from RingCentral's Developer Console, and for a password. Without a "
        "terminal, it reads both from its input, one per line."
    )

    def add_arguments(self, parser):
        parser.add_argument("--username", required=True, help="the admin's user name")
        usable = list(filter(is_usable, CONNECTORS))
        parser.add_argument("--platform", choices=usable, default="")
        parser.add_argument("--crm-hostname", default="", help="the CRM's host")

    def handle(self, *, username, platform, crm_hostname, **options):
        jwt, password = ask("RingCentral JWT: "), ask(f"Password for {username}: ")
        try:
            validate_password(password, User(username=username))
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        try:
            token = oauth.sign_in_with_jwt(ringcentral_app(), jwt).access_token
            info = read_account(token)
        except RingCentralError as error:
            raise CommandError(str(error)) from error
        if not info.own.is_admin:
            raise CommandError(
                "The JWT credential does not belong to a RingCentral admin."
            )
        if User.objects.filter(username=username).exists():
            raise CommandError(f"User {username} already exists.")
        if Organization.objects.filter(rc_account_id=info.account.id).exists():
            raise CommandError(f"{info.account.name} is already set up.")
        with transaction.atomic():
            organization = set_up_organization(
                info, platform=platform, crm_hostname=crm_hostname, now=timezone.now()
            )
            connect_with_jwt(organization, jwt, extension_id=info.own.id)
            user = User.objects.create_user(username, info.own.email, password)
            Member.objects.create(
                user=user, organization=organization, extension_id=info.own.id
            )
        self.stdout.write(f"{info.account.name} is set up. {username} can sign in.")


def ask(prompt: str) -> str:
    if sys.stdin.isatty():
        return getpass.getpass(prompt)
    return sys.stdin.readline().strip()
