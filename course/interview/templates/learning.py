# ruff: noqa: E501 (a sentence of a statement stands on one line)
"""02 Machine learning."""

from __future__ import annotations

from typing import Any

import numpy as np

from course.interview.templates.scene import asker, product
from course.interview.templates.template import args, percent, pick, share, template, whole

TOPIC = "02-machine-learning"


@template(TOPIC, 4, "Class imbalance: what accuracy hides")
def rare_class_scores(rng: np.random.Generator) -> dict[str, Any]:
    what = pick(rng, ["A fraud model", "A churn model", "A failure alarm", "An abuse filter"])

    def draw() -> tuple[int, int, int, int]:
        return whole(rng, 40, 90), whole(rng, 100, 300), whole(rng, 10, 35), whole(rng, 5_000, 20_000, 10)

    tp, fp, fn, tn = draw()
    return {
        "title": "scores for a rare class",
        "statement": f"""
            {what} is presented with its accuracy. On the test set it has {tp} true positives, {fp} false positives, {fn} false negatives and {tn:,} true negatives.
            {asker(rng)} wants numbers that mean something.

            Write `rare_class_scores(tp, fp, fn, tn)`, which returns `{{"precision", "recall", "f1", "g_mean"}}`;
            the G-mean is the root of recall times specificity. A score with nothing to divide by is 0.""",
        "signature": "rare_class_scores(tp: int, fp: int, fn: int, tn: int) -> dict",
        "doc": 'Returns {"precision", "recall", "f1", "g_mean"}, each in [0, 1]; 0 where there is nothing to divide by.',
        "body": """
            def over(a, b):
                return a / b if b else 0.0
            recall, specificity = over(tp, tp + fn), over(tn, tn + fp)
            return {
                "precision": over(tp, tp + fp),
                "recall": recall,
                "f1": over(2 * tp, 2 * tp + fp + fn),
                "g_mean": (recall * specificity) ** 0.5,
            }""",
        "right": """
            p = tp / (tp + fp) if tp + fp else 0
            r = tp / (tp + fn) if tp + fn else 0
            s = 1 - fp / (tn + fp) if tn + fp else 0
            return {"f1": 2 * p * r / (p + r) if p + r else 0, "g_mean": np.sqrt(r * s), "precision": p, "recall": r}""",
        "wrong": {
            "precision and recall are swapped: precision divides by what was flagged": """
                p, r, s = tp / (tp + fn), tp / (tp + fp), tn / (tn + fp)
                return {"precision": p, "recall": r, "f1": 2 * p * r / (p + r), "g_mean": (p * s) ** 0.5}""",
            "the G-mean takes recall and specificity, not recall and precision": """
                p, r = tp / (tp + fp), tp / (tp + fn)
                return {"precision": p, "recall": r, "f1": 2 * p * r / (p + r), "g_mean": (p * r) ** 0.5}""",
            "F1 is the harmonic mean of precision and recall, not their average": """
                p, r, s = tp / (tp + fp), tp / (tp + fn), tn / (tn + fp)
                return {"precision": p, "recall": r, "f1": (p + r) / 2, "g_mean": (r * s) ** 0.5}""",
        },
        "slips": {
            "raised ZeroDivisionError": """
                p, r, s = tp / (tp + fp), tp / (tp + fn), tn / (tn + fp)
                return {"precision": p, "recall": r, "f1": 2 * p * r / (p + r), "g_mean": (r * s) ** 0.5}"""
        },
        "case": args(tp, fp, fn, tn),
        "example": "8, 12, 2, 78",
        "fresh": [args(*draw()), args(*draw()), args(0, 0, whole(rng, 5, 20), whole(rng, 500, 900))],
        "check": "record",
        "explain": "With a rare class, a model that flags nothing has a high accuracy and a recall of zero. Precision says what a flag is worth, recall what is found.",
    }


