"""The settings. The environment is read here; `.env.example` lists the variables."""

import tomllib
from importlib.resources import files
from pathlib import Path
from urllib.parse import urlsplit

import environ
from corsheaders.defaults import default_headers
from django.contrib.messages import constants as messages
from whitenoise.compress import Compressor

from appconnect.keys import make_private

BASE_DIR = Path(__file__).resolve().parent.parent
VERSION = tomllib.loads((BASE_DIR / "pyproject.toml").read_text())["project"]["version"]

env = environ.Env()
ENV_FILE = Path(env.str("ENV_FILE", default=str(BASE_DIR / ".env")))
env.read_env(ENV_FILE)

# Where this server is, and where it keeps its files

PUBLIC_URL = env.str("PUBLIC_URL", default="http://127.0.0.1:8000").rstrip("/")
TRUSTED_PROXIES = env.list("TRUSTED_PROXIES", default=["127.0.0.0/8", "::1"])
DATA_DIR = Path(env.str("DATA_DIR", default=str(ENV_FILE.parent / ".data")))
DATA_DIR.mkdir(parents=True, exist_ok=True)
DATABASES = {"default": env.db("DATABASE_URL", f"sqlite:///{DATA_DIR}/app.sqlite3")}
QUEUE_URL = env.str("QUEUE_URL", default=f"sqlite:///{DATA_DIR}/queue.sqlite3")


# Only the owner reads an SQLite file; SQLite makes its -wal and -shm as private as it is.
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    make_private(DATABASES["default"]["NAME"])
if QUEUE_URL.startswith("sqlite:///"):
    make_private(QUEUE_URL.removeprefix("sqlite:///"))

# Keys. Without them nothing starts; `manage.py start` makes them on the first run.

SECRET_KEY = env.str("SECRET_KEY")
ENCRYPTION_KEYS = env.dict("ENCRYPTION_KEYS")

# RingCentral

RINGCENTRAL_SERVER = env.str(
    "RINGCENTRAL_SERVER", default="https://platform.ringcentral.com"
).rstrip("/")
RINGCENTRAL_CLIENT_ID = env.str("RINGCENTRAL_CLIENT_ID", default="")
RINGCENTRAL_CLIENT_SECRET = env.str("RINGCENTRAL_CLIENT_SECRET", default="")
INTEROP_CODE_EXCHANGE = env.str(
    "INTEROP_CODE_EXCHANGE", default="appconnect.organizations.people.interop.redeem"
)

# Calls

CALL_SETTLE_SECONDS = env.float("CALL_SETTLE_SECONDS", default=8.0)
CALL_LOG_DELAY_SECONDS = env.float("CALL_LOG_DELAY_SECONDS", default=20.0)
CALL_LOG_SYNC_SECONDS = env.float("CALL_LOG_SYNC_SECONDS", default=300.0)
CALL_LOG_READS_PER_MINUTE = env.int("CALL_LOG_READS_PER_MINUTE", default=6)
TIME_SCALE = env.float("TIME_SCALE", default=1.0)
CRM_PRIVATE_HOSTS = env.list("CRM_PRIVATE_HOSTS", default=[])
CONNECTORS_DIR = env.str("CONNECTORS_DIR", default="")
CRM_OAUTH_CLIENTS = env.dict("CRM_OAUTH_CLIENTS", default={})
WORKER_THREADS = env.int("WORKER_THREADS", default=32)
NOTIFY_SOCKET = env.str("NOTIFY_SOCKET", default="")

# Alerts. Without EMAIL_URL e-mails go to the log.

vars().update(env.email_url("EMAIL_URL", default="consolemail://"))
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="call-logging@localhost")
ALERT_PRIVATE_HOSTS = env.list("ALERT_PRIVATE_HOSTS", default=[])

