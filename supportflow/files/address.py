"""Where the files lie, as STORAGE_URL says it. Imports no Django: the settings are made of it."""

import ipaddress
import re
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

FOLDER, BUCKET_BACKEND = "supportflow.files.storage.Files", "supportflow.files.s3.Bucket"
INSTALL = "run: pip install 'supportflow[s3]', or in a checkout: .venv/bin/pip install -r requirements-s3.lock"
BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
HOST = re.compile(r"[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?|[0-9a-f:.]{2,45}")
PREFIX = re.compile(r"[A-Za-z0-9._-]+(/[A-Za-z0-9._-]+)*")
OPTIONS = {"region", "prefix", "tls"}
FORMS = "write s3://KEY:SECRET@HOST:PORT/BUCKET?region=NAME, or s3://BUCKET for Amazon's own"


@dataclass(frozen=True)
class S3Address:
    """A bucket. Without a key the usual AWS_… variables, profiles and instance roles count."""

    bucket: str
    endpoint: str | None = None  # None is Amazon's own
    key: str | None = None
    secret: str | None = field(default=None, repr=False)
    region: str | None = None
    prefix: str = ""

    @classmethod
    def parse(cls, url: str) -> "S3Address":
        """Raises ValueError with what would be right; its text never holds the secret."""
        parts = urlsplit(url)
        options = dict(parse_qsl(parts.query, strict_parsing=True)) if parts.query else {}
        _check(parts, options)
        bucket, _, more = parts.path.strip("/").partition("/")
        host = parts.hostname or ""
        if more or (bucket and not ("." in host or ":" in host or host == "localhost" or parts.port)):
            raise ValueError(f"has a folder behind the bucket; {FORMS}, and for a folder in it ?prefix=NAME")
        name = bucket or host
        if not BUCKET.fullmatch(name):
            raise ValueError(f"names no bucket ({name[:64]!r}); {FORMS}")
        return cls(
            bucket=name,
            endpoint=_endpoint(host, parts.port, options.get("tls", "")) if bucket else None,
            key=unquote(parts.username) if parts.username else None,
            secret=unquote(parts.password) if parts.password else None,
            region=options.get("region"),
            prefix=options.get("prefix", "").strip("/"),
        )


def _check(parts: SplitResult, options: dict[str, str]) -> None:
    if parts.scheme != "s3" or not HOST.fullmatch(parts.hostname or "") or parts.fragment:
        raise ValueError(f"cannot be read; {FORMS}")
    if bool(parts.username) != bool(parts.password):
        raise ValueError(f"needs key and secret, or neither; {FORMS}, with / in the secret as %2F")
    if unknown := options.keys() - OPTIONS:
        raise ValueError(f"has an unknown option {min(unknown)[:40]!r}; known are: {', '.join(sorted(OPTIONS))}")
    if options.get("tls", "on") not in {"on", "off"}:
        raise ValueError("takes tls=on or tls=off")
    if (prefix := options.get("prefix", "").strip("/")) and not PREFIX.fullmatch(prefix):
        raise ValueError("takes a prefix of letters, digits, '.', '_', '-' and '/' alone")


def _endpoint(host: str, port: int | None, tls: str) -> str:
    """Https, but for this machine itself; `tls=off` for a network that is ours alone."""
    scheme = "http" if tls == "off" or (not tls and _is_loopback(host)) else "https"
    return f"{scheme}://{f'[{host}]' if ':' in host else host}{f':{port}' if port else ''}"


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def storage(url: str) -> dict[str, Any]:
    """Django's STORAGES entry of `s3://…`, or of a folder. Raises ValueError with what would be right."""
    scheme, colon, _ = url.partition("://")
    if not colon:
        return {"BACKEND": FOLDER, "OPTIONS": {"location": str(Path(url).expanduser().absolute())}}
    if scheme != "s3":
        raise ValueError(f"begins with {scheme[:20]}://; give a folder, or {FORMS}")
    address = S3Address.parse(url)
    if not all(map(find_spec, ("storages", "boto3"))):
        raise ValueError(f"needs the libraries for S3, which are not installed; {INSTALL}")
    options = {
        "bucket_name": address.bucket,
        "endpoint_url": address.endpoint,
        "region_name": address.region,
        "location": address.prefix,
        # A key of ours, and not half of it from the environment.
        **({"access_key": address.key, "secret_key": address.secret, "security_token": None} if address.key else {}),
    }
    return {"BACKEND": BUCKET_BACKEND, "OPTIONS": {name: value for name, value in options.items() if value != ""}}