@template(TOPIC, 5, "Undersampling, and what resampling does to probabilities")
def true_probability(rng: np.random.Generator) -> dict[str, Any]:
    def draw() -> tuple[list[float], float]:
        return np.sort(rng.uniform(0.05, 0.95, 5)).round(2).tolist(), share(rng, 0.02, 0.3)

    scores, kept = draw()
    return {
        "title": "probabilities after undersampling",
        "statement": f"""
            To train faster, a model for {product(rng)} saw all positives but only {percent(kept)} of the negatives, drawn at random. Its scores for five users are `{scores}`.
            {asker(rng)} multiplies them by money, so they must be true probabilities.

            Write `true_probability(scores, kept)`: the probabilities in the full population, in the same order.""",
        "signature": "true_probability(scores: list[float], kept: float) -> list[float]",
        "doc": "scores: shape (n,), probabilities under the thinned training set; kept: share of negatives that it kept, in (0, 1].",
        "body": """
            p = np.asarray(scores, float)
            return (kept * p / (kept * p + 1 - p)).tolist()""",
        "right": """
            odds = [kept * p / (1 - p) if p < 1 else float("inf") for p in scores]
            return [1.0 if o == float("inf") else o / (1 + o) for o in odds]""",
        "wrong": {
            "the odds are scaled by the kept share, not the probability": "return [p * kept for p in scores]",
            "the wrong way round: with negatives back, positives are rarer": "return [p / (p + kept * (1 - p)) for p in scores]",
            "nothing is corrected: the scores are those of the thinned training set": "return list(scores)",
        },
        "case": args(scores, kept),
        "example": "[0.5, 0.9], 0.1",
        "fresh": [args(*draw()), args(*draw()), args([0.0, 0.5, 1.0], 0.2)],
        "check": "array",
        "explain": "Dropping negatives multiplies the odds by 1 / kept. Multiply them back, and turn odds into a probability.",
    }


@template(TOPIC, 6, "Choosing complexity when the curve is noisy")
def simplest_good(rng: np.random.Generator) -> dict[str, Any]:
    def draw() -> list[list[float]]:
        noise = rng.normal(0, 0.02, (5, 5))
        noise = (noise - noise.mean(1, keepdims=True)) / noise.std(1, ddof=1, keepdims=True) * rng.uniform(0.015, 0.03)
        error = noise[3].std(ddof=1) / np.sqrt(5)
        means = rng.uniform(0.2, 0.4) + error * np.array([6.0, 1.6, 0.6, 0.0, 0.3])
        return (means[:, None] + noise).round(4).tolist()

    table = draw()
    return {
        "title": "the simplest model that is good enough",
        "statement": f"""
            Five models for {product(rng)}, from simple to complex, were cross-validated on the same five folds. Their errors (a row for each model): `{table}`.
            {asker(rng)} wants the simplest one that can't be told from the best.

            Write `simplest_good(errors)`: the index of the first row whose mean error is at most the lowest mean plus one standard error of that best row
            (standard deviation over folds with `ddof=1`, divided by the root of the number of folds).""",
        "signature": "simplest_good(errors: list[list[float]]) -> int",
        "doc": "errors: shape (models, folds), models from simple to complex. Returns the row by the one-standard-error rule.",
        "body": """
            e = np.asarray(errors, float)
            means = e.mean(1)
            best = means.argmin()
            limit = means[best] + e[best].std(ddof=1) / np.sqrt(e.shape[1])
            return int(np.flatnonzero(means <= limit)[0])""",
        "right": """
            import statistics
            best = min(errors, key=statistics.fmean)
            limit = statistics.fmean(best) + statistics.stdev(best) / len(best) ** 0.5
            return next(i for i, row in enumerate(errors) if statistics.fmean(row) <= limit)""",
        "wrong": {
            "this is the lowest mean; a simpler one is within its standard error": "return int(np.mean(errors, 1).argmin())",
            "divide the standard deviation by the root of the number of folds": """
                e = np.asarray(errors, float)
                best = e.mean(1).argmin()
                return int(np.flatnonzero(e.mean(1) <= e.mean(1)[best] + e[best].std(ddof=1))[0])""",
            "the simplest model is not within one standard error of the best": "return 0",
        },
        "case": args(table),
        "example": "[[0.5, 0.6], [0.3, 0.32], [0.29, 0.31]]",
        "fresh": [args(draw()), args(draw())],
        "check": "equal",
        "explain": "The lowest mean of noisy folds is partly luck. Within one standard error the data cannot tell models apart, so take the simplest.",
    }