# Django

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "corsheaders",
    "django_htmx",
    "django.forms",  # its widget templates, so that ours can stand beside them
    "appconnect",
    "appconnect.organizations",
    "appconnect.calls",
    "appconnect.monitoring",
    "appconnect.worker",
]
MIDDLEWARE = [
    "appconnect.console.shell.middleware.security_headers",  # of static files and errors too
    "corsheaders.middleware.CorsMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "appconnect.middleware.PageMiddleware",
]
PAGE_MIDDLEWARE = [  # which machines do not need
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "appconnect.console.shell.middleware.limit_forms",  # before anything reads them
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
]
ROOT_URLCONF = "appconnect.urls"
WSGI_APPLICATION = "appconnect.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "appconnect.console.shell.theme.chosen_theme",
            ],
            "libraries": {
                "blocks": "appconnect.console.shell.templatetags.blocks",
                "calls": "appconnect.console.shell.templatetags.calls",
                "icons": "appconnect.console.shell.templatetags.icons",
                "markdown": "appconnect.console.shell.templatetags.markdown",
                "people": "appconnect.console.shell.templatetags.people",
                "roles": "appconnect.console.shell.templatetags.roles",
                "times": "appconnect.console.shell.templatetags.times",
            },
        },
    }
]
MESSAGE_TAGS = {  # the names of states in console.css
    messages.INFO: "info",
    messages.SUCCESS: "ok",
    messages.WARNING: "warn",
    messages.ERROR: "bad",
}
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

DATABASES["default"]["CONN_MAX_AGE"] = None
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    DATABASES["default"]["ENGINE"] = "appconnect.sqlite"  # its writers take turns
    # A transaction that begins as a reader and then writes fails at once under load:
    # IMMEDIATE makes it wait its turn instead.
    OPTIONS = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        # What is erased is overwritten, not only left for other rows to use.
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; "
        "PRAGMA secure_delete=ON;",
    }
else:
    # A connection for each thread; this backend checks it only where it may be lost.
    DATABASES["default"]["ENGINE"] = "appconnect.postgresql"
    # A statement is prepared when a connection has run it so many times.
    OPTIONS = {"server_side_binding": True, "prepare_threshold": 5}
# What DATABASE_URL says after its question mark, such as sslmode, stands beside ours.
DATABASES["default"]["OPTIONS"] = OPTIONS | DATABASES["default"].get("OPTIONS", {})

STATIC_URL = "static/"
STATIC_ROOT = DATA_DIR / "static"
SWAGGER_UI = "static/drf_spectacular_sidecar/swagger-ui-dist"
STATICFILES_DIRS = [
    BASE_DIR / "appconnect" / "console" / "shell" / "static",
    BASE_DIR / "appconnect" / "api" / "docs" / "static",
    # Swagger UI alone: Redoc beside it is 5 MB, and every start would compress it.
    ("swagger-ui", files("drf_spectacular_sidecar") / SWAGGER_UI),
]
WHITENOISE_SKIP_COMPRESS_EXTENSIONS = (*Compressor.SKIP_COMPRESS_EXTENSIONS, "map")
STORAGES = {
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}

USE_TZ = True
TIME_ZONE = "UTC"
LANGUAGE_CODE = env.str(
    "LANGUAGE_CODE", default="en"
)  # of alerts, and of other browsers
LANGUAGES = [("en", "English"), ("de", "Deutsch"), ("es", "Español")]
LANGUAGE_COOKIE_AGE = 365 * 24 * 3600
LANGUAGE_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_SAMESITE = "Lax"
LOCALE_PATHS = [BASE_DIR / "appconnect" / "locale"]

SANDBOX = env.bool("SANDBOX", default=False)
PASSWORD_HASHERS = ["appconnect.organizations.security.passwords.Argon2idHasher"]
AUTH_PASSWORD_VALIDATORS = [  # the sandbox's password is in the README
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "appconnect.organizations.security.passwords.BreachedPasswordValidator"},
    {"NAME": "appconnect.organizations.security.passwords.GuessablePasswordValidator"},
][: 0 if SANDBOX else None]
SESSION_ENGINE = "appconnect.organizations.models.people.session"
SESSION_COOKIE_AGE = 12 * 3600  # a working day
PASSWORD_RESET_TIMEOUT = 24 * 3600
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "console:home"
LOGOUT_REDIRECT_URL = "login"

