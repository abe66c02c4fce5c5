import getpass
import sys

from django.conf import settings
from django.contrib.auth.models import User
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone

from appconnect.organizations.directory import store_extensions
from appconnect.organizations.models import (
    Admin,
    Organization,
    RingCentralConnection,
)
from appconnect.ringcentral.client import RingCentral, sign_in_with_jwt
from appconnect.ringcentral.errors import RingCentralError
from appconnect.ringcentral.extensions import (
    get_account,
    get_own_extension,
    list_extensions,
)
from connector.registry import CONNECTORS


class Command(BaseCommand):
    help = (
        "Set up an organization and its first admin. Asks for a JWT credential of a "
        "RingCentral admin (made in RingCentral's Developer Console) and for a password; "
        "without a terminal it reads both from its input, a line each."
    )

    def add_arguments(self, parser):
        parser.add_argument("--username", required=True, help="the admin's user name")
        parser.add_argument("--platform", choices=CONNECTORS, default="")
        parser.add_argument("--crm-hostname", default="", help="the CRM's host")

    def handle(self, *, username, platform, crm_hostname, **options):
        jwt, password = ask("RingCentral JWT: "), ask(f"Password of {username}: ")
        try:
            validate_password(password, User(username=username))
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        try:
            account, own, extensions = read_account(jwt)
        except RingCentralError as error:
            raise CommandError(str(error)) from error
        if not own.is_admin:
            raise CommandError("The JWT's user is no admin of the RingCentral account.")
        if User.objects.filter(username=username).exists():
            raise CommandError(f"There is a user {username} already.")
        if Organization.objects.filter(rc_account_id=account.id).exists():
            raise CommandError(f"{account.name} is set up already.")
        with transaction.atomic():
            organization = Organization(
                name=account.name,
                rc_account_id=account.id,
                region=account.region,
                time_zone=account.time_zone,
                platform=platform,
                crm_hostname=crm_hostname,
                directory_refreshed_at=timezone.now(),
            )
            organization.full_clean()
            organization.save()
            RingCentralConnection.objects.create(
                organization=organization, extension_id=own.id, jwt=jwt
            )
            store_extensions(organization, extensions)
            user = User.objects.create_user(username, own.email, password)
            Admin.objects.create(
                user=user, organization=organization, extension_id=own.id
            )
        self.stdout.write(f"{account.name} is set up; {username} can sign in.")


def ask(prompt: str) -> str:
    if sys.stdin.isatty():
        return getpass.getpass(prompt)
    return sys.stdin.readline().strip()


def read_account(jwt: str):
    server = settings.RINGCENTRAL_SERVER
    token, _ = sign_in_with_jwt(
        server=server,
        client_id=settings.RINGCENTRAL_CLIENT_ID,
        client_secret=settings.RINGCENTRAL_CLIENT_SECRET,
        jwt=jwt,
    )
    with RingCentral(server=server, access_token=token) as client:
        extensions = list(list_extensions(client))
        return get_account(client), get_own_extension(client), extensions
