"""Data quality and drift: each reference against something independent."""

import ast
import math

import duckdb
import numpy as np
import pandas as pd
import pytest
from scipy import stats
from scipy.spatial.distance import jensenshannon
from scipy.special import rel_entr
from scipy.stats import entropy

from course import datasets
from course.authoring.verify import reference
from course.paths import find_root

# A made-up scorecard in the layout of credit-scoring books: percent of applicants by score band, expected at development and actual today.
# Each term of PSI is worked separately, to four places.
SCORECARD = [(8, 6), (12, 10), (15, 13), (20, 19), (20, 21), (15, 17), (10, 14)]
TERMS = [0.0058, 0.0036, 0.0029, 0.0005, 0.0005, 0.0025, 0.0135]


def test_psi_worked_scorecard_table():
    """Arithmetic: (actual - expected) * ln(actual / expected) for each of seven score bands, worked outside the program; the sum is 0.0293."""
    old, new = ([f"band {i}" for i, row in enumerate(SCORECARD) for _ in range(row[side])] for side in (0, 1))
    assert reference("psi")(old, new) == pytest.approx(sum(TERMS), abs=3e-4)


@pytest.mark.parametrize(("year", "column"), [(2006, "inspection_score"), (2018, "NumberofLocations"), (2009, "NumberofLocations")])
def test_psi_second_implementation_in_sql(year, column):
    """DuckDB: quantile_cont for the cut points, a join that counts the cut points not above each value, shares and sum in SQL."""
    table = datasets.causal("restaurant_inspections")
    old = table.loc[table["Year"] <= 2005, [column]].rename(columns={column: "v"}).iloc[:6760]
    new = table.loc[table["Year"] == year, [column]].rename(columns={column: "v"})
    value = duckdb.sql(
        """
        with cuts as (select distinct unnest(quantile_cont(v, [.1, .2, .3, .4, .5, .6, .7, .8, .9])) c from old),
        both_sides as (select 'old' side, v from old union all select 'new', v from new),
        binned as (select side, (select count(*) from cuts where c <= v) bin from both_sides),
        counted as (select bin, greatest(avg((side = 'old')::int) * count(*) / (select count(*) from old), 1e-4) p,
                    greatest(avg((side = 'new')::int) * count(*) / (select count(*) from new), 1e-4) q from binned group by bin)
        select sum((q - p) * ln(q / p)) from counted
        """
    ).fetchall()[0][0]
    assert reference("psi")(old["v"], new["v"]) == pytest.approx(value, rel=1e-9)


def test_psi_is_kl_both_ways():
    """scipy.special.rel_entr: Jeffreys divergence of the binned shares where no bin is empty."""
    rng = np.random.default_rng(3)
    old, new = rng.gamma(2, 1, 1000), rng.gamma(2.4, 1.1, 800)
    edges = [-np.inf, *np.quantile(old, np.arange(0.1, 0.95, 0.1)), np.inf]
    p, q = np.histogram(old, edges)[0] / 1000, np.histogram(new, edges)[0] / 800
    assert reference("psi")(old, new) == pytest.approx((rel_entr(p, q) + rel_entr(q, p)).sum(), rel=1e-9)


def test_psi_of_a_normal_shift_is_near_its_square():
    """Jeffreys divergence of N(0,1) and N(d,1) is d squared exactly; ten bins lose a little of it."""
    rng = np.random.default_rng(4)
    old, new = rng.normal(size=200_000), rng.normal(0.4, 1, 200_000)
    assert 0.9 * 0.16 < reference("psi")(old, new) < 0.16


def test_psi_by_year_in_the_lesson():
    """The numbers printed in the lesson's picture are what the reference gives on the restaurant inspections."""
    text = next(find_root().glob("source/06-monitoring/*.py")).read_text()
    lists = {name: ast.literal_eval(text.split(f"\n{name} = ")[1].split("\n")[0]) for name in ("PSI_YEARS", "PSI_SCORE", "PSI_CHAIN")}
    table = datasets.causal("restaurant_inspections")
    for name, column in [("PSI_SCORE", "inspection_score"), ("PSI_CHAIN", "NumberofLocations")]:
        old = table.loc[table["Year"] <= 2005, column]
        found = [reference("psi")(old, table.loc[table["Year"] == year, column]) for year in lists["PSI_YEARS"]]
        assert np.round(found, 3).tolist() == lists[name]


