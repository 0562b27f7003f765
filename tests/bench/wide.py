"""The reference `streaming_correlation` on 1,000,000 x 500 in Parquet: memory and time, beside numpy.corrcoef on as many rows as fit."""

from __future__ import annotations

import resource
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from course.authoring.verify import reference
from course.datasets import wide

ROWS, COLUMNS, FIT = 1_000_000, 500, 100_000
LIMIT = 1_000  # MB


def peak() -> float:
    """Largest resident memory of this process until now, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1e6 if sys.platform == "darwin" else 1e3)


def main() -> str:
    """Figures of one run as a line of text; an AssertionError when memory or the result is out of bounds."""
    streaming_correlation = reference("streaming_correlation")
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "wide.parquet"
        wide.write(file, ROWS, COLUMNS)
        size = file.stat().st_size / 1e9
        start = time.perf_counter()
        streamed = streaming_correlation(wide.batches(file))
        seconds = time.perf_counter() - start
        memory = peak()
        head = []
        for batch in wide.batches(file):
            head.append(batch)
            if sum(map(len, head)) >= FIT:
                break
        table = np.concatenate(head)[:FIT]
        start = time.perf_counter()
        with np.errstate(all="ignore"):
            in_memory = np.corrcoef(table, rowvar=False)
        at_once = time.perf_counter() - start
        start = time.perf_counter()
        same = streaming_correlation(iter(np.array_split(table, 7)))
        from_memory = time.perf_counter() - start
    error = np.abs(same - in_memory).max()
    table = wide.plan(COLUMNS)
    copies = np.flatnonzero(table["kind"] == "copy")
    found = streamed[copies, table["source"].to_numpy()[copies]]
    assert memory < LIMIT, f"peak memory {memory:.0f} MB"
    assert error < 1e-8
    assert np.abs(found - wide.COPY).max() < 0.001
    return (
        f"{ROWS:,} x {COLUMNS} ({size:.1f} GB) correlated in {seconds:.0f} s, {1e6 * seconds / ROWS:.1f} us a row, peak {memory:.0f} MB; "
        f"in memory, {FIT:,} rows: "
        f"numpy.corrcoef {1e6 * at_once / FIT:.1f} us a row, streaming {1e6 * from_memory / FIT:.1f} us a row, largest difference {error:.0e}"
    )
