"""All settings, from the environment alone (docs/operations.md lists them). A wrong value stops the start."""

import os
import secrets
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import dj_database_url
import django_stubs_ext

from supportflow import env, valkey
from supportflow.files import address
from supportflow.mail.address import ImapAddress

django_stubs_ext.monkeypatch()

PACKAGE = Path(__file__).resolve().parent
DATA = env.folder("SUPPORTFLOW_DATA", Path("var"))
DEBUG = False


def _secret_key() -> str:
    """The given key, or one made on the first start and kept in the data folder, readable by its owner alone."""
    if given := env.text("SUPPORTFLOW_SECRET_KEY"):
        if len(given) < 32:
            raise env.WrongValue("SUPPORTFLOW_SECRET_KEY", "is shorter than 32 characters; use a longer random text.")
        return given
    file = DATA / "secret_key"
    if not file.exists():
        # Written aside and linked, so that two processes that start together end up with one key.
        mine = DATA / f".secret_key.{os.getpid()}"
        mine.touch(mode=0o600)
        mine.write_text(secrets.token_urlsafe(48))
        try:
            os.link(mine, file)
        except FileExistsError:
            pass
        finally:
            mine.unlink()
    return file.read_text()


SECRET_KEY = _secret_key()
BASE_URL = env.http_url("SUPPORTFLOW_BASE_URL", "http://127.0.0.1:8000")
_base = urlsplit(BASE_URL)
BEHIND_TLS = _base.scheme == "https"
ALLOWED_HOSTS = sorted({_base.hostname or "", "127.0.0.1", "localhost", "[::1]", *env.words("SUPPORTFLOW_HOSTS")})
CSRF_TRUSTED_ORIGINS = [BASE_URL] if BEHIND_TLS else []
# How many proxies of ours stand in front and add to X-Forwarded-For; 0 believes no such header.
ALLAUTH_TRUSTED_PROXY_COUNT = env.number("SUPPORTFLOW_PROXIES", 0, least=0, most=10)
if BEHIND_TLS:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_HSTS_SECONDS = 31_536_000
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = BEHIND_TLS
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 14 * 24 * 3600
SESSION_ENGINE = "supportflow.accounts.sessions"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "django_htmx",
    "supportflow.jobs",
    "supportflow.core",
    "supportflow.accounts",
    "supportflow.fields",
    "supportflow.files",
    "supportflow.saved_views",
    "supportflow.tags",
    "supportflow.crm",
    "supportflow.desk",
    "supportflow.mail",
    "supportflow.notifications",
    "supportflow.search",
    "supportflow.live",
    "supportflow.keeping",
    "supportflow.pages",
]
MIDDLEWARE = [
    "supportflow.core.middleware.RequestLog",
    "django.middleware.security.SecurityMiddleware",
    "supportflow.pages.csp.ContentSecurityPolicy",
    "supportflow.pages.compression.Compressed",
    "supportflow.pages.assets.StaticFiles",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "supportflow.accounts.middleware.ActingUser",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "supportflow.core.middleware.RefusedAnswers",
]
ROOT_URLCONF = "supportflow.urls"
APPEND_SLASH = False
CSRF_FAILURE_VIEW = "supportflow.pages.errors.csrf_failure"

TEMPLATES = [
    {
        "BACKEND": "supportflow.pages.jinja.Pages",
        "DIRS": [PACKAGE / "templates"],
        "OPTIONS": {
            "environment": "supportflow.pages.jinja.environment",
            "context_processors": [
                "django.contrib.messages.context_processors.messages",
                "django.template.context_processors.request",
                "supportflow.pages.context.shell",
                "supportflow.saved_views.context.navigation",
            ],
        },
    },
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    },
]
# A select of four hundred choices takes a fifth of the time.
FORM_RENDERER = "django.forms.renderers.Jinja2"


