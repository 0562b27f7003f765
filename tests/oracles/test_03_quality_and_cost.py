"""Reference solutions of the annotator part of 03-llms against something independent."""

import math

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from sklearn.metrics import cohen_kappa_score, confusion_matrix, precision_recall_fscore_support
from sklearn.neighbors import NearestNeighbors

from course import llm
from course.authoring.verify import reference
from course.datasets import tickets


def noisy(n, seed, error=0.3, k=4):
    rng = np.random.default_rng(seed)
    human = rng.choice(list("abcdefg"[:k]), n, p=np.arange(k, 0, -1) / np.arange(k, 0, -1).sum())
    return human, np.where(rng.random(n) < error, rng.choice(list("abcdefg"[:k]), n), human)


def test_kappa_is_the_published_040():
    """Textbook case [[20, 5], [10, 15]]: kappa .40."""
    human, model = ["a"] * 25 + ["b"] * 25, ["a"] * 20 + ["b"] * 5 + ["a"] * 10 + ["b"] * 15
    assert reference("agreement")(human, model)["kappa"] == pytest.approx(0.4)


@pytest.mark.parametrize("seed", range(5))
def test_kappa_is_that_of_scikit_learn_overall_and_by_category(seed):
    """sklearn.metrics.cohen_kappa_score."""
    human, model = noisy(150, seed)
    found = reference("agreement")(human, model, 20)
    assert found["kappa"] == pytest.approx(cohen_kappa_score(human, model))
    for row in found["table"].itertuples():
        assert row.kappa == pytest.approx(cohen_kappa_score(human == row.category, model == row.category))


def test_the_interval_of_kappa_holds_the_truth():
    """Simulation with known truth: kappa of the population of the same mechanism."""
    human, model = noisy(200_000, 99)
    truth = cohen_kappa_score(human, model)
    hits = 0
    for seed in range(200):
        found = reference("agreement")(*noisy(150, 500 + seed), 300, seed)
        hits += found["low"] <= truth <= found["high"]
    assert 0.89 <= hits / 200 <= 0.99


def test_the_bootstrap_agrees_with_scipy():
    """scipy.stats.bootstrap, percentile, paired."""
    human, model = (np.searchsorted(list("abcd"), labels) for labels in noisy(120, 7))
    other = stats.bootstrap((human, model), cohen_kappa_score, paired=True, vectorized=False, n_resamples=400, method="percentile", rng=1)
    found = reference("agreement")(human.astype(str), model.astype(str), 4_000, 1)
    low, high = other.confidence_interval
    assert found["low"] == pytest.approx(low, abs=0.035) and found["high"] == pytest.approx(high, abs=0.035)


def test_the_size_gives_the_wanted_width():
    """The interval's own formula, and simulated surveys: 95 % of shares lie within half the width of the truth."""
    n = reference("gold_sample")(["a"] * 5_000, 0.08, 0.8)["size"]
    assert 2 * 1.96 * math.sqrt(0.16 / n) <= 0.08 < 2 * 1.96 * math.sqrt(0.16 / (n - 1))
    shares = np.random.default_rng(3).binomial(n, 0.8, 20_000) / n
    assert np.mean(abs(shares - 0.8) <= 0.04) == pytest.approx(0.95, abs=0.01)


def test_the_weights_stand_for_the_whole_pile():
    """Horvitz and Thompson: weights add up to N, in all and by stratum, and the weighted total has the right expectation."""
    rng = np.random.default_rng(5)
    labels = rng.choice(["a", "b", "c"], 900, p=[0.7, 0.27, 0.03])
    value = rng.random(900) + (labels == "c") * 5
    totals = []
    for seed in range(400):
        found = reference("gold_sample")(labels, 0.15, 0.8, 15, seed)
        rows, weights = np.array(found["rows"]), np.array(found["weights"])
        assert weights.sum() == pytest.approx(900)
        totals.append(weights @ value[rows])
    assert np.mean(totals) == pytest.approx(value.sum(), rel=0.01)


def test_the_report_is_that_of_scikit_learn():
    """precision_recall_fscore_support, cohen_kappa_score and confusion_matrix with sample_weight."""
    human, model = noisy(200, 11)
    weights = np.random.default_rng(2).uniform(0.5, 4, 200)
    found = reference("label_report")(human, model, weights)
    names = sorted(set(human) | set(model))
    table = found["table"].set_index("category").loc[names]
    precision, recall, _, _ = precision_recall_fscore_support(human, model, labels=names, sample_weight=weights)
    assert table["precision"].to_numpy() == pytest.approx(precision) and table["recall"].to_numpy() == pytest.approx(recall)
    assert found["kappa"] == pytest.approx(cohen_kappa_score(human, model, sample_weight=weights))
    matrix = confusion_matrix(human, model, labels=names, sample_weight=weights)
    np.fill_diagonal(matrix, 0)
    assert table["taken_for"].tolist() == [names[place] for place in matrix.argmax(axis=1)]


