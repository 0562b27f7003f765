"""Reference solutions of the ranking stage, cold start and the whole feed, held against something independent."""

import warnings

import lightgbm as lgb
import numpy as np
import pandas as pd
import pytest
from scipy.spatial.distance import cdist
from sklearn.linear_model import LinearRegression
from sklearn.metrics import ndcg_score
from sklearn.neighbors import KNeighborsRegressor, NearestNeighbors
from sklearn.neural_network import MLPRegressor

from course.authoring.verify import reference
from course.datasets import news


def test_cross_features_against_duckdb_and_scipy():
    """DuckDB's filtered aggregates for counts as of the request, SciPy's cosine distance for the similarity."""
    duckdb = pytest.importorskip("duckdb")
    rng = np.random.default_rng(1)
    now = pd.Timestamp("2026-03-04 22:30")
    kinds = np.array(["a", "b", "c"])[rng.integers(3, size=30)]
    item = rng.integers(30, size=200)
    history = pd.DataFrame(
        {"article": item, "category": kinds[item], "time": now - pd.to_timedelta(rng.integers(-500, 4_000, 200), unit="m"), "clicked": rng.random(200) < 0.4}
    )
    candidates = pd.DataFrame(
        {
            "article": np.arange(30),
            "category": kinds,
            "minutes": rng.integers(1, 9, 30),
            "published": now - pd.to_timedelta(rng.integers(0, 3_000, 30), unit="m"),
        }
    )
    clicks = pd.DataFrame({"article": rng.integers(30, size=500), "time": now - pd.to_timedelta(rng.integers(-200, 2_000, 500), unit="m")})
    vectors, profile = rng.standard_normal((30, 5)), rng.standard_normal(5)
    db = duckdb.connect()
    for name, table in (("history", history), ("candidates", candidates), ("clicks", clicks)):
        db.register(name, table)
    sql = """
        with u as (select * from history where time < ?), r as (select (count(*) filter (clicked) + 1) / (count(*) + 10.0) r from u)
        select ((select count(*) from u where u.category = c.category and clicked) + 10 * r) / ((select count(*) from u where u.category = c.category) + 10),
            ((select count(*) from clicks k where k.article = c.article and k.time < ? and k.time >= ? - interval 1 hour) + 1)
                / ((select count(*) from clicks k where k.article = c.article and k.time < ? and k.time >= ? - interval 24 hour) / 24.0 + 1),
            ((select count(*) from u where u.category = c.category and clicked and hour(time) in (20, 21, 22, 23, 0)) + 1)
                / ((select count(*) from u where u.category = c.category and clicked) + 4.8),
            exists (select 1 from u where u.article = c.article)::int
        from candidates c, r order by c.article"""
    expected = np.array(db.execute(sql, [now.to_pydatetime()] * 5).fetchall(), float)
    found = reference("cross_features")(now, "desktop", profile, history, candidates, vectors, clicks)
    assert found[:, [1, 3, 4, 6]] == pytest.approx(expected)
    assert found[:, 0] == pytest.approx(1 - cdist(vectors, profile[None], "cosine")[:, 0])


def test_ranker_finds_a_linear_order_that_least_squares_finds_within_sessions():
    """scikit-learn: a regression with session means taken out knows the sign of a within-session effect; NDCG by scikit-learn's ndcg_score."""
    rng = np.random.default_rng(2)
    mood, own = 2 * rng.standard_normal((300, 1)), rng.standard_normal((300, 8))
    chance = 1 / (1 + np.exp(0.5 - mood + 1.5 * own))
    log = pd.DataFrame(
        {
            "session": np.repeat(np.arange(300), 8),
            "article": np.tile(np.arange(8), 300),
            "time": pd.Timestamp("2026-01-01") + pd.to_timedelta(np.repeat(np.arange(300), 8), unit="h"),
            "clicked": (rng.random(chance.shape) < chance).ravel(),
            "x": (mood + own).ravel(),
        }
    )
    ranking = reference("rank_candidates")(log, ["x"], pd.Timestamp("2026-01-01") + pd.Timedelta(hours=200))
    assert sorted(ranking) == list(range(200, 300))
    centred = log[["x"]] - log.groupby("session")[["x"]].transform("mean")
    slope = LinearRegression().fit(centred[:1_600], (log["clicked"] - log.groupby("session")["clicked"].transform("mean"))[:1_600]).coef_[0]
    score = np.zeros((100, 8))
    for s, order in ranking.items():
        score[s - 200, order] = -np.arange(8)
    assert slope < 0
    assert ndcg_score(chance[200:], score) > 0.9 * ndcg_score(chance[200:], slope * (mood + own)[200:])


def test_ranker_is_lightgbm_trained_by_its_low_level_interface():
    """LightGBM's own train() on rows laid out by hand: the same orders."""
    rng = np.random.default_rng(3)
    x = rng.standard_normal((150, 10, 3))
    clicked = rng.random((150, 10)) < 1 / (1 + np.exp(1 - x @ [1, -1, 0.5]))
    booster = lgb.train(
        {"objective": "lambdarank", "num_leaves": 7, "num_threads": 1, "verbose": -1, "seed": 0},
        lgb.Dataset(x[:100].reshape(-1, 3), clicked[:100].ravel().astype(int), group=[10] * 100),
        60,
    )
    log = pd.DataFrame(x.reshape(-1, 3), columns=["a", "b", "c"]).assign(
        session=np.repeat(np.arange(150), 10),
        article=np.tile(np.arange(10), 150),
        clicked=clicked.ravel(),
        time=pd.Timestamp("2026-01-01") + pd.to_timedelta(np.repeat(np.arange(150), 10), unit="h"),
    )
    ranking = reference("rank_candidates")(log.sample(frac=1, random_state=0), ["a", "b", "c"], pd.Timestamp("2026-01-01") + pd.Timedelta(hours=100))
    agree = np.mean([ranking[s] == np.argsort(-booster.predict(x[s]), kind="stable").tolist() for s in range(100, 150)])
    assert agree > 0.95


