"""A wide table with known truth, of any size, written to and read from Parquet in chunks: 1,000,000 rows x 500 columns never stand in memory.

Columns are `c000`, `c001`, ... (float32) and `outcome` (0 or 1). `plan` says what each column is.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from os import PathLike
from typing import BinaryIO

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

SHARES = {"late": 0.01, "constant": 0.06, "copy": 0.1, "linear": 0.04, "curved": 0.02}  # the rest is noise
COPY = 0.99  # correlation of a copy with its source
RARE = 0.004  # share of rows in which a near-constant column is not zero
File = str | PathLike[str] | BinaryIO


def plan(columns: int, seed: int = 0) -> pd.DataFrame:
    """What each column is: `column` (its name), `kind` (late, constant, copy, linear, curved, noise), `source`, `offset` and `scale`.

    `source` is the position of the column that a copy repeats, and -1 elsewhere.
    """
    rng = np.random.default_rng([seed, columns])
    kinds = [kind for kind, share in SHARES.items() for _ in range(max(1, round(share * columns)))]
    if columns < 2 * len(kinds):
        raise ValueError("too few columns to hold one of each kind: take at least 20")
    kind = rng.permutation(kinds + ["noise"] * (columns - len(kinds)))
    originals = rng.permutation(np.flatnonzero(np.isin(kind, ["linear", "curved", "noise"])))
    source = np.full(columns, -1)
    source[kind == "copy"] = originals[: (kind == "copy").sum()]
    scale = 10.0 ** rng.uniform(-3, 3, columns)
    width = max(3, len(str(columns - 1)))
    return pd.DataFrame(
        {
            "column": [f"c{i:0{width}d}" for i in range(columns)],
            "kind": kind,
            "source": source,
            "offset": scale * rng.choice([0, 0, 20], columns),
            "scale": scale,
        }
    )


def chunks(rows: int, columns: int, seed: int = 0, chunk: int = 20_000) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Features, shape (up to `chunk`, columns), float32, and outcomes, int8, until there are `rows`; the same for the same arguments."""
    table = plan(columns, seed)
    at = {kind: np.flatnonzero(table["kind"] == kind) for kind in SHARES}
    scale, offset = table["scale"].to_numpy(np.float32), table["offset"].to_numpy(np.float32)
    for number, start in enumerate(range(0, rows, chunk)):
        rng = np.random.default_rng([seed, columns, number])
        n = min(chunk, rows - start)
        z = rng.standard_normal((n, columns), dtype=np.float32)
        score = z[:, at["linear"]].sum(axis=1) + (z[:, at["curved"]] ** 2 - 1).sum(axis=1) + rng.standard_normal(n)
        outcome = (score > np.sqrt(len(at["linear"]) + 2 * len(at["curved"]) + 1)).astype(np.int8)
        z[:, at["copy"]] = COPY * z[:, table["source"].to_numpy()[at["copy"]]] + np.sqrt(1 - COPY**2, dtype=np.float32) * z[:, at["copy"]]
        z[:, at["late"]] += 3 * outcome[:, None]
        z *= scale
        z += offset
        z[:, at["constant"]] = rng.random((n, len(at["constant"])), dtype=np.float32) < RARE
        yield z, outcome


def write(file: File, rows: int, columns: int, seed: int = 0, chunk: int = 20_000) -> None:
    """Write the table as Parquet, one row group for each chunk. 1,000,000 x 500 takes 2 GB on disk."""
    names = plan(columns, seed)["column"].tolist()
    schema = pa.schema([*((name, pa.float32()) for name in names), ("outcome", pa.int8())])
    with pq.ParquetWriter(file, schema, compression="none", use_dictionary=False, write_statistics=False) as writer:
        for features, outcome in chunks(rows, columns, seed, chunk):
            writer.write_table(pa.table([*np.ascontiguousarray(features.T), outcome], schema=schema), row_group_size=chunk)


def batches(file: File, columns: Sequence[str] | None = None, rows: int = 20_000) -> Iterator[np.ndarray]:
    """The features (or the named columns) in arrays of up to `rows` rows, read one after the other."""
    parquet = pq.ParquetFile(file, pre_buffer=False)  # buffering ahead would read the whole file
    names = list(columns) if columns is not None else [name for name in parquet.schema_arrow.names if name != "outcome"]
    for batch in parquet.iter_batches(rows, columns=names, use_threads=False):
        yield np.column_stack([batch.column(name).to_numpy() for name in names])


def sample(file: File, share: float, seed: int = 0) -> pd.DataFrame:
    """A random `share` of the rows with all columns, `outcome` included: what steps work on that need no million rows."""
    rng = np.random.default_rng(seed)
    parts = [
        part[rng.random(len(part)) < share]
        for part in (batch.to_pandas() for batch in pq.ParquetFile(file, pre_buffer=False).iter_batches(20_000, use_threads=False))
    ]
    return pd.concat(parts, ignore_index=True)
