"""Ranking and recommendation metrics of 06-monitoring, held against scikit-learn, ir_measures (trec_eval), and simulations and identities with known truth."""

import itertools
import math

import ir_measures
import numpy as np
import pytest
from ir_measures import RR, P, R, nDCG
from scipy import stats
from sklearn.metrics import average_precision_score, dcg_score, ndcg_score
from sklearn.neighbors import NearestNeighbors

from course.authoring.verify import reference
from course.paths import find_root


def made_up(seed: int, shortest: int = 0, longest: int = 15) -> tuple[dict, dict]:
    """Lists and grades (0 to 4) of 40 users over 30 items, every user with a grade above 0. Lists have `shortest` to `longest` items."""
    rng = np.random.default_rng(seed)
    ranked, grades = {}, {}
    for user in range(40):
        judged = rng.choice(30, rng.integers(1, 12), replace=False)
        marks = rng.integers(0, 5, judged.size)
        marks[0] = rng.integers(1, 5)
        grades[f"u{user}"] = {f"d{item}": int(mark) for item, mark in zip(judged, marks, strict=True)}
        ranked[f"u{user}"] = [f"d{item}" for item in rng.choice(30, rng.integers(shortest, longest + 1), replace=False)]
    return ranked, grades


def by_ir_measures(measure: object, ranked: dict, grades: dict) -> dict[str, float]:
    """Values per user by ir_measures; scores fall with rank, so there are no ties. A user without a list gets 0, which is filled in here."""
    qrels = [ir_measures.Qrel(user, item, grade) for user, marks in grades.items() for item, grade in marks.items()]
    run = [ir_measures.ScoredDoc(user, item, -float(place)) for user, items in ranked.items() for place, item in enumerate(items)]
    found = {metric.query_id: metric.value for metric in ir_measures.iter_calc([measure], qrels, run)}
    return {user: found.get(user, 0.0) for user in grades}


def liked(grades: dict) -> dict:
    return {user: {item for item, grade in marks.items() if grade > 0} for user, marks in grades.items()}


@pytest.mark.parametrize("k", [1, 3, 10])
def test_precision_and_recall_agree_with_ir_measures(k):
    """ir_measures P@k and R@k (trec_eval): P divides by k for short lists, R by all relevant items, too. It differs for users without relevance: it scores
    them 0, we leave them out."""
    ranked, grades = made_up(1)
    result = reference("precision_recall_at_k")(ranked, liked(grades), k)
    precision, recall = by_ir_measures(P @ k, ranked, grades), by_ir_measures(R @ k, ranked, grades)
    assert {user: pair[0] for user, pair in result["per_user"].items()} == pytest.approx(precision)
    assert {user: pair[1] for user, pair in result["per_user"].items()} == pytest.approx(recall)
    assert result["precision"] == pytest.approx(np.mean(list(precision.values())))
    assert result["recall"] == pytest.approx(np.mean(list(recall.values())))


@pytest.mark.parametrize("k", [1, 4, 10])
@pytest.mark.parametrize("gain", ["linear", "exponential"])
def test_ndcg_agrees_with_ir_measures(gain, k):
    """ir_measures nDCG@k (trec_eval: linear gain, log2, ideal of all judged items, short lists earn nothing in empty places). For the exponential gain it
    is handed 2^grade - 1.

    It differs for users without relevance: it scores them 0, we leave them out.
    """
    ranked, grades = made_up(2)
    result = reference("ndcg_at_k")(ranked, grades, k, gain)
    gains = {user: {item: grade if gain == "linear" else 2**grade - 1 for item, grade in marks.items()} for user, marks in grades.items()}
    oracle = by_ir_measures(nDCG @ k, ranked, gains)
    assert result["per_user"] == pytest.approx(oracle)
    assert result["ndcg"] == pytest.approx(np.mean(list(oracle.values())))


@pytest.mark.parametrize("k", [1, 4, 10])
@pytest.mark.parametrize("gain", ["linear", "exponential"])
def test_ndcg_agrees_with_scikit_learn(gain, k):
    """sklearn ndcg_score, dcg_score: gain is the value handed over, ideal of the whole row, log2.

    It differs (1) for lists shorter than k: items that were not retrieved have scores, too, and slide into the empty places, so the lists here have k items
    or more;
    (2) for rows without relevance: 0, we leave them out; (3) for tied scores: averaged, there are none here.
    """
    ranked, grades = made_up(3, shortest=10)
    result = reference("ndcg_at_k")(ranked, grades, k, gain)
    truth, score = np.zeros((40, 30)), np.zeros((40, 30))
    for row, user in enumerate(grades):
        for item, grade in grades[user].items():
            truth[row, int(item[1:])] = grade if gain == "linear" else 2**grade - 1
        score[row] = -100 - np.arange(30)
        for place, item in enumerate(ranked[user]):
            score[row, int(item[1:])] = -place
    assert result["ndcg"] == pytest.approx(ndcg_score(truth, score, k=k))
    assert result["dcg"] == pytest.approx(dcg_score(truth, score, k=k))