def test_cold_user_moves_from_popular_in_the_survey_to_the_profile():
    """Simulation with known tastes: the blend beats popularity at the start, and both parts after 20 clicks, in true relevance of the best 20."""
    world = news.world(5_000, users=200, seed=4)
    rng = np.random.default_rng(4)
    table = world.articles.iloc[-1_500:]
    gains = {"new": [], "popular": [], "young": [], "profile": []}
    for user in range(80):
        truth = news.relevance(world, user, table["article"].to_numpy())
        noisy = world.tastes[user] + rng.standard_normal(32) / np.sqrt(32) * 1.5 / np.sqrt(20)
        similarity = world.vectors[table["article"]] @ (noisy / np.linalg.norm(noisy))
        survey = world.users["survey"].iat[user]
        new = reference("cold_start_user")(survey, table["category"].tolist(), table["clicks_day"], np.zeros(1_500), 0)
        young = reference("cold_start_user")(survey, table["category"].tolist(), table["clicks_day"], similarity, 20)
        for name, score in (("new", new), ("popular", table["clicks_day"].to_numpy()), ("young", young), ("profile", similarity)):
            gains[name].append(truth[np.argsort(-score, kind="stable")[:20]].mean())
    mean = {name: np.mean(values) for name, values in gains.items()}
    assert mean["new"] > 1.05 * mean["popular"]
    assert mean["young"] > mean["new"] and mean["young"] > mean["profile"]


def test_cold_article_is_a_weighted_nearest_neighbour_regression():
    """scikit-learn's KNeighborsRegressor with cosine distance and weights 1 - distance, on the smoothed rates."""
    rng = np.random.default_rng(5)
    vectors, views = rng.standard_normal((400, 4)) + 0.8, rng.integers(1, 300, 400)
    clicks = rng.binomial(views, 0.1 + 0.2 * (vectors[:, 0] > 0))
    prior = clicks.sum() / views.sum()
    model = KNeighborsRegressor(15, metric="cosine", weights=lambda distance: 1 - distance).fit(vectors, (clicks + 20 * prior) / (views + 20))
    for vector in rng.standard_normal((10, 4)) + 0.8:
        found = reference("cold_start_article")(vector, vectors, clicks, views, k=15, min_similarity=0.05)
        if len(found["neighbours"]) == 15:
            assert found["predicted"] == pytest.approx(model.predict(vector[None])[0])
        nearest = NearestNeighbors(n_neighbors=15, metric="cosine").fit(vectors).kneighbors(vector[None])[1][0]
        assert found["neighbours"] == nearest[: len(found["neighbours"])].tolist()


def test_blend_is_the_mean_of_a_beta_posterior():
    """Theory: a Beta prior with mean p and weight m, after c clicks of v views, has the mean (c + m p) / (v + m)."""
    found = reference("cold_start_article")([1.0], [[1.0], [2.0]], [3, 9], [30, 50], own_clicks=4, own_views=25, strength=12)
    p = found["predicted"]
    grid = (np.arange(200_000) + 0.5) / 200_000
    density = np.exp((12 * p + 4 - 1) * np.log(grid) + (12 * (1 - p) + 21 - 1) * np.log1p(-grid))
    assert found["ctr"] == pytest.approx((grid * density).sum() / density.sum(), rel=1e-5)


def test_feed_ranks_as_scikit_learns_network_does():
    """scikit-learn's MLPRegressor with the same weights scores the candidates; all articles are candidates here, and the cap is off."""
    world = news.world(3_000, users=100, seed=6)
    rng = np.random.default_rng(6)
    network = {"w1": rng.standard_normal((5, 6)), "b1": rng.standard_normal(6), "w2": rng.standard_normal(6)}
    table = world.articles.iloc[-400:].reset_index(drop=True)
    vectors, profile = world.vectors[-400:], world.tastes[3].astype(float)
    seen = rng.choice(400, 50, replace=False).tolist()
    user = {"profile": profile, "survey": ["sport", "world"], "clicks": 12, "seen": seen}
    found = reference("feed")(user, table, vectors, network, quotas=(400, 400, 400), cap=20)
    x = np.column_stack(
        [vectors @ profile, np.log1p(table["clicks_day"]), np.exp2(-table["age"] / 24), table["category"].isin(["sport", "world"]), np.full(400, 12 / 22)]
    ).astype(float)
    mlp = MLPRegressor(hidden_layer_sizes=(6,), max_iter=1, activation="relu", random_state=0)
    with warnings.catch_warnings(action="ignore"):
        mlp.fit(x[:20], np.zeros(20))
    mlp.coefs_, mlp.intercepts_ = [network["w1"], network["w2"][:, None]], [network["b1"], np.zeros(1)]
    order = [i for i in np.argsort(-mlp.predict(x), kind="stable").tolist() if i not in set(seen)]
    assert found["items"] == order[:20] and found["candidates"] == 350