def test_the_gap_is_that_of_a_paired_test():
    """scipy.stats.ttest_rel on right and wrong of both classifiers, fitted here; the interval with 1.96 for t."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression

    frame = tickets.tickets(400, 12)
    frame = pd.DataFrame({"text": frame["text"], "human": frame["rater_a"], "llm": frame["rater_b"], "part": ["train"] * 240 + ["test"] * 160})
    found = reference("downstream_gap")(frame)
    words = TfidfVectorizer()
    X, Z = words.fit_transform(frame["text"][:240]), words.transform(frame["text"][240:])
    right = [LogisticRegression(C=10, max_iter=1000).fit(X, frame[c][:240]).score(Z, frame["human"][240:]) for c in ("human", "llm")]
    assert [found["human"], found["llm"]] == pytest.approx(right)
    hits = [LogisticRegression(C=10, max_iter=1000).fit(X, frame[c][:240]).predict(Z) == frame["human"][240:] for c in ("human", "llm")]
    paired = stats.ttest_rel(*(h.astype(float) for h in hits))
    assert found["gap"] / ((found["high"] - found["gap"]) / 1.96) == pytest.approx(paired.statistic)


def test_hard_cases_are_where_the_errors_are():
    """Simulation with known error rates of four groups: the order follows them, and the promise is kept."""
    rng = np.random.default_rng(8)
    known = {("a", True): 0.5, ("a", False): 0.05, ("b", True): 0.25, ("b", False): 0.1}

    def pile(n):
        model, confidence = rng.choice(["a", "b"], n), rng.random(n)
        rate = np.array([known[m, c < 0.5] for m, c in zip(model, confidence, strict=True)])
        return model, confidence, np.where(rng.random(n) < rate, "z", model), rate

    gold, there = pile(1_500), pile(1_500)
    found = reference("hard_cases")(there[0], there[1], gold[2], gold[0], gold[1], 0.5, 600)
    ideal = np.sort(there[3])[::-1][:600].sum()
    assert there[3][found["rows"]].sum() == pytest.approx(ideal, rel=0.02)
    assert found["expected"] == pytest.approx((there[2] != there[0])[found["rows"]].sum(), rel=0.15)


@pytest.mark.parametrize("seed", range(6))
def test_the_cascade_is_found_by_brute_force(seed):
    """Every way is walked through ticket by ticket."""
    rng = np.random.default_rng(seed)
    n, bounds, target = 60, [0.2, 0.5, 0.7, 1.01], 0.75 + 0.031 * seed
    human = rng.choice(list("ab"), n)
    confidence = rng.random(n).round(2)
    small = np.where(rng.random(n) < confidence, human, "c")
    large = np.where(rng.random(n) < 0.93, human, "c")
    ways = [(1e6 * 0.01, 1, None, np.mean(large == human))]
    for bound in bounds:
        bill, right = 0.0, 0
        for i in range(n):
            bill += 0.0005
            answer = small[i]
            if confidence[i] < bound:
                bill, answer = bill + 0.01, large[i]
            right += answer == human[i]
        ways.append((1e6 * bill / n, 0, bound, right / n))
    good = [way for way in ways if way[3] >= target]
    found = reference("cascade")(small, confidence, large, human, bounds, target)
    assert found["large_only"] == pytest.approx(10_000)
    if not good:
        assert found["choice"] == "unreachable" and found["cost"] is None
    else:
        cost, kind, bound, accuracy = min(good, key=lambda way: way[:2])
        assert found["choice"] == ("large only" if kind else "cascade") and found["bound"] == bound
        assert found["cost"] == pytest.approx(cost) and found["accuracy"] == pytest.approx(accuracy)


def test_synthetic_tickets_keep_away_from_the_test_set():
    """Exact nearest neighbours (scikit-learn, cosine) between new tickets and test tickets; no text twice."""
    frame = tickets.tickets(900, 3)
    rare = frame[frame["label"] == "security"]
    train = pd.concat([rare[:8], frame[frame["label"] != "security"][:60]])
    test = frame.drop(train.index)["text"].tolist()[:200] + [" ".join(text.split()[:25]) for text in rare["text"][:8]]
    texts, labels = reference("synthetic_rare")(train["text"].tolist(), train["label"].tolist(), test, "security", 30, 0.6, {"seed": 4})
    new = texts[len(train) :]
    assert labels[len(train) :] == ["security"] * len(new) and len(new) == 30
    client = llm.client({})
    vectors = [np.array([item.embedding for item in client.embeddings.create(model=llm.EMBED, input=part).data]) for part in (test, new)]
    distance, _ = NearestNeighbors(n_neighbors=1, metric="cosine", algorithm="brute").fit(vectors[0]).kneighbors(vectors[1])
    assert distance.min() > 0.4
    flat = [" ".join(text.lower().split()) for text in texts]
    assert len(set(flat[len(train) :])) == 30 and not set(flat[len(train) :]) & set(flat[: len(train)])
