from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from appconnect.organizations.models import Member
from appconnect.organizations.people.second_factor import reset
from appconnect.organizations.security.audit import Actor


class Command(BaseCommand):
    help = (
        "Delete a person's second factor and end their sessions, where no admin can do "
        "it on the Team page. At the next sign-in the password is enough, or a new "
        "factor is set up."
    )

    def add_arguments(self, parser):
        parser.add_argument("username")

    def handle(self, *, username, **options):
        members = Member.objects.select_related("user", "organization")
        member = members.filter(user__username=username).first()
        if member is None:
            raise CommandError(f"There is no person with the user name {username}.")
        reset(member, actor=Actor(name="manage.py"), now=timezone.now())
        self.stdout.write(f"{username} can sign in with the password alone.")
