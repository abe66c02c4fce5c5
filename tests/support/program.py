"""The program as a user runs it: `manage.py start --sandbox`, with real processes and a browser."""

import os
import re
import secrets
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from html import unescape
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.support.helpers import ROOT, SandboxControl, text_in, wait_for

CHROMIUM_NAMES = (
    "chromium-headless-shell",  # has no windows: a page takes a fifth of the processor time
    "chromium",
    "chromium-browser",
    "google-chrome",
)
CHROMIUM_ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
START_SECONDS = 240
WAIT_SECONDS = 90
"""How long a browser waits for what a test expects: a busy machine is slow."""
DATABASES = ("app.sqlite3", "queue.sqlite3")
TOKEN = re.compile('name="csrfmiddlewaretoken" value="([^"]+)"')
ROW = re.compile('<tr role="row">.*?</tr>', re.DOTALL)
LINK = re.compile('href="([^"]+)"')


def copy_database(source: Path, target: Path) -> None:
    """Copy a SQLite database that other processes may be using."""
    with (
        closing(sqlite3.connect(source, timeout=20)) as original,
        closing(sqlite3.connect(target, timeout=20)) as copy,
    ):
        original.backup(copy)


class Program:
    """A running `start --sandbox`."""

    def __init__(self, process: subprocess.Popen, port: int, log: Path):
        self.process = process
        self.url = f"http://127.0.0.1:{port}"
        self.sandbox = SandboxControl(f"127.0.0.1:{port + 1}")
        self.log = log
        self._resets = 0

    def keep_snapshot(self) -> None:
        """Keep the databases as they are now, for `reset`."""
        for name in DATABASES:
            copy_database(self._data / name, self._data / f"{name}.snapshot")

    def reset(self) -> None:
        """Go back to the snapshot, with a fresh sandbox, while everything keeps running."""
        self.sandbox.reset()
        for name in DATABASES:
            copy_database(self._data / f"{name}.snapshot", self._data / name)
        self._resets += 1
        with closing(
            sqlite3.connect(self._data / "app.sqlite3", timeout=20)
        ) as database:
            # A version that was never used: the processes remember settings by it.
            database.execute(
                "UPDATE organizations_organization SET configuration_version = ?",
                [1000 * self._resets],
            )
            database.execute(
                "UPDATE monitoring_workerheartbeat SET beat_at = ?",
                [f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S.%f}"],
            )
            database.execute(  # the sandbox knows its token no longer, nobody has a lease
                "UPDATE organizations_ringcentralconnection "
                "SET access_token_expires_at = NULL, signing_in_until = NULL, "
                "keeping_subscription_until = NULL"
            )
            database.execute("UPDATE calls_calllogsync SET reading_until = NULL")
            database.commit()
        self.sandbox.register(f"{self.url}/ringcentral/callback/")

    @property
    def _data(self) -> Path:
        return self.log.parent / ".data"

    def age_sessions(self, *, minutes: int) -> None:
        """Make everybody's session so much older, and unused for so much longer."""
        self.run("age_sessions", str(minutes))

    def run(self, name: str, *arguments: str) -> None:
        """Run one of `tests/support/programs` with this program's settings."""
        environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "appconnect.settings"}
        for variable in ("DATA_DIR", "SECRET_KEY", "ENCRYPTION_KEYS", "QUEUE_URL"):
            environment.pop(variable, None)
        subprocess.run(
            [sys.executable, "-m", f"tests.support.programs.{name}", *arguments],
            env=environment | {"ENV_FILE": str(self.log.parent / ".env")},
            cwd=ROOT,
            check=True,
        )