def _parsed(name: str, url: str) -> dict[str, Any]:
    """What Django wants to know of a database; a URL of another kind raises WrongValue."""
    try:
        found: dict[str, Any] = dict(dj_database_url.parse(url, conn_max_age=600, conn_health_checks=True))
    except (ValueError, KeyError, dj_database_url.UnknownSchemeError):
        found = {}
    if str(found.get("ENGINE", "")).endswith("sqlite3") and name == "DATABASE_URL":
        # IMMEDIATE: a writer waits for the lock at BEGIN instead of failing at its first write.
        found["OPTIONS"] = {
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": "PRAGMA journal_mode=WAL;PRAGMA synchronous=FULL;PRAGMA cache_size=-16000;"
            "PRAGMA temp_store=MEMORY;PRAGMA mmap_size=268435456;",
        }
        found["CONN_HEALTH_CHECKS"] = False
        return found
    if not str(found.get("ENGINE", "")).endswith("postgresql") or not found.get("NAME"):
        raise env.WrongValue(name, "cannot be used; write postgres://user:password@host:5432/name.")
    found["DISABLE_SERVER_SIDE_CURSORS"] = True  # PgBouncer in transaction mode has no cursors that outlive one
    found["OPTIONS"] = POSTGRES_OPTIONS | found.get("OPTIONS", {})
    return found


# A server that is gone without a word is noticed within half a minute, one that cannot be reached at once. Nothing here
# is a setting of the session: PgBouncer in transaction mode would lose it.
POSTGRES_OPTIONS: dict[str, Any] = {
    "application_name": "supportflow",
    "connect_timeout": 5,
    "keepalives_idle": 20,
    "keepalives_interval": 5,
    "keepalives_count": 2,
    "tcp_user_timeout": 30_000,
}
DATABASES = {
    "default": _parsed("DATABASE_URL", env.text("DATABASE_URL") or f"sqlite:///{DATA / 'supportflow.sqlite3'}")
}
# Other ways to the same PostgreSQL: past PgBouncer, for LISTEN; and to its streaming replica, for heavy reading.
for _alias, _name in (("direct", "DATABASE_DIRECT_URL"), ("replica", "DATABASE_REPLICA_URL")):
    if _url := env.text(_name):
        if not DATABASES["default"]["ENGINE"].endswith("postgresql"):
            raise env.WrongValue(_name, "is of use with PostgreSQL alone; set DATABASE_URL too, or leave it out.")
        DATABASES[_alias] = _parsed(_name, _url) | {"TEST": {"MIRROR": "default"}}
        DATABASES[_alias]["OPTIONS"] |= {"connect_timeout": 2}  # both can be done without
REPLICA_LAG = env.number("SUPPORTFLOW_REPLICA_LAG", 10, least=1, most=3600)  # seconds
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
VALKEY_URL = env.text("VALKEY_URL")


def _cache() -> dict[str, Any]:
    """Counters and limits: Valkey where given, else the shared database, else this process's memory."""
    if VALKEY_URL:
        if urlsplit(VALKEY_URL).scheme not in {"redis", "rediss", "valkey", "valkeys", "unix"}:
            raise env.WrongValue("VALKEY_URL", "cannot be used; write redis://host:6379/0.")
        return {"BACKEND": "supportflow.core.caching.ValkeyCache", "LOCATION": valkey.redis_url(VALKEY_URL)}
    if DATABASES["default"]["ENGINE"].endswith("postgresql"):
        options = {"MAX_ENTRIES": 100_000}
        return {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "cache", "OPTIONS": options}
    return {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "OPTIONS": {"MAX_ENTRIES": 100_000}}


CACHES = {"default": _cache()}
TASKS = {"default": {"BACKEND": "supportflow.jobs.backend.DatabaseBackend"}}

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("de", "Deutsch"), ("es", "Español")]
LOCALE_PATHS = [PACKAGE / "locale"]
USE_I18N = USE_TZ = True
TIME_ZONE = "UTC"

STATIC_URL = "/static/"
STATIC_ROOT = DATA / "static"
STATICFILES_DIRS = [PACKAGE / "static"]
STORAGE_URL = env.text("STORAGE_URL")
if "://" in STORAGE_URL:
    try:
        _attachments = address.storage(STORAGE_URL)
    except ValueError as error:
        raise env.WrongValue("STORAGE_URL", f"{error}.") from None
else:
    MEDIA_ROOT = env.folder("STORAGE_URL", DATA / "files")
    _attachments = {"BACKEND": address.FOLDER}