def test_ndcg_differs_from_scikit_learn_for_short_lists_as_stated():
    """The difference that the explanation names: one shown item, k = 2. sklearn lets the item that was not shown take the empty place."""
    assert ndcg_score([[0, 3]], [[1.0, 0.0]], k=2) == pytest.approx(1 / math.log2(3))
    assert reference("ndcg_at_k")({"u": ["a"]}, {"u": {"a": 0, "b": 3}}, 2)["ndcg"] == 0
    assert ndcg_score([[0, 0, 0, 3]], [[3.0, 2.0, 1.0, 0.0]], k=2) == 0  # padded with worthless items, they agree


def test_ndcg_of_a_published_example():
    """Grades 3, 2, 3, 0, 1, 2 in this order (Wikipedia, Discounted cumulative gain): DCG 6.861; with two more judged documents, of grade 3 and 2, ideal DCG
    8.740 and nDCG 0.785."""
    marks = dict(enumerate([3, 2, 3, 0, 1, 2, 3, 2]))
    result = reference("ndcg_at_k")({"q": [0, 1, 2, 3, 4, 5]}, {"q": marks}, 6)
    assert result["dcg"] == pytest.approx(6.861, abs=5e-4)
    assert result["ndcg"] == pytest.approx(0.785, abs=5e-4)


@pytest.mark.parametrize("k", [None, 1, 5])
def test_mrr_agrees_with_ir_measures(k):
    """ir_measures RR and RR@k: 0 without a hit. It differs for queries without relevance: it scores them 0, we leave them out."""
    ranked, grades = made_up(4)
    oracle = by_ir_measures(RR if k is None else RR @ k, ranked, grades)
    result = reference("mrr")(ranked, liked(grades), k)
    assert result["per_query"] == pytest.approx(oracle)
    assert result["mrr"] == pytest.approx(np.mean(list(oracle.values())))


def test_mrr_with_one_relevant_item_is_average_precision_of_scikit_learn():
    """With one relevant item, 1 / rank is the average precision."""
    for place in range(8):
        truth = np.arange(8) == place
        assert reference("mrr")({"q": list(range(8))}, {"q": {place}})["mrr"] == pytest.approx(average_precision_score(truth, -np.arange(8)))


def test_coverage_of_random_lists_has_its_expectation():
    """Known truth: `u` users with `k` random items of `n` leave an item out with probability (1 - k/n)^u. 1 / sum of squared shares: the chance that two
    random places hold the same item."""
    rng = np.random.default_rng(5)
    n, k, users = 400, 5, 60
    values = []
    for _ in range(60):
        lists = {u: rng.choice(n, k, replace=False).tolist() for u in range(users)}
        values.append(reference("coverage")(lists, list(range(n)), k)["coverage"])
    assert np.mean(values) == pytest.approx(1 - (1 - k / n) ** users, abs=5 * np.std(values) / math.sqrt(60))
    weights = rng.dirichlet(np.full(n, 0.05))
    lists = {u: rng.choice(n, k, replace=False, p=(weights + 1e-6) / (weights + 1e-6).sum()).tolist() for u in range(users)}
    places = np.array(list(lists.values())).ravel()
    first, second = rng.choice(places, (2, 200_000))
    same = np.mean(first == second)
    assert 1 / reference("coverage")(lists, list(range(n)), k)["effective_items"] == pytest.approx(same, abs=5 * math.sqrt(same / 200_000))


def test_novelty_of_items_shown_as_often_as_they_are_clicked_is_the_entropy():
    """Every user clicked one item and is shown that item: the mean self-information is the entropy of the clicks (scipy.stats.entropy, base 2)."""
    counts = np.random.default_rng(6).integers(1, 40, 25)
    users = itertools.count()
    lists = {next(users): [item] for item, count in enumerate(counts) for _ in range(count)}
    result = reference("novelty")(lists, dict(enumerate(counts.tolist())), int(counts.sum()), 3)
    assert result["novelty"] == pytest.approx(stats.entropy(counts, base=2))


