"""`supportflow bench`, as it is run: a server of its own, figures, the floor, and what it refuses."""

import json
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.house.processes import ROOT, environment


def supportflow(data: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "supportflow", *arguments],
        cwd=ROOT,
        env=environment(SUPPORTFLOW_DATA=str(data)),
        check=False,
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
    )


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("bench")
    made = supportflow(folder, "loadgen", "--tickets", "120")
    assert made.returncode == 0, made.stderr
    return folder


def test_a_run_tells_figures_floor_memory_and_plans(data: Path, tmp_path: Path) -> None:
    file = tmp_path / "figures.json"
    done = supportflow(data, "bench", "--tickets", "150", "--seconds", "0.05", "--json", str(file))
    assert done.returncode == 0, done.stderr
    told = json.loads(file.read_text())
    assert told["machine"]["tickets"] >= 150  # those that were missing are there
    assert {"list", "list by due_at", "ticket", "contact", "API list", "create a ticket by form"} <= set(
        told["figures"]
    )
    assert all(0 < figure["p50"] <= figure["p95"] for figure in [*told["figures"].values(), *told["floor"].values()])
    assert 0 < told["floor"]["SQL of 50 open tickets"]["p50"] < told["figures"]["list"]["p50"]
    assert all(rate > 0 for rate in told["throughput"].values())
    assert 0 < told["memory"]["web idle"] < told["memory"]["all idle"]
    assert (told["asked"]["list"]["queries"], told["broken"]) == (7, [])
    assert "list, status OPEN" in done.stdout

    again = supportflow(
        data, "bench", "--seconds", "0.05", "--tickets", "100", "--only", "ticket", "--against", str(file)
    )
    assert again.returncode == 0, again.stderr
    assert "before = 1" in again.stdout


def test_agents_at_work_read_write_and_hear_of_each_other(data: Path, tmp_path: Path) -> None:
    file = tmp_path / "figures.json"
    quickly = ("--agents", "3", "--pace", "40", "--seconds", "10")
    done = supportflow(data, "bench", "--tickets", "100", *quickly, "--json", str(file))
    assert done.returncode == 0, done.stderr
    told = json.loads(file.read_text())
    works = {"list", "ticket", "counts", "here", "keep a draft", "change a field", "send a reply"}
    assert works <= set(told["figures"])
    assert told["figures"]["hint at the last browser"]["times"] >= 1
    assert told["broken"] == []
    assert told["throughput"]["requests"] > 0

    done = supportflow(data, "bench", "--tickets", "100", "--agents", "500")
    assert (done.returncode, done.stderr.count("Error: ")) == (1, 1)
    assert "too few for 500 agents" in done.stderr


def test_what_it_refuses_is_one_line(data: Path, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        done = supportflow(data, "bench", "--tickets", "100", "--port", port)
    assert (done.returncode, done.stderr.count("Error: ")) == (1, 1)
    assert f"Port {port} at 127.0.0.1 is in use." in done.stderr
    (tmp_path / "none.json").write_text("[]")
    done = supportflow(data, "bench", "--against", str(tmp_path / "none.json"))
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert "has no figures of an earlier run" in done.stderr


def test_real_data_is_left_alone(tmp_path: Path) -> None:
    assert supportflow(tmp_path, "migrate").returncode == 0
    assert supportflow(tmp_path, "user", "create", "real@acme.example", "--role", "ADMIN").returncode == 0
    for command in (["bench"], ["loadgen", "--tickets", "100"]):
        done = supportflow(tmp_path, *command)
        assert (done.returncode, done.stderr.count("\n")) == (1, 1)
        assert "real data" in done.stderr
        assert "--yes" in done.stderr