STORAGES = {
    "default": _attachments,
    "staticfiles": {"BACKEND": "supportflow.pages.assets.Storage"},
}
MAX_FILE_BYTES = 25 * 1024 * 1024
MAX_MAIL_BYTES = 35 * 1024 * 1024
MAX_REQUEST_BYTES = 64 * 1024 * 1024
DATA_UPLOAD_MAX_MEMORY_SIZE = 4 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 1000
DATA_UPLOAD_MAX_NUMBER_FILES = 20
FILE_UPLOAD_PERMISSIONS = 0o600

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["supportflow.accounts.backend.Backend"]
PASSWORD_HASHERS = ["supportflow.accounts.hashers.Argon2"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = "supportflow.accounts.adapter.Adapter"
ACCOUNT_FORMS = {"reset_password": "supportflow.accounts.forms.ResetForm"}
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_LOGOUT_REDIRECT_URL = "/login"
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_RATE_LIMITS = {
    "login": "30/m/ip",
    "login_failed": "20/m/ip,5/5m/key",
    "reset_password": "20/m/ip,5/h/key",
    "reset_password_from_key": "20/m/ip",
}
PASSWORD_RESET_TIMEOUT = 4 * 3600

UNDO_SEND = env.number("SUPPORTFLOW_UNDO_SEND", 10, least=0, most=600)  # seconds until a reply goes out; 0 is at once
API_RATE = env.number("SUPPORTFLOW_API_RATE", 1200, least=1, most=1_000_000)
NINJA_PAGINATION_MAX_LIMIT = 200

MAIL_ADDRESS = env.mail_address("SUPPORTFLOW_MAIL_ADDRESS", "support@supportflow.example")
SMTP_LISTEN = env.host_and_port("SMTP_LISTEN", "127.0.0.1:2525")
SMTP_ACCEPT = [domain.lower().lstrip("@") for domain in env.words("SMTP_ACCEPT")] or [
    MAIL_ADDRESS.split("@")[1].lower()
]
EMAIL_URL = env.text("EMAIL_URL")
if EMAIL_URL:
    try:
        _smtp = urlsplit(EMAIL_URL)
        _usable = _smtp.scheme in {"smtp", "smtps"} and bool(_smtp.hostname) and (_smtp.port or 25) > 0
    except ValueError:
        _usable = False
    if not _usable:
        raise env.WrongValue("EMAIL_URL", "cannot be used; write smtp://user:password@host:587 or smtps://host.")
IMAP_URL = env.text("IMAP_URL")
try:
    IMAP = ImapAddress.parse(IMAP_URL) if IMAP_URL else None
except ValueError as error:
    raise env.WrongValue("IMAP_URL", f"{error}.") from None
EMAIL_BACKEND = "supportflow.mail.backend.OutboxBackend"
DEFAULT_FROM_EMAIL = SERVER_EMAIL = MAIL_ADDRESS

# A folder in which the worker writes a backup each day, and how many of them stay. Its disk may be away: a backup fails
# then, and nothing else does.
BACKUPS = Path(env.text("SUPPORTFLOW_BACKUPS")).expanduser().absolute() if env.text("SUPPORTFLOW_BACKUPS") else None
BACKUPS_KEPT = env.number("SUPPORTFLOW_BACKUPS_KEPT", 7, least=1, most=10_000)
SLOW_QUERY_MS = env.number("SLOW_QUERY_MS", 250, least=0, most=3_600_000)  # 0 is off
METRICS_TOKEN = env.text("SUPPORTFLOW_METRICS_TOKEN")
if METRICS_TOKEN and len(METRICS_TOKEN) < 16:
    raise env.WrongValue("SUPPORTFLOW_METRICS_TOKEN", "is shorter than 16 characters; use a longer random text.")
LOG_FORMAT = env.one_of("LOG_FORMAT", "console", ("console", "json"))
LOGGING_CONFIG = "supportflow.core.logs.configure"
LOGGING = {"format": LOG_FORMAT}
# The address is unique whatever its case, by a constraint on LOWER(email) that this check does not see.
SILENCED_SYSTEM_CHECKS = ["auth.W004"]