def test_serendipity_agrees_with_nearest_neighbours_of_scikit_learn():
    """Unexpectedness is the cosine distance to the nearest item of the history (sklearn NearestNeighbors), at most 1."""
    rng = np.random.default_rng(7)
    ranked, grades = made_up(7)
    vectors = {f"d{item}": rng.normal(0.3, 1, 5).tolist() for item in range(30)}
    history = {user: [f"d{item}" for item in rng.choice(30, rng.integers(1, 6), replace=False)] for user in grades}
    result = reference("serendipity")(ranked, liked(grades), history, vectors, 6)
    for user, wanted in liked(grades).items():
        near = NearestNeighbors(n_neighbors=1, metric="cosine", algorithm="brute").fit([vectors[item] for item in history[user]])
        hits = [vectors[item] for item in ranked[user][:6] if item in wanted]
        expected = np.minimum(near.kneighbors(hits)[0], 1).sum() / 6 if hits else 0
        assert result["per_user"][user] == pytest.approx(expected, abs=1e-12)
    assert result["serendipity"] == pytest.approx(np.mean(list(result["per_user"].values())))


def test_serendipity_is_precision_when_nothing_resembles_the_history():
    """Orthogonal vectors and a history of other items: every hit is wholly unexpected, and ir_measures P@k is the value."""
    ranked, grades = made_up(8)
    vectors = {f"d{item}": np.eye(31)[item].tolist() for item in range(30)} | {"old": np.eye(31)[30].tolist()}
    result = reference("serendipity")(ranked, liked(grades), {user: ["old"] for user in grades}, vectors, 5)
    assert result["per_user"] == pytest.approx(by_ir_measures(P @ 5, ranked, grades))


def test_offline_online_reaches_the_agreement_of_normal_pairs():
    """Known truth: for bivariate Normal pairs with correlation r, tau is 2/pi asin(r) and Spearman 6/pi asin(r/2)."""
    rng = np.random.default_rng(9)
    strong, weak = 0.8, -0.4
    lift = rng.normal(size=6_000)
    offline = {name: r * lift + math.sqrt(1 - r * r) * rng.normal(size=6_000) for name, r in [("weak", weak), ("strong", strong)]}
    result = reference("offline_online")(offline, lift, 0.5)
    for name, r in [("weak", weak), ("strong", strong)]:
        assert result["tau"][name] == pytest.approx(2 / math.pi * math.asin(r), abs=0.03)
        assert result["spearman"][name] == pytest.approx(6 / math.pi * math.asin(r / 2), abs=0.04)
    assert result["trust"] == "strong"


def test_offline_online_with_ties_agrees_with_counted_pairs():
    """Tau-b by counting all pairs; Spearman as the Pearson correlation of mean ranks, both without scipy's own tau and rho."""
    rng = np.random.default_rng(10)
    for _ in range(30):
        x, y = rng.integers(0, 4, 9), rng.integers(0, 4, 9)
        if len(set(x)) == 1 or len(set(y)) == 1:
            continue
        pairs = [(int(np.sign(x[i] - x[j])), int(np.sign(y[i] - y[j]))) for i, j in itertools.combinations(range(9), 2)]
        agree, disagree = pairs.count((1, 1)) + pairs.count((-1, -1)), pairs.count((1, -1)) + pairs.count((-1, 1))
        only_x, only_y = sum(a == 0 != b for a, b in pairs), sum(b == 0 != a for a, b in pairs)
        result = reference("offline_online")({"m": x}, y, 0.5)
        assert result["tau"]["m"] == pytest.approx((agree - disagree) / math.sqrt((agree + disagree + only_x) * (agree + disagree + only_y)))
        rank_x, rank_y = ([np.sum(v < value) + np.sum(v == value) / 2 for value in v] for v in (x, y))
        assert result["spearman"]["m"] == pytest.approx(np.corrcoef(rank_x, rank_y)[0, 1])


def test_offline_online_meets_its_bar_where_exact_fractions_do():
    """Counted pairs as exact fractions, without ties: SciPy's last digit must not decide about a tau that equals the bar."""
    rng = np.random.default_rng(18)
    met = 0
    offline_online = reference("offline_online")
    for _ in range(200):
        x, y = rng.permutation(8), rng.permutation(8)
        score = sum(int(np.sign(x[i] - x[j]) * np.sign(y[i] - y[j])) for i, j in itertools.combinations(range(8), 2))
        for quarter in (0, 7, 14, 21):
            trusted = offline_online({"m": x}, y, quarter / 28)["trust"] == "m"
            assert trusted == (score >= quarter)
            met += score == quarter
    assert met > 20


def test_the_example_of_ndcg_is_what_scikit_learn_gives():
    """The numbers in the statement, from another library: unretrieved graded items get the lowest scores, behind worthless ones that fill the list."""
    ana = ndcg_score([[0, 3, 2, 3, 1]], [[5, 4, 3, 2, 1]], k=3)
    ben = ndcg_score([[1, 0, 0, 2]], [[5, 4, 3, 1]], k=3)
    statement = next(find_root().glob("source/06-monitoring/*.py")).read_text().split("how far from the best order?")[1].split("# %%")[0]
    for value in (ana, ben, (ana + ben) / 2):
        assert f"{value:.4f}" in statement
