"""Firefox without a screen, driven by its own protocol, Marionette: a line of JSON each way."""

import json
import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.support.helpers import wait_for
from tests.support.program import missing

NAMES = ("firefox-esr", "firefox")


class Firefox:
    """One window. `run` gets a function's body in JavaScript and returns its result."""

    def __init__(self, port: int):
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=60)
        self._stream = self._socket.makefile("rb")
        self._receive()  # who it is
        self._command("WebDriver:NewSession")

    def resize(self, width: int, height: int) -> None:
        self._command("WebDriver:SetWindowRect", width=width, height=height)

    def open(self, url: str) -> None:
        """Open a page and wait until it is loaded."""
        self._command("WebDriver:Navigate", url=url)

    def set_cookie(self, name: str, value: str) -> None:
        """Set a cookie of the page that is open."""
        self._command("WebDriver:AddCookie", cookie={"name": name, "value": value})

    def run(self, script: str) -> Any:
        return self._command("WebDriver:ExecuteScript", script=script)["value"]

    def close(self) -> None:
        self._stream.close()
        self._socket.close()

    def _command(self, name: str, **parameters: object) -> Any:
        message = json.dumps([0, 1, name, parameters]).encode()
        self._socket.sendall(b"%d:%b" % (len(message), message))
        _kind, _id, error, result = self._receive()
        assert error is None, error
        return result

    def _receive(self) -> Any:
        length = b""
        while not length.endswith(b":"):
            length += self._stream.read(1)
        return json.loads(self._stream.read(int(length[:-1])))


@contextmanager
def running_firefox(profile: Path, **preferences: object) -> Iterator[Firefox]:
    """Start Firefox; where there is none, skip, or fail where CI is set."""
    executable = next(filter(None, map(shutil.which, NAMES)), None)
    if executable is None:
        missing("Firefox is not installed: apt-get install firefox-esr")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    preferences["marionette.port"] = port
    lines = (
        f"user_pref({json.dumps(name)}, {json.dumps(value)});\n"
        for name, value in preferences.items()
    )
    (profile / "user.js").write_text("".join(lines))
    process = subprocess.Popen(
        [executable, "--headless", "--marionette", "--profile", str(profile)],
        env={**os.environ, "HOME": str(profile), "MOZ_DISABLE_CONTENT_SANDBOX": "1"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        firefox = wait_for(lambda: connect(port), seconds=60)
        yield firefox
        firefox.close()
    finally:
        process.terminate()
        process.wait(20)


def connect(port: int) -> Firefox | None:
    try:
        return Firefox(port)
    except ConnectionRefusedError:
        return None
