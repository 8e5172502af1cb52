"""A run as a table for people; beside it, the ratio to an earlier run."""

from collections.abc import Iterator
from typing import Any

Run = dict[str, Any]  # Report.as_json


def table(run: Run, before: Run | None = None) -> str:
    return "\n".join(_lines(run, before or {}))


def _lines(run: Run, before: Run) -> Iterator[str]:
    made = run["machine"]
    yield f"{made['tickets']:,} tickets, {made['database']}, Python {made['python']}, {made['cores']} cores"
    yield ""
    yield f"{'':38}{'p50 ms':>9}{'p95 ms':>9}{'times':>7}{'queries':>9}" + (
        f"{'p50, before = 1':>17}" if before else ""
    )
    for name, figure in run["figures"].items():
        asked = run["asked"].get(name)
        line = f"{name:38}{figure['p50']:9.2f}{figure['p95']:9.2f}{figure['times']:7}"
        line += f"{asked['queries'] if asked else '':>9}"
        yield (line + _ratio(figure["p50"], before.get("figures", {}).get(name, {}).get("p50"))).rstrip()
    yield from _section("Floor", {name: f"{figure['p50']:.3f} ms" for name, figure in run["floor"].items()})
    yield from _section("Answers", {name: f"{rate:.0f} a second" for name, rate in run["throughput"].items()})
    yield from _section("Memory (PSS)", {name: f"{size / 1024:.0f} MiB" for name, size in run["memory"].items()})
    yield from _section("Broken", dict.fromkeys(run["broken"], ""))


def _ratio(now: float, before: float | None) -> str:
    return f"{now / before:17.2f}" if before else ""


def _section(title: str, rows: dict[str, str]) -> Iterator[str]:
    if rows:
        yield f"\n{title}"
        yield from (f"  {name:36}{value:>18}".rstrip() for name, value in rows.items())
