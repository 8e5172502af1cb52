"""STORAGE_URL: every form that works, and for each other one what would be right."""

import pytest

from supportflow.files.address import S3Address, storage


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("s3://files", S3Address("files")),
        ("s3://files?region=eu-central-1&prefix=help", S3Address("files", region="eu-central-1", prefix="help")),
        ("s3://k:s@files", S3Address("files", key="k", secret="s")),
        ("s3://k:a%2Fb%40@127.0.0.1:9000/files", S3Address("files", "http://127.0.0.1:9000", "k", "a/b@")),
        ("s3://k:s@localhost/files/", S3Address("files", "http://localhost", "k", "s")),
        ("s3://k:s@[::1]:9000/files", S3Address("files", "http://[::1]:9000", "k", "s")),
        ("s3://k:s@s3.example.com/files", S3Address("files", "https://s3.example.com", "k", "s")),
        ("s3://k:s@minio:9000/files?tls=off", S3Address("files", "http://minio:9000", "k", "s")),
        ("s3://k:s@127.0.0.1:9000/files?tls=on", S3Address("files", "https://127.0.0.1:9000", "k", "s")),
    ],
)
def test_where_the_files_lie(url: str, address: S3Address) -> None:
    assert S3Address.parse(url) == address
    assert "a/b@" not in repr(address)


@pytest.mark.parametrize(
    ("url", "advice"),
    [
        ("s3://", "write s3://KEY:SECRET@HOST:PORT/BUCKET"),
        ("s3:///files", "write s3://KEY"),
        ("s3://UPPER_case", "cannot be read"),
        ("s3://bucket/folder", "folder behind the bucket"),
        ("s3://k:s@s3.example.com/files/folder", "?prefix=NAME"),
        ("s3://k@s3.example.com/files", "needs key and secret"),
        ("s3://k:s@s3.example.com/files?bucket=x", "unknown option 'bucket'"),
        ("s3://k:s@s3.example.com/files?tls=maybe", "tls=on or tls=off"),
        ("s3://k:s@s3.example.com:99999/files", "Port"),
        ("s3://files?prefix=../x y", "takes a prefix of letters"),
        ("gs://files", "begins with gs://"),
    ],
)
def test_any_other_value_is_told_what_would_be_right(url: str, advice: str) -> None:
    with pytest.raises(ValueError, match=r"\w") as problem:
        storage(url)
    assert advice in str(problem.value)


def test_without_the_libraries_the_line_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("supportflow.files.address.find_spec", lambda name: None)
    with pytest.raises(ValueError, match=r"pip install 'supportflow\[s3\]'"):
        storage("s3://files")