@pytest.mark.parametrize(("n", "m", "bins", "seed"), [(5_000, 400, 10, 1), (800, 800, 5, 2), (30_000, 2_000, 20, 3)])
def test_psi_noise_against_simulation(n, m, bins, seed):
    """Mean, 95 % limit and p-values of 3,000 simulated PSIs of unequal bins without drift."""
    rng = np.random.default_rng(seed)
    shares = rng.dirichlet(np.full(bins, 40))
    p, q = rng.multinomial(n, shares, 3_000) / n, rng.multinomial(m, shares, 3_000) / m
    values = ((q - p) * np.log(q / p)).sum(axis=1)
    answer = reference("psi_noise")(0.01, n, m, bins, alpha=0.05)
    assert values.mean() == pytest.approx(answer["expected"], rel=0.06)
    assert 0.035 < (values > answer["limit"]).mean() < 0.075
    assert (values >= 0.01).mean() == pytest.approx(answer["p_value"], abs=0.04)


def test_psi_noise_holds_for_bins_at_sample_quantiles():
    """The same with psi() itself: bins at the reference's own deciles, 400 pairs of one Normal population."""
    rng = np.random.default_rng(8)
    psi, psi_noise = reference("psi"), reference("psi_noise")
    values = [psi(rng.normal(size=1500), rng.normal(size=600)) for _ in range(400)]
    limit = psi_noise(0.0, 1500, 600, 10, alpha=0.05)["limit"]
    assert 0.02 < np.mean(np.array(values) > limit) < 0.09


def test_psi_noise_is_pearsons_chi_square_for_small_drift():
    """scipy's chi2_contingency on the table of counts gives nearly the same p-value when the shares differ little."""
    rng = np.random.default_rng(5)
    counts = np.array([rng.multinomial(20_000, np.full(8, 1 / 8)), rng.multinomial(9_000, np.full(8, 1 / 8))])
    p, q = counts[0] / 20_000, counts[1] / 9_000
    ours = reference("psi_noise")(((q - p) * np.log(q / p)).sum(), 20_000, 9_000, 8)["p_value"]
    assert ours == pytest.approx(stats.chi2_contingency(counts)[1], abs=0.01)


@pytest.mark.parametrize("base", [2, math.e, 10])
def test_kl_js_against_scipy(base):
    """scipy.stats.entropy and scipy.spatial.distance.jensenshannon (a distance), zeros included."""
    rng = np.random.default_rng(6)
    for _ in range(20):
        p, q = rng.integers(0, 5, (2, 9))
        p[0] += 1
        q[0] += 1
        answer = reference("kl_js")(p, q, base)
        assert answer["kl"] == pytest.approx(entropy(p, q, base=base)) and answer["kl_reversed"] == pytest.approx(entropy(q, p, base=base))
        assert answer["js_distance"] == pytest.approx(jensenshannon(p, q, base), abs=1e-7)
        assert answer["js"] == pytest.approx(answer["js_distance"] ** 2) and 0 <= answer["js"] <= math.log(2, base) + 1e-12


def test_kl_published_bits():
    """Cover and Thomas, Elements of Information Theory, example 2.3.1: Bernoulli 1/2 and 1/4: D(p||q) = 0.2075 bits, D(q||p) = 0.1887 bits."""
    answer = reference("kl_js")([0.5, 0.5], [0.75, 0.25])
    assert (round(answer["kl"], 4), round(answer["kl_reversed"], 4)) == (0.2075, 0.1887)


def _fault(frame, name, rng):
    """A planted fault in one column, and the findings that it must give."""
    kind = rng.choice(["nulls", "rename", "text", "unit", "category", "range"])
    if kind == "nulls":
        return frame.assign(**{name: frame[name].mask(rng.random(len(frame)) < 0.5)}), {(name, "nulls")}
    if kind == "rename":
        return frame.rename(columns={name: name + "_v2"}), {(name, "missing column"), (name + "_v2", "new column")}
    if name == "kind":
        value = frame[name].where(rng.random(len(frame)) < 0.9, "new one")
        return frame.assign(**{name: value}), {(name, "new category: new one")}
    if kind == "text":
        return frame.assign(**{name: frame[name].map(str)}), {(name, "type")}
    if kind in ("unit", "category"):
        return frame.assign(**{name: frame[name] * 1000}), {(name, "range"), (name, "scale")}
    return frame.assign(**{name: frame[name].where(rng.random(len(frame)) < 0.8, -5.0)}), {(name, "range")}


def test_check_schema_finds_planted_faults_and_only_those():
    """60 random faults in a clean table; the truth is what was planted."""
    check, rng = reference("check_schema"), np.random.default_rng(7)

    def clean(n):
        return pd.DataFrame({"a": rng.uniform(1, 100, n), "b": rng.integers(10, 60, n), "kind": rng.choice(["x", "y"], n)})

    for _ in range(60):
        reference_frame, batch = clean(3000), clean(300)
        assert check(reference_frame, batch) == []
        broken, truth = _fault(batch, str(rng.choice(["a", "b", "kind"])), rng)
        assert set(map(tuple, check(reference_frame, broken))) == truth
