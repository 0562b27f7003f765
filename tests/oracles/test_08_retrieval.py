"""Reference solutions of capacity and candidate generation, held against something independent."""

import numpy as np
import pytest
from scipy import stats
from sklearn.neighbors import NearestNeighbors

from course.authoring.verify import reference
from course.datasets import news


def test_requests_in_flight_are_those_of_a_simulated_queue():
    """Little's law against a simulation: Poisson arrivals at the peak rate, each 200 ms, counted at random moments."""
    plan = reference("capacity")(5_000_000, 6, 3, 500, 20, 200_000, 256, 16, 200, 90, 200, 40, 16, 0.6)
    rng = np.random.default_rng(0)
    arrivals = np.sort(rng.uniform(0, 300, rng.poisson(300 * plan["peak_rps"])))
    moments = rng.uniform(1, 300, 2_000)
    under_way = np.searchsorted(arrivals, moments) - np.searchsorted(arrivals, moments - 0.2)
    assert plan["in_flight"] == pytest.approx(under_way.mean(), rel=0.02)


def test_storage_is_what_arrays_take():
    """NumPy's own count of bytes, for an index of 1,000 articles and for profiles."""
    plan = reference("capacity")(2_000, 1, 1, 1, 1, 1_000, 48, 12, 1, 1, 1, 1, 1, 1)
    assert plan["index_gb"] * 1e9 == pytest.approx(np.zeros((1_000, 48), np.float32).nbytes + np.zeros((1_000, 24), np.int32).nbytes)
    assert plan["profiles_gb"] * 1e9 == pytest.approx(np.zeros((2_000, 48), np.float32).nbytes)


def test_percentiles_of_a_sum_of_normals():
    """Theory: independent normal stages add up to N(sum of means, root of the sum of variances); a shared one adds its p99s exactly."""
    rng = np.random.default_rng(1)
    mean, sd = np.array([50.0, 80.0, 30.0]), np.array([5.0, 9.0, 4.0])
    steps = [["0"], ["1"], ["2"]]
    apart = reference("latency_budget")({str(i): rng.normal(mean[i], sd[i], 400_000) for i in range(3)}, steps, 180)
    whole = stats.norm(mean.sum(), np.sqrt((sd**2).sum()))
    assert apart["p99"] == pytest.approx(whole.ppf(0.99), abs=0.2)
    assert apart["within"] == pytest.approx(whole.cdf(180), abs=0.003)
    assert apart["tail_stage"] == "1"
    z = rng.standard_normal(50_000)
    shared = reference("latency_budget")({str(i): mean[i] + sd[i] * z for i in range(3)}, steps, 180)
    assert shared["p99"] == pytest.approx(shared["sum_of_p99"])


def test_slowest_of_parallel_stages():
    """Theory: the maximum of m independent uniforms has the quantile function p^(1/m)."""
    rng = np.random.default_rng(2)
    answer = reference("latency_budget")({str(i): rng.uniform(size=300_000) for i in range(5)}, [[str(i) for i in range(5)]], 0.9)
    assert answer["p50"] == pytest.approx(0.5 ** (1 / 5), abs=0.003)
    assert answer["within"] == pytest.approx(0.9**5, abs=0.005)


def test_exact_retrieval_is_the_nearest_neighbours_of_unit_vectors():
    """scikit-learn's NearestNeighbors with cosine distance, on unit vectors, where it is the same order."""
    world = news.world(5_000, users=50, seed=3)
    query = world.tastes[7]
    nearest = NearestNeighbors(n_neighbors=80, metric="cosine", algorithm="brute").fit(world.vectors).kneighbors(query[None])[1][0]
    seen = nearest[[0, 3, 4, 40]]
    assert reference("retrieve_exact")(query, world.vectors, 70, seen) == [i for i in nearest.tolist() if i not in set(seen.tolist())][:70]


def test_graph_search_becomes_exact_when_the_list_is_as_long_as_the_index():
    """scikit-learn's brute force: with a list of all 600 vectors HNSW must find (nearly) everything, by the ids given."""
    world = news.world(600, users=60, seed=4)
    ids = np.random.default_rng(4).permutation(9_000)[:600]
    nearest = NearestNeighbors(n_neighbors=10, metric="cosine", algorithm="brute").fit(world.vectors).kneighbors(world.tastes[:30])[1]
    found, cost = reference("retrieve_ann")(ids, world.vectors, world.tastes[:30], 10, 16, 128, 600)
    assert np.mean([np.isin(a, b).mean() for a, b in zip(found, ids[nearest], strict=True)]) > 0.99
    assert cost > 500


def test_recall_of_random_lists_is_hypergeometric():
    """Theory: 50 random ids of 1,000 hold k * 50 / 1,000 of any k right ones, on average."""
    rng = np.random.default_rng(5)
    found = np.array([rng.permutation(1_000)[:50] for _ in range(3_000)])
    exact = np.array([rng.permutation(1_000)[:50] for _ in range(3_000)])
    answer = reference("choose_ef")({1: found}, exact, {1: stats.expon.ppf((np.arange(100_000) + 0.5) / 100_000)}, 0, 100)
    assert answer["recall"] == pytest.approx(0.05, abs=0.003)
    assert answer["p99"] == pytest.approx(stats.expon.ppf(0.99), abs=1e-3)


def test_news_world_keeps_its_promises():
    """Planted truth: unit vectors, nothing new has engagement, shuffled sessions show every position the same relevance, clicks are look x relevance."""
    world = news.world(20_000, users=1_000, seed=6)
    assert np.linalg.norm(world.vectors, axis=1) == pytest.approx(np.ones(20_000), abs=1e-5)
    assert world.articles.loc[world.articles["new"], ["views", "clicks", "shares"]].to_numpy().sum() == 0
    assert not world.profiles[world.users["new"].to_numpy()].any()
    log = news.impressions(world, sessions=6_000, seed=6, randomised=0.5)
    shown, truth = log.shown, log.truth
    rate = shown[shown["randomised"]].groupby("position")["clicked"].mean().to_numpy()
    assert rate == pytest.approx(news.EXAMINATION * truth.loc[shown["randomised"], "relevance"].mean(), abs=0.03)
    by_position = truth["relevance"].groupby([shown["randomised"], shown["position"]]).mean()
    assert by_position[False][1] > by_position[False][20] + 0.05
    assert by_position[True].max() - by_position[True].min() < 0.03
    assert not shown.duplicated(["session", "article"]).any()


def test_popular_feed_collapses_and_personal_one_narrows():
    """Planted feedback loops: by popularity alone the feeds share a few articles; by profile alone each user's categories shrink."""
    world = news.world(20_000, users=1_000, seed=7)
    popular = news.feed_weeks(world, weeks=4, users=200, pool=500, popularity=1, personal=0, seed=1)
    personal = news.feed_weeks(world, weeks=4, users=200, pool=500, popularity=0, personal=1, seed=1)
    assert np.unique(popular.shown[-1]).size < 60 < np.unique(personal.shown[-1]).size
    category = world.articles["category"].to_numpy()
    kinds = [np.mean([len(set(row)) for row in category[week]]) for week in personal.shown]
    assert kinds[-1] < kinds[0]