public_url = urlsplit(PUBLIC_URL)
is_https = public_url.scheme == "https"
ALLOWED_HOSTS = [public_url.hostname, "127.0.0.1", "localhost"]
CSRF_TRUSTED_ORIGINS = [f"{public_url.scheme}://{public_url.netloc}"]
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = is_https
CSRF_COOKIE_HTTPONLY = True
CSRF_FAILURE_VIEW = "appconnect.console.shell.errors.form_is_old"
if is_https:  # no other host of the domain can set them
    SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = "__Host-sessionid", "__Host-csrftoken"
SECURE_HSTS_SECONDS = 31536000 if is_https else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = is_https
SILENCED_SYSTEM_CHECKS = [
    # A redirect to https is the proxy's: from here, one that does not say that it spoke
    # https would go in circles, and lose notifications.
    "security.W008",
    "security.W003",  # CsrfViewMiddleware stands in PAGE_MIDDLEWARE
    "security.W021",  # a browser's preload list is for whole domains, by their owners
]
# The server listens on loopback only: who can set this header is our own proxy.
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if is_https else None
X_FRAME_OPTIONS = "DENY"

# The endpoints for machines end without a slash, the pages with one. Who asks brings a
# token; cookies count on the pages only. Monitoring has no browser: a page opened on this
# machine, from where the figures need no token, must not read them.
CORS_URLS_REGEX = r"^/(?!(metrics|healthz|readyz)$)[\w/-]*\w$"
CORS_ALLOW_ALL_ORIGINS = True
CORS_ALLOW_METHODS = ("GET", "POST", "PATCH", "PUT", "DELETE", "OPTIONS")
CORS_ALLOW_HEADERS = (
    *default_headers,
    "x-rc-access-token",
    "x-access-token",
    "rc-account-id",
    "rc-extension-id",
    "developer-author-name",
    "is-debug",
)
CORS_EXPOSE_HEADERS = ("x-refreshed-jwt-token",)

REST_FRAMEWORK = {
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_AUTHENTICATION_CLASSES": ["appconnect.api.base.authentication.UserJwt"],
    "DEFAULT_PERMISSION_CLASSES": ["appconnect.api.base.permissions.HasCrmSession"],
    "DEFAULT_METADATA_CLASS": None,  # OPTIONS is for CORS alone
    "DEFAULT_SCHEMA_CLASS": "appconnect.api.docs.client_schema.ClientSchema",
    "EXCEPTION_HANDLER": "appconnect.api.base.exceptions.exception_handler",
}
SPECTACULAR_SETTINGS = {
    "OAS_VERSION": "3.1.0",
    "TITLE": "Server-side call logging",
    "DESCRIPTION": "The REST endpoints that App Connect's client, its logging service, "
    "RingCentral and monitoring ask.",
    "VERSION": VERSION,
    "COMPONENT_SPLIT_PATCH": False,
    "POSTPROCESSING_HOOKS": ["appconnect.api.docs.openapi.add_plain_views"],
}

METRICS_TOKEN = env.str("METRICS_TOKEN", default="")
LOG_FORMAT = env.str("LOG_FORMAT", default="text")
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "safe": {"()": "appconnect.log_format.SafeFormatter", "style": LOG_FORMAT}
    },
    "filters": {
        "not_readyz": {
            "()": "django.utils.log.CallbackFilter",
            "callback": "ext://appconnect.log_format.is_not_readyz",
        }
    },
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "safe"}},
    "root": {"handlers": ["stderr"], "level": "INFO"},
    "loggers": {
        "django.request": {"filters": ["not_readyz"]},
        "huey": {"level": "WARNING"},
        "fido2": {"level": "WARNING"},  # it names the credentials that people use
        # The web server has set up handlers of its own before this is read.
        "_granian": {"handlers": ["stderr"], "level": "WARNING", "propagate": False},
    },
}
