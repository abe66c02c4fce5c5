"""A Redis server of the tests' own, which keeps nothing on disk."""

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from redis import Redis
from redis.exceptions import ConnectionError

from tests.support.helpers import wait_for
from tests.support.program import free_port_pair, missing

PASSWORD = "CANARY-redis-password"


def find_redis() -> str:
    """Return the path of the server; where there is none, skip, or fail where CI is set."""
    path = shutil.which("redis-server")
    if path is None:
        missing("Redis is not installed: apt-get install redis-server.")
    return path


class RedisServer:
    """A private Redis server with a password."""

    def __init__(self, folder: Path):
        port = free_port_pair()
        self.url = f"redis://:{PASSWORD}@127.0.0.1:{port}/0"
        self.client = Redis.from_url(self.url)
        self._configuration = folder / "redis.conf"
        self._configuration.write_text(
            f"bind 127.0.0.1\nport {port}\nrequirepass {PASSWORD}\ndir {folder}\n"
            'save ""\nappendonly no\n'
        )
        self.start()

    def start(self) -> None:
        self._process = subprocess.Popen(
            [find_redis(), self._configuration],
            stdout=subprocess.DEVNULL,
        )
        wait_for(self.is_alive)

    def is_alive(self) -> bool:
        try:
            return self.client.ping()
        except ConnectionError:
            return False

    def kill(self) -> None:
        self._process.kill()
        self._process.wait(10)


@contextmanager
def running_redis() -> Iterator[RedisServer]:
    """Start one, with nothing in it."""
    with TemporaryDirectory() as folder:
        server = RedisServer(Path(folder))
        try:
            yield server
        finally:
            server.client.close()
            server.kill()
