"""The settings of the tests: the program's own, with keys and an in-memory queue."""

import atexit
import os
import shutil
import tempfile

DATA_DIR = tempfile.mkdtemp(prefix="appconnect-tests-")
atexit.register(shutil.rmtree, DATA_DIR, ignore_errors=True)
# Playwright keeps an event loop in the thread; nothing of ours is called from it.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
os.environ.setdefault("ENV_FILE", os.path.join(DATA_DIR, ".env"))
os.environ.setdefault("DATA_DIR", DATA_DIR)
os.environ.setdefault("QUEUE_URL", "memory://")
os.environ.setdefault("SECRET_KEY", "a key for tests only, long enough to be one")
os.environ.setdefault("ENCRYPTION_KEYS", f"k1={'ab' * 32}")
os.environ.setdefault("CRM_PRIVATE_HOSTS", "127.0.0.1")

from appconnect.settings import *  # noqa: E402, F403

STATIC_ROOT.mkdir(exist_ok=True)  # noqa: F405
STORAGES = {
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
if (database := DATABASES["default"])["ENGINE"].endswith("sqlite"):  # noqa: F405
    # What asks for no order gets one that nobody counts on, as PostgreSQL may give it.
    database["OPTIONS"]["init_command"] += " PRAGMA reverse_unordered_selects=ON;"
    # By itself pytest-django does this only for Django's own backend.
    database["TEST"] = {"NAME": ":memory:"}
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
