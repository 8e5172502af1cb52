"""The settings: what an operator sets, and what of it is dangerous."""

from collections.abc import Iterator
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

from django.conf import settings
from django.core import checks

from supportflow import valkey as server
from supportflow.checks.findings import Finding

FEWEST_LETTERS = 12  # different ones, in a random text of 32
GUESSED = ("changeme", "change-me", "django-insecure", "password", "supportflow", "12345678", "secret-key")


def configuration() -> Iterator[Finding]:
    """The settings were read already, or this would not run; here is Django's opinion of what an operator sets."""
    told = checks.run_checks(tags=[checks.Tags.caches, checks.Tags.files, checks.Tags.security])
    problems = [message for message in told if not message.is_silenced()]
    for problem in problems:
        yield Finding("configuration", f"{problem.msg} {problem.hint or ''}".strip(), is_wrong=True)
    if not problems:
        yield Finding("configuration", f"data folder {settings.DATA}, address {settings.BASE_URL}")


def dangers() -> Iterator[Finding]:
    """What works and should not be so where others can reach it."""
    if settings.DEBUG:
        yield Finding("debug", "DEBUG is on: error pages show settings and data. Turn it off", is_wrong=True)
    yield from address()
    if "*" in settings.ALLOWED_HOSTS:
        text = "SUPPORTFLOW_HOSTS allows every name: links in mails can be forged. Name those that are yours"
        yield Finding("hosts", text, is_wrong=True)
    yield from secret()


def address() -> Iterator[Finding]:
    host = urlsplit(settings.BASE_URL).hostname or ""
    if settings.BEHIND_TLS:
        if settings.ALLAUTH_TRUSTED_PROXY_COUNT == 0:
            text = (
                "it is https, so a proxy stands in front, and SUPPORTFLOW_PROXIES is 0: all people share the limits of "
                "one address. Set it to how many of your proxies add to X-Forwarded-For, most often 1"
            )
            yield Finding("address", text, is_notable=True)
    elif reach(host) == "public":
        text = (
            f"{settings.BASE_URL} is not encrypted: passwords can be read on the way. Put nginx or Caddy with TLS in "
            "front and set SUPPORTFLOW_BASE_URL to the https:// address"
        )
        yield Finding("address", text, is_wrong=True)
    elif reach(host) == "private":
        text = f"{settings.BASE_URL} is not encrypted; whoever is in that network can read along. TLS would mend it"
        yield Finding("address", text, is_notable=True)


def reach(host: str) -> str:
    """Who can reach it: "own" (this machine), "private", or "public" as far as the name tells."""
    if host == "localhost" or host.endswith(".localhost"):
        return "own"
    try:
        number = ip_address(host)
    except ValueError:
        return (
            "private" if "." not in host or host.endswith((".local", ".lan", ".internal", ".home.arpa")) else "public"
        )
    return "own" if number.is_loopback else "private" if number.is_private else "public"


def secret() -> Iterator[Finding]:
    key = settings.SECRET_KEY
    if len(set(key)) < FEWEST_LETTERS or any(word in key.lower() for word in GUESSED):
        text = (
            "SUPPORTFLOW_SECRET_KEY can be guessed, and with it every session. Use a random text, such as of: "
            "openssl rand -base64 48"
        )
        yield Finding("secret key", text, is_wrong=True)
    file = Path(settings.DATA) / "secret_key"
    if file.exists() and file.stat().st_mode & 0o077:
        yield Finding("secret key", f"others on this machine can read it. Mend it: chmod 600 {file}", is_wrong=True)


def valkey() -> Iterator[Finding]:
    if not settings.VALKEY_URL:
        return
    place = urlsplit(settings.VALKEY_URL).hostname
    from redis import Redis

    try:
        with Redis.from_url(server.redis_url(settings.VALKEY_URL), **server.options()) as client:
            client.ping()
    except server.gone() as error:
        text = f"{place} does not answer ({type(error).__name__}): limits count each process alone, hints come slower"
        yield Finding("valkey", f"{text}. Is it running, is VALKEY_URL right?", is_wrong=True)
    else:
        yield Finding("valkey", f"{place} answers")
