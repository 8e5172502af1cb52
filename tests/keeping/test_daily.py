"""The backup of each day, and what is known of it."""

import json
from pathlib import Path

from tests.keeping.houses import House


def test_the_worker_writes_one_each_day_and_tells_of_failures(lived_in: House, tmp_path: Path) -> None:
    own = {"SUPPORTFLOW_BACKUPS": str(tmp_path / "backups"), "SUPPORTFLOW_BACKUPS_KEPT": "1"}
    lived_in.must(module="tests.keeping.daily", **own)
    [archive] = (tmp_path / "backups").glob("*.tar")
    told = json.loads((tmp_path / "backups" / "last-backup.json").read_text())
    assert (told["file"], told["verified"], told["problem"]) == (str(archive), True, "")
    assert "verified" in lived_in.run("check", **own).out

    next((lived_in.folder / "files" / "attachments").glob("*/*")).unlink()
    assert lived_in.run(module="tests.keeping.daily", **own).code == 1
    told = json.loads((tmp_path / "backups" / "last-backup.json").read_text())
    assert "lost 1 attachments" in told["problem"]
    assert told["verified"], "the last good one is remembered"
    line = next(line for line in lived_in.run("check", **own).out.splitlines() if "backups" in line)
    assert line.startswith("WRONG")


def test_a_disk_that_is_away_or_full_is_told(lived_in: House, tmp_path: Path) -> None:
    away = {"SUPPORTFLOW_BACKUPS": str(tmp_path / "away" / "backups")}
    done = lived_in.run(module="tests.keeping.daily", **away)
    assert (done.code, "Is its disk mounted?" in done.error) == (1, True)
    assert not (tmp_path / "away").exists()
    assert "Is its disk mounted?" in lived_in.run("check", **away).out

    full = {"SUPPORTFLOW_BACKUPS": "/proc/backups"}  # which takes nothing
    assert lived_in.run(module="tests.keeping.daily", **full).code == 1
    assert "WRONG  backups: the last try failed" in lived_in.run("check", **full).out
