"""Files in a bucket. Needs the extra `s3`; chosen by a STORAGE_URL that begins with s3://."""

import base64
import functools
import io
import re
import time
from collections.abc import Callable
from pathlib import PurePosixPath
from typing import Any, Concatenate, ParamSpec, TypeVar

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from django.core.files.base import File
from storages.backends.s3 import S3Storage

P = ParamSpec("P")
R = TypeVar("R")

CONNECT, ANSWER = 3, 10  # seconds to wait; a page waits too, so they are short
TRIES = 2  # the first and one more; whoever asked tries again later
REST = 5.0  # seconds in which a bucket that did not answer is not asked again
BUFFER = 256 * 1024  # bytes
GONE = {"404", "NoSuchKey"}


class StorageDown(OSError):
    """The bucket refuses, or does not answer. Its text names the reason and no secret."""


def told(method: "Callable[Concatenate[Bucket, P], R]") -> "Callable[Concatenate[Bucket, P], R]":
    """botocore's errors as those of a folder: FileNotFoundError, or StorageDown.

    A bucket that hangs would take the few threads that answer pages one after the other: after one call that got no
    answer the next fail at once, for a few seconds.
    """

    @functools.wraps(method)
    def run(self: "Bucket", /, *args: P.args, **kwargs: P.kwargs) -> R:
        if time.monotonic() < self.resting_until:
            raise StorageDown("The bucket did not answer a moment ago.")
        try:
            return method(self, *args, **kwargs)
        except ClientError as error:
            if error.response.get("Error", {}).get("Code") in GONE:
                raise FileNotFoundError(str(error)) from error
            raise StorageDown(str(error)) from error
        except BotoCoreError as error:
            self.resting_until = time.monotonic() + REST
            raise StorageDown(str(error)) from error

    return run


class Bucket(S3Storage):  # type: ignore[misc]  # django-storages has no type hints
    """django-storages' bucket with one checked PUT for each file, files read as they come, and errors as a folder's."""

    resting_until = 0.0

    def __init__(self, **options: Any) -> None:
        config = Config(
            connect_timeout=CONNECT,
            read_timeout=ANSWER,
            retries={"total_max_attempts": TRIES, "mode": "standard"},
            signature_version="s3v4",
            s3={"addressing_style": "path" if options.get("endpoint_url") else "auto"},
            max_pool_connections=32,
            # Buckets that are not Amazon's know no checksum but the one that we send.
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
        )
        super().__init__(client_config=config, **options)

    @property
    def client(self) -> Any:
        return self.connection.meta.client

    @told
    def _save(self, name: str, content: File[Any]) -> str:
        """Whole or not there; the bucket itself compares the bytes with the SHA-256 that they are named for."""
        content.seek(0)
        check = {"ChecksumAlgorithm": "SHA256", "ChecksumSHA256": checksum} if (checksum := _checksum(name)) else {}
        key = self._normalize_name(name)
        self.client.put_object(
            Bucket=self.bucket_name, Key=key, Body=Body(content), ContentType="binary/octet-stream", **check
        )
        return name

    @told
    def _open(self, name: str, mode: str = "rb") -> File[Any]:
        assert mode == "rb", "files are written whole, by save"
        found = self.client.get_object(Bucket=self.bucket_name, Key=self._normalize_name(name))
        return File(io.BufferedReader(Download(found["Body"]), BUFFER), name)

    # A hand-over of each of the rest, for its errors alone.
    delete = told(S3Storage.delete)
    exists = told(S3Storage.exists)
    listdir = told(S3Storage.listdir)
    size = told(S3Storage.size)
    get_modified_time = told(S3Storage.get_modified_time)


class Body:
    """What goes up. Django's files are false when they have no name, and botocore would send nothing."""

    def __init__(self, content: File[Any]) -> None:
        self.read, self.seek, self.tell = content.read, content.seek, content.tell


class Download(io.RawIOBase):
    """An object as it comes over the wire; a connection that breaks on the way is an error, never an early end."""

    def __init__(self, body: Any) -> None:
        self._body = body

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        try:
            part = self._body.read(len(buffer))
        except BotoCoreError as error:
            raise StorageDown(str(error)) from error
        buffer[: len(part)] = part
        return len(part)

    def close(self) -> None:
        self._body.close()
        super().close()


def _checksum(name: str) -> str | None:
    """The last part of our names is the SHA-256 in hex; S3 wants it in base64."""
    digest = PurePosixPath(name).name
    return base64.b64encode(bytes.fromhex(digest)).decode() if re.fullmatch(r"[0-9a-f]{64}", digest) else None
