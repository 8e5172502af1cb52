"""What deploy/ says exists: programs take their arguments, settings are read, files are there, units are valid."""

import os
import re
import shlex
import shutil
import subprocess
from pathlib import Path
from typing import Any

import click
import pytest
import yaml

from supportflow.cli import cli
from tests.processes import ROOT

DEPLOY = ROOT / "deploy"
UNITS = sorted((DEPLOY / "systemd").glob("*.service"))
PROGRAM = "/opt/supportflow/.venv/bin/supportflow"
# Of others: systemd's own, those of the images.
NOT_OURS = {"PATH", "PYTHONPATH", "PYTHONUNBUFFERED", "POSTGRES_USER", "POSTGRES_DB", "POSTGRES_PASSWORD_FILE"}
LINE = re.compile(r"^(\w+)=(.*)$", re.MULTILINE)


def compose() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
    return loaded


def of_unit(file: Path, key: str) -> list[str]:
    return [value for name, value in LINE.findall(file.read_text()) if name == key]


def ours() -> dict[str, dict[str, Any]]:
    return {name: one for name, one in compose()["services"].items() if one["image"] == "supportflow"}


def commands() -> list[list[str]]:
    """Every start of ours, as its arguments."""
    from_units = [shlex.split(start) for unit in UNITS for start in of_unit(unit, "ExecStart")]
    [default] = re.findall(r"^CMD (\[.*\])$", (DEPLOY / "Containerfile").read_text(), re.MULTILINE)
    assert all(words[0] == PROGRAM for words in from_units)
    return [*(words[1:] for words in from_units), yaml.safe_load(default), *(one["command"] for one in ours().values())]


def variables() -> set[str]:
    named = {name for name, _ in LINE.findall((DEPLOY / "systemd" / "supportflow.env").read_text())}
    for unit in UNITS:
        named |= {value.partition("=")[0] for value in of_unit(unit, "Environment")}
        named |= set(re.findall(r"\((\w+_FILE)\)", unit.read_text()))
    for one in compose()["services"].values():
        named |= set(one.get("environment", {}))
    container = (DEPLOY / "Containerfile").read_text().replace("\\\n", " ")
    for line in re.findall(r"^ENV (.*)$", container, re.MULTILINE):
        named |= {word.partition("=")[0] for word in line.split()}
    return named


@pytest.mark.parametrize("arguments", commands(), ids=" ".join)
def test_every_command_takes_its_arguments(arguments: list[str]) -> None:
    command = cli.commands[arguments[0]]
    given = [re.sub(r"%[iS]", "8001", word) for word in arguments[1:]]
    command.make_context(arguments[0], given, resilient_parsing=False)
    with pytest.raises(click.UsageError):
        command.make_context(arguments[0], [*given, "--no-such-option"])


def test_every_variable_is_one_that_the_product_reads() -> None:
    source = "\n".join(path.read_text() for path in (ROOT / "supportflow").rglob("*.py"))
    unknown = {name for name in variables() - NOT_OURS if f'"{name.removesuffix("_FILE")}"' not in source}
    assert not unknown


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_every_unit_gives_up_what_it_does_not_need(unit: Path) -> None:
    lines = set(unit.read_text().splitlines())
    kept = {"NoNewPrivileges=yes", "ProtectSystem=strict", "StateDirectory=supportflow", "User=supportflow"}
    assert kept | {"CapabilityBoundingSet=", "SystemCallFilter=@system-service", "UMask=0077"} <= lines


def test_every_credential_is_read_and_every_file_that_is_read_is_a_credential() -> None:
    for unit in UNITS:
        loaded = {value.partition(":")[0] for value in of_unit(unit, "LoadCredential")}
        read = set(re.findall(r"_FILE=%d/(\w+)", unit.read_text()))
        assert loaded == read, unit.name


def test_the_target_wants_units_that_are_there() -> None:
    wanted = " ".join(of_unit(DEPLOY / "systemd" / "supportflow.target", "Wants")).split()
    assert {re.sub(r"@\w+\.", "@.", name) for name in wanted} <= {unit.name for unit in UNITS}


def test_systemd_takes_the_units(tmp_path: Path) -> None:
    analyze = shutil.which("systemd-analyze")
    if analyze is None and os.environ.get("CI") != "true":
        pytest.skip("systemd-analyze is not installed")
    for file in (DEPLOY / "systemd").glob("*.[st]*"):
        # Verified on a machine where the product is not installed.
        (tmp_path / file.name).write_text(file.read_text().replace(PROGRAM, "/usr/bin/env"))
    units = [str(path) for path in tmp_path.iterdir() if path.suffix in {".service", ".target"}]
    assert analyze is not None
    done = subprocess.run([analyze, "verify", "--man=no", *units], check=False, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


def test_what_the_image_copies_is_there_and_nothing_else_is_sent() -> None:
    text = (DEPLOY / "Containerfile").read_text()
    stages = re.findall(r"^FROM (\S+)", text, re.MULTILINE)
    copied = [words.split()[:-1] for words in re.findall(r"^COPY (?!--from)(.*)$", text, re.MULTILINE)]
    sources = {name for names in copied for name in names}
    allowed = {line[1:] for line in (DEPLOY / "Containerfile.dockerignore").read_text().split() if line.startswith("!")}
    assert all((ROOT / name).exists() for name in sources)
    assert sources == allowed
    assert all(re.fullmatch(r"[a-z]+:[a-z0-9.-]+", stage) for stage in stages), "plain names, with a version"
    assert "--require-hashes" in text
    assert text.index("USER 10001") < text.index("ENTRYPOINT")


def test_the_composed_services_hold_together() -> None:
    """The rules of the compose file format that a typing mistake breaks; its own schema needs its own program."""
    whole = compose()
    services = whole["services"]
    for name, one in services.items():
        assert set(one.get("depends_on", ())) <= services.keys(), name
        assert set(one.get("secrets", ())) <= whole["secrets"].keys(), name
        volumes = [volume.partition(":")[0] for volume in one.get("volumes", ())]
        assert {volume for volume in volumes if not volume.startswith(".")} <= whole["volumes"].keys(), name
        missing = [volume for volume in volumes if volume.startswith("./nginx") and not (DEPLOY / volume).exists()]
        assert not missing
        namespace = one.get("network_mode", f"service:{name}").removeprefix("service:")
        assert "ports" in services[namespace], name  # in another's network nobody publishes ports of his own
    assert (DEPLOY / whole["x-supportflow"]["build"]["dockerfile"].removeprefix("deploy/")).exists()
    for name, one in ours().items():
        assert one["read_only"] is True, name
        assert one["cap_drop"] == ["ALL"], name


def test_nginx_knows_the_web_servers_that_units_and_compose_start() -> None:
    upstream = set(re.findall(r"server 127\.0\.0\.1:(\d+)", (DEPLOY / "nginx" / "supportflow.conf").read_text()))
    composed = {
        one["command"][one["command"].index("--port") + 1] for one in ours().values() if "web" in one["command"]
    }
    wanted = set(re.findall(r"supportflow-web@(\d+)\.service", (DEPLOY / "systemd" / "supportflow.target").read_text()))
    assert upstream == composed == wanted
