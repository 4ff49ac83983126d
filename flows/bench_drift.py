"""What a drift report costs, on windows of any length, and what it costs in power to compare a sample.

People are made up: each differs from the others by as much as a person's clips differ among themselves. A log is
filled once, and each report is measured by a process of its own, which says how much memory it took.
"""

import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd


Row = tuple[str, str]
FIGURES = tuple(f"figure_{i:02}" for i in range(12))
LABELS = tuple("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
PEOPLE, CLIPS, CLIENTS = 96, 78, 40
SIZES = (5_000, 500_000)
SHIFT = 0.8  # of one figure, in standard deviations of a clip
SEEDS = 20
SAMPLED = (500, 2_000, 20_000)
MOMENT = datetime(2026, 1, 1, tzinfo=UTC)


def figures() -> Iterator[Row]:
    """Yields what reports take, and how often a shift is seen in samples of a window."""
    with tempfile.TemporaryDirectory() as folder:
        reference(Path(folder) / "reference.parquet")
        for size in SIZES:
            fill(Path(folder), size)
            done = subprocess.run(
                [sys.executable, "-m", "flows.bench_drift", folder, str(size)],
                capture_output=True,
                text=True,
                check=True,
            )
            said = json.loads(done.stdout)
            yield (
                f"drift report on {size:,} predictions",
                f"{said['seconds']:.2f} s, {said['sampled']:,} compared; imports {said['imports']:.1f} s, "
                f"memory {said['before']:.0f} MB before, {said['after']:.0f} MB at most",
            )
    yield from power()


def power() -> Iterator[Row]:
    """Yields how often a small shift is seen, in one window and in samples of it."""
    from monitoring.drift.measuring import measure
    from monitoring.drift.thresholds import calibrate
    from pipeline.params.watching import Watch

    before = people(range(PEOPLE), clips=CLIPS)
    before = before.rename(columns={"client": "group"}).assign(part="val", target=before["label"])
    thresholds = {rows: calibrate(before, Watch(resamples=200, max_rows=max(SAMPLED)), window=rows) for rows in SAMPLED}
    for moved in (SHIFT, 0.0):
        seen: dict[int, int] = dict.fromkeys(SAMPLED, 0)
        for seed in range(SEEDS):
            first = 10_000 + seed * CLIENTS
            window = people(range(first, first + CLIENTS), clips=max(SAMPLED) // CLIENTS, moved=moved)
            for rows, known in thresholds.items():
                drawn = window.sample(rows, random_state=seed)
                seen[rows] += measure(known, drawn, track="letters", version=1, made=MOMENT).fired
        told = ", ".join(f"{count} of {SEEDS} from {rows:,} rows" for rows, count in seen.items())
        what = f"one figure of 12 moved by {moved} deviations" if moved else "nothing moved"
        yield f"{what}, {CLIENTS} clients", told


def people(whose: range, *, clips: int, moved: float = 0.0) -> "pd.DataFrame":
    """Returns clips of made up people, as the log has them."""
    import numpy as np
    import pandas as pd

    drawn = []
    for person in whose:
        rng = np.random.default_rng([7, person])
        values = rng.normal(size=len(FIGURES)) + rng.normal(size=(clips, len(FIGURES)))
        table = pd.DataFrame(dict(zip(FIGURES, values.T, strict=True)))
        table[FIGURES[0]] += moved
        table["seen_share"] = np.round(1 - rng.exponential(0.02, clips), 2).clip(0, 1)
        table["label"] = np.array(LABELS, dtype=object)[rng.integers(0, len(LABELS), clips)]
        table["confidence"] = rng.beta(9, 1, clips)
        drawn.append(table.assign(entropy=1 - table["confidence"], client=f"{person}"))
    return pd.concat(drawn, ignore_index=True)


def reference(file: Path) -> None:
    rows = people(range(PEOPLE), clips=CLIPS)
    rows = rows.rename(columns={"client": "group"}).assign(part="val", target=rows["label"])
    rows.to_parquet(file, index=False)


def fill(folder: Path, size: int) -> None:
    """Makes a log of so many predictions: the same thousands again and again."""
    from sqlalchemy import text

    from monitoring.log.database import Database
    from monitoring.log.tables import insert

    with Database.open(_address(folder, size)) as database:
        first = _entries(5_000)
        with database.writing() as connection:
            insert(connection, first)
            names = [row[1] for row in connection.execute(text("PRAGMA table_info(predictions)"))]
            own = [name for name in names if name not in ("number", "id")]
            columns, values = (", ".join(f'"{name}"' for name in own), ", ".join(f'p."{name}"' for name in own))
            connection.execute(
                text(
                    f"INSERT INTO predictions (id, {columns}) WITH RECURSIVE k(n) AS (SELECT 1 UNION ALL SELECT n + 1 "
                    f"FROM k WHERE n < {size // len(first)}) SELECT p.id || '-' || k.n, {values} "
                    "FROM k CROSS JOIN predictions p WHERE k.n > 1"
                )
            )


def _entries(count: int) -> list:
    from monitoring.log.entry import Entry

    rows = people(range(10_000, 10_000 + CLIENTS), clips=count // CLIENTS).to_dict("records")
    return [
        Entry(
            id=f"{i}",
            time=MOMENT,
            track="letters",
            version=1,
            role="production",
            of=None,
            label=row["label"],
            confidence=row["confidence"],
            top=((row["label"], row["confidence"]),),
            entropy=row["entropy"],
            uncertain=False,
            figures={name: row[name] for name in (*FIGURES, "seen_share")},
            latency_ms=2.0,
            client=row["client"],
            source="infer",
        )
        for i, row in enumerate(rows)
    ]


def _address(folder: Path, size: int) -> str:
    return f"sqlite:///{folder / f'{size}.db'}"


def _measured(folder: Path, size: int) -> dict[str, float]:
    """Measures one report in this process: its log is read, thresholds are known."""
    start = time.perf_counter()
    import pandas as pd

    from monitoring.drift import thresholds, window
    from monitoring.drift.measuring import measure
    from monitoring.log.database import Database
    from pipeline.params.watching import Watch

    imports, watch = time.perf_counter() - start, Watch(resamples=200)
    before = pd.read_parquet(folder / "reference.parquet")
    known = thresholds.find_limits(thresholds.prepare(before, watch, window=min(size, watch.max_rows)))
    with Database.open(_address(folder, size)) as database:
        warm = _megabytes()
        start = time.perf_counter()
        made = thresholds.prepare(before, watch, window=min(size, watch.max_rows))
        found = window.read(database, "letters", 1, newest=size, most=watch.max_rows)
        report = measure(
            thresholds.with_limits(made, known),
            found.rows,
            track="letters",
            version=1,
            made=MOMENT,
            predictions=found.predictions,
        )
        seconds = time.perf_counter() - start
    assert report.predictions == size, report.predictions
    return {
        "seconds": seconds,
        "imports": imports,
        "before": warm,
        "after": _megabytes(),
        "sampled": report.sampled,
    }


def _megabytes() -> float:
    """Returns the most memory that this process has had resident."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    sys.stdout.write(json.dumps(_measured(Path(sys.argv[1]), int(sys.argv[2]))))