@contextmanager
def running_program(folder: Path, **variables: str) -> Iterator[Program]:
    """Start everything with the README's command, afresh in `folder`; stop it at the end.

    What has to be tried again is, ten times as soon. `variables` are added to the
    environment.
    """
    port = free_port_pair()
    log = folder / "start.log"
    environment = {
        **os.environ,
        "SANDBOX_DIR": str(folder),
        "DJANGO_SETTINGS_MODULE": "appconnect.settings",
        "TIME_SCALE": "0.1",
        "CALL_LOG_READS_PER_MINUTE": "60",  # the sandbox's minute is six seconds
        **variables,
    }
    with log.open("w") as output:
        process = subprocess.Popen(
            [
                *(sys.executable, str(ROOT / "manage.py"), "start", "--sandbox"),
                *("--port", str(port)),
            ],
            env=environment,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        program = Program(process, port, log)
        wait_until_started(program)
        yield program
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(120)


@contextmanager
def running_sandbox(*, threads: int = 8) -> Iterator[SandboxControl]:
    """Run the sandbox alone, in a process of its own."""
    port = free_port_pair()
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "granian", "--interface", "wsgi", "--no-ws"),
            *("--host", "127.0.0.1", "--port", str(port)),
            *("--blocking-threads", str(threads), "--log-level", "error"),
            "appconnect.sandbox.wsgi:application",
        ],
        cwd=ROOT,
    )
    try:
        with SandboxControl(f"127.0.0.1:{port}") as sandbox:
            wait_for(sandbox.is_alive)
            yield sandbox
    finally:
        process.terminate()
        process.wait(60)


def wait_until_started(program: Program) -> None:
    def is_started() -> bool:
        assert program.process.poll() is None, program.log.read_text()
        return "Ctrl-C stops everything." in program.log.read_text()

    wait_for(is_started, seconds=START_SECONDS)


def free_port_pair() -> int:
    """Return a port that is free together with the next one.

    Outgoing connections take ports from 32768 on, also one that a program is to have.
    """
    while True:
        port = 10_000 + 2 * secrets.randbelow(11_000)
        with socket.socket() as first, socket.socket() as second:
            try:
                first.bind(("127.0.0.1", port))
                second.bind(("127.0.0.1", port + 1))
            except OSError:
                continue
            return port


@contextmanager
def running_browser() -> Iterator[Browser]:
    """Start Chromium; where there is none, skip, or fail where CI is set."""
    executable = os.environ.get("CHROMIUM") or next(
        filter(None, map(shutil.which, CHROMIUM_NAMES)), None
    )
    if executable is None:
        missing(
            "Chromium is not installed: apt-get install chromium-headless-shell, "
            "or set CHROMIUM to the path of one."
        )
    milliseconds = WAIT_SECONDS * 1000
    expect.set_options(timeout=milliseconds)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=executable, args=list(CHROMIUM_ARGUMENTS)
        )
        browser.on("context", lambda opened: opened.set_default_timeout(milliseconds))
        yield browser
        browser.close()


def missing(what: str) -> None:
    """Skip the test for want of something; in CI, where all is to be there, fail."""
    if os.environ.get("CI"):
        pytest.fail(what)
    pytest.skip(what)


def letters(html: str) -> str:
    """Return a text without its elements and spaces, in lower case."""
    return "".join(unescape(re.sub(r"<[^>]*>", "", html)).casefold().split())


