import getpass
import os
import sys
from argparse import ArgumentTypeError
from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from connector.declarative import InvalidDocument, connector_class
from connector.declarative.documents.document import SUFFIX
from connector.declarative.trial.address import check_address
from connector.declarative.trial.credentials import check_hostname, read_credentials
from connector.declarative.trial.finding import Finding
from connector.declarative.trial.gaps import find_gaps
from connector.declarative.trial.operations import try_operations
from connector.http.session import open_session
from connector.manifest import InvalidManifest
from connector.registry import CONNECTORS, find_faults, is_usable


def parse_setting(text: str) -> tuple[str, str]:
    const, equals, value = text.partition("=")
    if not equals:
        raise ArgumentTypeError("use CONST=VALUE")
    return const, value


def locate(document: Path) -> Path:
    """Return where the document is: here, or in CONNECTORS_DIR. Raises `CommandError`.

    The platform's name is enough.
    """
    folders = [Path()]
    if settings.CONNECTORS_DIR:
        folders.append(Path(settings.CONNECTORS_DIR))
    for folder in folders:
        for name in (document, Path(f"{document}{SUFFIX}")):
            if (folder / name).is_file():
                return folder / name
    if folders[1:]:
        also = f" or in CONNECTORS_DIR ({settings.CONNECTORS_DIR})."
    else:
        also = ". CONNECTORS_DIR is not set."
    raise CommandError(f"{document} was not found in {Path.cwd()}{also}")


class Command(BaseCommand):
    help = (
        "Check a declarative connector's document and the manifest beside it. With --live, "
        "also try its operations against the real CRM. Settings come from --setting, from "
        "variables such as CRM_API_PASSWORD for apiPassword, or from a prompt. The API key "
        "or token comes from CRM_ACCESS_TOKEN."
    )

    # They load every connector, and would say again what is wrong with this one.
    requires_system_checks = []

    def add_arguments(self, parser):
        parser.add_argument(
            "document",
            type=Path,
            nargs="?",
            help="its path, or its name in CONNECTORS_DIR; without it, every connector of "
            "this server is checked",
        )
        parser.add_argument("--live", action="store_true")
        parser.add_argument("--hostname", default="", help="the CRM's host")
        parser.add_argument(
            "--setting",
            type=parse_setting,
            action="append",
            default=[],
            metavar="CONST=VALUE",
            help="a value for the settings form; not for secrets",
        )
        parser.add_argument("--phone", default="", help="a contact's number, in E.164")
        parser.add_argument(
            "--write",
            action="store_true",
            help="create a contact with a fictional number, and records for it or for the "
            "contact with --phone; they stay in the CRM",
        )

    def handle(self, *, document, live, **options):
        if document is None:
            return self.check_all()
        document = locate(document).resolve()
        try:
            connector = connector_class(str(document))
        except (InvalidDocument, InvalidManifest) as error:
            for fault in error.faults:
                self.stderr.write(fault)
            raise CommandError(f"{document.name} has errors.") from error
        self.stdout.write(f"{document.name}: document and manifest OK")
        findings = self.show(find_gaps(connector.document))
        if live:
            findings += self.show(self.try_live(connector, **options))
        failed = sum(not finding.is_good for finding in findings)
        if failed:
            raise CommandError(f"To fix: {failed}.")

    def check_all(self):
        """Load every connector. Raises `CommandError` where one can't be used."""
        for platform in filter(is_usable, CONNECTORS):
            self.stdout.write(f"{platform}: OK")
        faults = list(find_faults())
        for source, fault in faults:
            self.stderr.write(f"{source}: {fault}")
        if faults:
            raise CommandError(f"Connectors that can't be used: {len(faults)}.")

    def try_live(self, connector, *, hostname, setting, phone, write, **options):
        platform = connector.document.platform
        logging = platform.server_side_logging
        fields = logging.additional_fields if logging else ()
        secrets = {field.const for field in fields if field.is_secret}
        for const, _ in setting:
            if const in secrets:
                raise CommandError(
                    f"{const} is a secret, and others could see it here. Use its variable or "
                    "the prompt."
                )
        if fault := check_hostname(platform, hostname):
            raise CommandError(fault)
        credentials = read_credentials(
            platform,
            hostname=hostname,
            settings=dict(setting),
            environ=os.environ,
            ask=ask,
        )
        session = open_session(private_hosts=settings.CRM_PRIVATE_HOSTS)
        crm = connector(credentials, session=session)
        try:
            address = check_address(crm, private_hosts=settings.CRM_PRIVATE_HOSTS)
            yield address
            if address.is_good:
                yield from try_operations(crm, phone_number=phone, writes=write)
        finally:
            crm.close()

    def show(self, findings) -> list[Finding]:
        shown = []
        for finding in findings:
            style = self.style.SUCCESS if finding.is_good else self.style.ERROR
            self.stdout.write(style(f"{finding.operation}: {finding.text}"))
            shown.append(finding)
        return shown


def ask(title: str, variable: str) -> str:
    """Return a value typed at the terminal without echo; without a terminal, a line of stdin."""
    if sys.stdin.isatty():
        return getpass.getpass(f"{title}: ")
    value = sys.stdin.readline().strip()
    if not value:
        raise CommandError(f"There is no terminal to ask for {title}. Set {variable}.")
    return value