@template(TOPIC, 7, "Columns that repeat each other")
def kept_columns(rng: np.random.Generator) -> dict[str, Any]:
    def draw() -> tuple[list[list[float]], list[float], float]:
        while True:
            x = rng.normal(size=(60, 5))
            x[:, 1] = -x[:, 0] + 0.25 * rng.normal(size=60)
            x[:, 3] = x[:, 2] + 0.25 * rng.normal(size=60)
            order = rng.permutation(5)
            corr = np.corrcoef(x[:, order].T).round(2)
            scores = rng.uniform(0.05, 0.6, 5).round(2)
            if len(set(scores.tolist())) == 5:
                return corr.tolist(), scores.tolist(), 0.9

    corr, scores, limit = draw()
    return {
        "title": "columns that repeat each other",
        "statement": f"""
            Before modelling churn in {product(rng)}, the team wants repeated columns out. The correlation matrix is `{corr}`; the mutual information of each column with the target is `{scores}`.

            Write `kept_columns(corr, scores, limit)`: go through the columns from the highest score down and keep a column when its **absolute** correlation with every
            column kept so far is at most `limit` (here {limit}). Return the kept indices in ascending order. Scores are all different.""",
        "signature": "kept_columns(corr: list[list[float]], scores: list[float], limit: float) -> list[int]",
        "doc": "corr: shape (p, p); scores: shape (p,), all different. Returns ascending indices.",
        "body": """
            kept: list[int] = []
            for column in np.argsort(scores)[::-1].tolist():
                if all(abs(corr[column][other]) <= limit for other in kept):
                    kept.append(column)
            return sorted(kept)""",
        "right": """
            c = np.abs(np.asarray(corr, float))
            open_columns, kept = set(range(len(scores))), []
            while open_columns:
                best = max(open_columns, key=lambda j: scores[j])
                kept.append(best)
                open_columns = {j for j in open_columns if j != best and c[j, best] <= limit}
            return sorted(kept)""",
        "wrong": {
            "a correlation near -1 is a repetition, too: take its absolute value": """
                kept = []
                for column in np.argsort(scores)[::-1].tolist():
                    if all(corr[column][other] <= limit for other in kept):
                        kept.append(column)
                return sorted(kept)""",
            "one column of each pair stays: the better one": """
                p = len(scores)
                return [i for i in range(p) if all(abs(corr[i][j]) <= limit for j in range(p) if j != i)]""",
            "from the highest score down, not from the lowest up": """
                kept = []
                for column in np.argsort(scores).tolist():
                    if all(abs(corr[column][other]) <= limit for other in kept):
                        kept.append(column)
                return sorted(kept)""",
        },
        "case": args(corr, scores, limit),
        "example": "[[1.0, 0.95, 0.1], [0.95, 1.0, 0.2], [0.1, 0.2, 1.0]], [0.2, 0.3, 0.1], 0.9",
        "fresh": [args(*draw()), args(*draw())],
        "check": "equal",
        "explain": "Of two columns that say the same, keep the one that says more about the target. The sign of the correlation does not matter.",
    }