class AdminsBrowser:
    """What an admin does on the console's pages."""

    def __init__(self, page: Page, program: Program):
        self.page = page
        self.program = program

    def sign_in(self) -> None:
        """Sign in without drawing the sign-in page, which has tests of its own."""
        path = "/accounts/login/"
        [token] = TOKEN.findall(self.html(path))
        form = {
            "csrfmiddlewaretoken": token,
            "username": "admin",
            "password": "sandbox",
        }
        self.page.request.post(self.program.url + path, form=form, max_redirects=0)
        self.page.goto(self.program.url)
        self.page.get_by_role("button", name="Account menu").wait_for()

    def open(self, name: str) -> None:
        """Go to a page by its link in the menu."""
        self.page.get_by_role("navigation", name="Main").get_by_role(
            "link", name=name
        ).click()

    def choose_crm(self, name: str, *, address: str = "") -> None:
        """Choose a CRM, unless it is chosen already."""
        if not address and f"selected>{name}</option>" in self.html("/connections/"):
            return
        self.open("Connections")
        self.open_crm_form()
        self.page.get_by_label("CRM", exact=True).select_option(label=name)
        if address:
            self.page.get_by_label("CRM address").fill(address)
        self.page.get_by_role("button", name="Save CRM").click()
        chosen = self.page.get_by_text("CRM saved.")
        confirm = self.page.get_by_role("button", name="Change the CRM and stop")
        chosen.or_(confirm).wait_for()
        if confirm.is_visible():
            confirm.click()
        chosen.wait_for()

    def open_crm_form(self) -> None:
        """Show the form for another CRM or address, on the connections page."""
        if not self.page.get_by_label("CRM address").is_visible():
            self.page.get_by_text("Change CRM").click()

    def fill_in_account(self, password: str) -> None:
        """Type the service account's name and a password, on the connections page."""
        self.page.get_by_label("API user name").fill("service")
        box = self.page.get_by_label("API password", exact=True).and_(
            self.page.locator("input")
        )
        if not box.is_visible():
            self.page.get_by_text("Replace API password").click()
        box.fill(password)

    def save_account(self, password: str) -> None:
        self.open("Connections")
        self.fill_in_account(password)
        save = re.compile("^Save (account|and log)")
        self.page.get_by_role("button", name=save).click()

    def save_settings(
        self,
        *,
        level: str = "Everyone",
        owner: str = "",
        password: str = "",
    ) -> None:
        """Save the CRM account where a password is given, then the settings."""
        if password:
            self.save_account(password)
            self.page.get_by_text("Saved.", exact=False).wait_for()
        self.open("Settings")
        self.page.get_by_label(level).check()
        if owner:
            self.page.get_by_label(owner).check()
        self.save_changes()

    def save_changes(self) -> None:
        self.page.get_by_role("button", name="Save changes").click()

    def list_do_not_log(self, number: str) -> None:
        """Make this the only number that is never logged; or none, if it is empty."""
        if not number and "No numbers yet" in self.html("/do-not-log/"):
            return
        self.open("Do not log")
        listed = self.page.get_by_role("checkbox")
        if listed.count():
            for box in listed.all():
                box.check()
            self.page.get_by_role("button", name="Remove selected…").click()
            dialog = self.page.get_by_role("dialog")
            dialog.get_by_role("button", name="Remove selected").click()
            self.page.get_by_text("logged from now on").wait_for()
        if number:
            self.page.get_by_label("Numbers to add").fill(number)
            self.page.get_by_role("button", name="Add numbers").click()
            self.page.get_by_text("added to the list").wait_for()

    def connect_ringcentral(self, person: str = "101 Ada Admin") -> None:
        """Make somebody's own sign-in at RingCentral the organization's connection."""
        self.open("Connections")
        self.page.get_by_role("link", name="Reconnect").last.click()
        self.page.get_by_role("button", name="Connect as").click()
        self.page.get_by_label("Extension").select_option(label=person)
        self.page.get_by_role("button", name="Sign in").click()
        self.page.get_by_text("RingCentral is connected.").wait_for()

    def check_now(self) -> None:
        """Have the worker look at RingCentral now."""
        self.open("Connections")
        self.page.get_by_role("button", name="Check now").click()
        self.page.get_by_text("Checking RingCentral.").wait_for()

    def wait_for_call(self, pattern: str) -> None:
        """Wait until a line of the calls page matches."""
        wait_for(lambda: any(re.search(pattern, c) for c in self.calls().values()))

    def sees_no_call_in_progress(self) -> bool:
        return self.sees("No calls match these filters.", "/calls/?state=in-progress")

    def wait_for_text(self, text: str, path: str) -> None:
        """Wait until a page says a text."""
        wait_for(lambda: self.sees(text, path))

    def sees(self, text: str, path: str) -> bool:
        """Return whether a page says a text that its HTML has; it is drawn only then.

        A page that is drawn again and again takes the processor that it waits for.
        """
        return letters(text) in letters(self.html(path)) and text in self.text(path)

    def html(self, path: str) -> str:
        """Return a page's HTML without drawing it."""
        reply = self.page.request.get(self.program.url + path)
        assert reply.ok, (path, reply.status)
        return reply.text()

    def calls(self) -> dict[str, str]:
        """Return the lines of the calls page, each by its call's address, the newest first."""
        rows = ROW.findall(self.html("/calls/"))
        return {LINK.findall(row)[0]: text_in(row) for row in rows if "<td" in row}

    def banner(self, path: str) -> str:
        """Return what a page says above its content, loaded anew; often nothing."""
        self.text(path)
        return " ".join(self.page.locator(".site-banner").all_inner_texts())

    def text(self, path: str) -> str:
        """Return what a page says, loaded anew."""
        self.page.goto(self.program.url + path)
        return self.page.get_by_role("main").inner_text()
