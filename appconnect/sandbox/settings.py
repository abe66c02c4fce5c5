"""The sandbox's own settings: a separate process without a database, on loopback only."""

import secrets
from pathlib import Path

import environ

BASE_DIR = Path(__file__).resolve().parent.parent.parent

SECRET_KEY = secrets.token_urlsafe(32)
ALLOWED_HOSTS = ["127.0.0.1", "localhost"]
ROOT_URLCONF = "appconnect.sandbox.urls"
WSGI_APPLICATION = "appconnect.sandbox.wsgi.application"
INSTALLED_APPS = ["django.contrib.staticfiles"]
MIDDLEWARE = [
    "appconnect.sandbox.views.http.log_requests",
    "whitenoise.middleware.WhiteNoiseMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "OPTIONS": {
            "libraries": {
                name: f"appconnect.console.shell.templatetags.{name}"
                for name in ("icons", "times")
            }
        },
    }
]
STATIC_URL = "static/"
STATICFILES_DIRS = [BASE_DIR / "appconnect" / "console" / "shell" / "static"]
WHITENOISE_USE_FINDERS = True
USE_TZ = True
TIME_SCALE = environ.Env().float("TIME_SCALE", default=1.0)
DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