@template(TOPIC, 5, "Bias and variance: which one is your bottleneck?")
def error_parts(rng: np.random.Generator) -> dict[str, Any]:
    def draw() -> tuple[list[float], float, float]:
        truth = share(rng, 5, 30, 1)
        guesses = (truth + rng.uniform(0.5, 3) * pick(rng, [-1, 1]) + rng.normal(0, rng.uniform(0.5, 2.5), 6)).round(1)
        return guesses.tolist(), truth, share(rng, 0.3, 2.0)

    guesses, truth, noise = draw()
    return {
        "title": "bias or variance?",
        "statement": f"""
            Six training samples give six models of the session length in {product(rng)}. For one user they predict `{guesses}` minutes; the true expected length is {truth}, and single sessions
            vary around it with variance {noise}. {asker(rng)} asks whether to collect more data or take a richer model.

            Write `error_parts(guesses, truth, noise)`, which returns `{{"bias2", "variance", "error", "bottleneck"}}`: squared bias, variance of the predictions (`ddof=0`),
            expected squared error for a new session, and `"bias"` or `"variance"`, whichever is larger.""",
        "signature": "error_parts(guesses: list[float], truth: float, noise: float) -> dict",
        "doc": 'guesses: predictions of models from different samples; noise: variance of a session. Returns {"bias2", "variance", "error", "bottleneck"}.',
        "body": """
            g = np.asarray(guesses, float)
            bias2, variance = (g.mean() - truth) ** 2, g.var()
            return {
                "bias2": float(bias2),
                "variance": float(variance),
                "error": float(bias2 + variance + noise),
                "bottleneck": "bias" if bias2 > variance else "variance",
            }""",
        "right": """
            n = len(guesses)
            error = sum((g - truth) ** 2 for g in guesses) / n
            bias2 = (sum(guesses) / n - truth) ** 2
            return {"bottleneck": "bias" if 2 * bias2 > error else "variance", "error": error + noise, "bias2": bias2, "variance": error - bias2}""",
        "wrong": {
            "the noise of a single session is part of the error": """
                g = np.asarray(guesses, float)
                b, v = (g.mean() - truth) ** 2, g.var()
                return {"bias2": b, "variance": v, "error": b + v, "bottleneck": "bias" if b > v else "variance"}""",
            "the bias enters squared": """
                g = np.asarray(guesses, float)
                b, v = abs(g.mean() - truth), g.var()
                return {"bias2": b, "variance": v, "error": b + v + noise, "bottleneck": "bias" if b > v else "variance"}""",
            "this is the variance around the truth; take it around the mean prediction": """
                g = np.asarray(guesses, float)
                b, v = (g.mean() - truth) ** 2, ((g - truth) ** 2).mean()
                return {"bias2": b, "variance": v, "error": b + v + noise, "bottleneck": "bias" if b > v else "variance"}""",
        },
        "case": args(guesses, truth, noise),
        "example": "[4.0, 6.0], 8.0, 0.5",
        "fresh": [args(*draw()), args(*draw())],
        "check": "record",
        "explain": "Error = bias² + variance + noise. More data helps against variance, a richer model or better features against bias, nothing against noise.",
    }


@template(TOPIC, 4, "Move the threshold first")
def threshold_for_recall(rng: np.random.Generator) -> dict[str, Any]:
    def draw() -> tuple[list[float], list[int], float]:
        while True:
            labels = rng.integers(0, 2, 12)
            scores = (0.35 * labels + rng.uniform(0, 0.65, 12)).round(2)
            if 5 <= labels.sum() <= 8 and len(set(scores.tolist())) == 12:
                return scores.tolist(), labels.tolist(), pick(rng, [0.7, 0.75, 0.8])

    scores, labels, target = draw()
    return {
        "title": "a threshold for a wanted recall",
        "statement": f"""
            {asker(rng)} accepts more false alarms but wants a recall of at least {percent(target)} from the fraud model. Validation scores `{scores}` with labels `{labels}`.

            Write `threshold_for_recall(scores, labels, target)`: the highest threshold $t$ **among the scores** for which flagging `score >= t`
            reaches a recall of at least `target`. There is at least one positive.""",
        "signature": "threshold_for_recall(scores: list[float], labels: list[int], target: float) -> float",
        "doc": "scores: shape (n,); labels: 0 or 1, at least one 1; target: recall in (0, 1]. Returns one of the scores.",
        "body": """
            s, y = np.asarray(scores, float), np.asarray(labels)
            good = [t for t in s if (s[y == 1] >= t).mean() >= target - 1e-12]
            return float(max(good))""",
        "right": """
            found, wanted = 0, target * sum(labels) - 1e-9
            ranked = sorted(zip(scores, labels), reverse=True)
            for place, (score, label) in enumerate(ranked):
                found += label
                last = place + 1 == len(ranked) or ranked[place + 1][0] != score
                if last and found >= wanted:
                    return score""",
        "wrong": {
            "this is the lowest such threshold, which flags everything; the highest keeps false alarms few": "return min(scores)",
            "recall divides by the positives, not by all rows": """
                s, y = np.asarray(scores, float), np.asarray(labels)
                good = [t for t in s if ((s >= t) & (y == 1)).sum() / max((s >= t).sum(), 1) >= target]
                return float(min(good)) if good else 1.0""",
            "a quantile of the positives interpolates: return one of the scores": """
                s, y = np.asarray(scores, float), np.asarray(labels)
                return float(np.quantile(s[y == 1], 1 - target))""",
        },
        "case": args(scores, labels, target),
        "example": "[0.9, 0.2, 0.6, 0.4], [1, 0, 1, 1], 0.6",
        "fresh": [args(*draw()), args(*draw()), args([0.3, 0.8, 0.5], [1, 0, 1], 1.0)],
        "explain": "Recall only falls as the threshold rises. So the highest threshold that still reaches the target costs the fewest false alarms.",
    }
