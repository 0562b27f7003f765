# ruff: noqa: E501 (a sentence of a statement stands on one line)
"""01 Statistics and probability."""

from __future__ import annotations

from typing import Any

import numpy as np

from course.interview.templates.scene import asker, feature, opening, product
from course.interview.templates.template import args, percent, pick, share, template, whole

TOPIC = "01-statistics"


@template(TOPIC, 4, "Bayesian thinking")
def flag_value(rng: np.random.Generator) -> dict[str, Any]:
    what, bad, verb = pick(
        rng,
        [
            ("A fraud model", "transactions are fraud", "flags a transaction"),
            ("An abuse detector of the API", "requests are abuse", "flags a request"),
            ("A screening model", "patients have the disease", "flags a patient"),
            ("A moderation model of the feed", "posts break the rules", "flags a post"),
        ],
    )

    def draw() -> tuple[float, float, float]:
        return share(rng, 0.001, 0.03, 3), share(rng, 0.8, 0.97), share(rng, 0.93, 0.99, 3)

    rate, sensitivity, specificity = draw()
    return {
        "title": "what a flag is worth",
        "statement": f"""
            {what} is in production. {percent(rate)} of {bad}; the model finds {percent(sensitivity)} of them (sensitivity) and its specificity is {percent(specificity)}.
            {asker(rng)} asks: when it {verb}, how likely is it right?

            Write `flag_value(prevalence, sensitivity, specificity)`, which returns this probability; all three are shares.
            Raise `ValueError` when nothing is ever flagged.""",
        "signature": "flag_value(prevalence: float, sensitivity: float, specificity: float) -> float",
        "doc": "P(bad | flagged); all arguments are shares in [0, 1]. Raises ValueError when nothing is flagged.",
        "body": """
            hit = prevalence * sensitivity
            flagged = hit + (1 - prevalence) * (1 - specificity)
            if flagged == 0:
                raise ValueError("nothing is flagged")
            return hit / flagged""",
        "right": """
            if sensitivity * prevalence == 0 and (specificity == 1 or prevalence == 1):
                raise ValueError("nothing is flagged")
            alarms, finds = (1 - specificity) * (1e6 - prevalence * 1e6), sensitivity * prevalence * 1e6
            return 1 - alarms / (alarms + finds)""",
        "wrong": {
            "this is the sensitivity, P(flagged | bad); P(bad | flagged) is asked": "return sensitivity",
            "the base rate is left out": "return sensitivity / (sensitivity + 1 - specificity)",
            "false alarms come at the rate 1 - specificity": """
                hit = prevalence * sensitivity
                return hit / (hit + (1 - prevalence) * specificity)""",
        },
        "slips": {"nothing is ever flagged": "hit = prevalence * sensitivity\nreturn hit / max(hit + (1 - prevalence) * (1 - specificity), 1e-300)"},
        "case": args(rate, sensitivity, specificity),
        "example": "0.1, 0.8, 0.9",
        "fresh": [args(*draw()), args(*draw()), args(0.0, 0.9, 0.95)],
        "refused": {"0.0, 0.9, 1.0": "nothing is ever flagged"},
        "explain": "Bayes: of all flagged, the share that is bad. With a low base rate, false alarms from the many good ones outnumber the hits.",
    }


@template(TOPIC, 5, "Planning an A/B test: hypothesis, metrics, sample size")
def users_per_arm(rng: np.random.Generator) -> dict[str, Any]:
    metric = pick(
        rng, ["7-day retention", "the conversion to a paid plan", "the share of users who click a recommendation", "the share of users who rate an answer"]
    )

    def draw() -> tuple[float, float, float, float]:
        return share(rng, 0.06, 0.35), share(rng, 0.03, 0.12), pick(rng, [0.05, 0.01]), pick(rng, [0.8, 0.9])

    base, lift, alpha, power = draw()
    return {
        "title": "users for an A/B test",
        "statement": f"""
            {asker(rng)} wants to test {feature(rng)} in {product(rng)}. The metric is {metric}, {percent(base)} today; a relative lift of {percent(lift)} must not be missed.
            The test is two-sided at alpha = {alpha}, with a power of {percent(power)}.

            Write `users_per_arm(base, lift, alpha, power)`: users in **each** arm, rounded up to a whole number, by the normal approximation without pooling:
            $(z_{{1-\\alpha/2}} + z_{{power}})^2 \\, (p_1(1-p_1) + p_2(1-p_2)) / (p_2-p_1)^2$ with $p_2 = p_1 (1 + lift)$.
            Raise `ValueError` when the lift is zero.""",
        "signature": "users_per_arm(base: float, lift: float, alpha: float, power: float) -> int",
        "doc": "Users per arm, rounded up. base: share; lift: relative to base; alpha two-sided. Raises ValueError for a lift of zero.",
        "body": """
            if lift == 0:
                raise ValueError("no lift to detect")
            other = base * (1 + lift)
            z = stats.norm.ppf(1 - alpha / 2) + stats.norm.ppf(power)
            return int(np.ceil(z**2 * (base * (1 - base) + other * (1 - other)) / (other - base) ** 2))""",
        "right": """
            from math import ceil
            from statistics import NormalDist
            if not lift:
                raise ValueError("no lift to detect")
            p = [base, base + base * lift]
            quantiles = NormalDist().inv_cdf(1 - alpha / 2) - NormalDist().inv_cdf(1 - power)
            return ceil(quantiles * quantiles * sum(x - x * x for x in p) / (p[0] * lift) ** 2)""",
        "wrong": {
            "alpha is two-sided: half of it in each tail": """
                other = base * (1 + lift)
                z = stats.norm.ppf(1 - alpha) + stats.norm.ppf(power)
                return int(np.ceil(z**2 * (base * (1 - base) + other * (1 - other)) / (other - base) ** 2))""",
            "the power is left out; half of such tests would miss the lift": """
                other = base * (1 + lift)
                z = stats.norm.ppf(1 - alpha / 2)
                return int(np.ceil(z**2 * (base * (1 - base) + other * (1 - other)) / (other - base) ** 2))""",
            "the lift is relative to the base rate, not in points": """
                other = base + lift
                z = stats.norm.ppf(1 - alpha / 2) + stats.norm.ppf(power)
                return int(np.ceil(z**2 * (base * (1 - base) + other * (1 - other)) / (other - base) ** 2))""",
        },
        "case": args(base, lift, alpha, power),
        "example": "0.5, 0.1, 0.05, 0.8",
        "fresh": [args(*draw()), args(*draw())],
        "refused": {"0.2, 0.0, 0.05, 0.8": "a lift of zero"},
        "check": "equal",
        "explain": "The noise of both arms stands over the squared difference to be seen; the two quantiles pay for alpha and for power.",
    }


@template(TOPIC, 6, "Counts: Poisson, and when it is not enough")
def dispersion_verdict(rng: np.random.Generator) -> dict[str, Any]:
    what = pick(rng, ["API errors per day", "support chats per hour", "prediction failures per week", "fraud cases per day"])

    def poisson_above_one() -> list[int]:
        while True:
            counts = rng.poisson(rng.uniform(3, 8), 20)
            ratio = counts.var(ddof=1) / counts.mean()
            if 1.05 < ratio < 1.35:  # far below the limit of 1.586 for 20 counts
                return counts.tolist()

    def overdispersed() -> list[int]:
        while True:
            counts = rng.negative_binomial(2, 2 / (2 + rng.uniform(5, 9)), 20)
            if counts.mean() > 0 and 2.0 < counts.var(ddof=1) / counts.mean() < 8:
                return counts.tolist()

    first = pick(rng, [poisson_above_one, overdispersed])()
    return {
        "title": "is Poisson enough?",
        "statement": f"""
            {asker(rng)} plans alerts from the number of {what}: `{first}`.
            May the model be Poisson, or does it have to be negative binomial?

            Write `dispersion_verdict(counts)`, which returns `{{"ratio": ..., "model": ...}}`: the sample variance (`ddof=1`) over the mean, and
            `"negative binomial"` when $(n-1)$ times this ratio is above the 95 % quantile of a chi-squared distribution with $n-1$ degrees of freedom, else `"poisson"`.""",
        "signature": "dispersion_verdict(counts: list[int]) -> dict",
        "doc": 'counts: n >= 2 counts, not all zero. Returns {"ratio": variance (ddof=1) over mean, "model": "poisson" or "negative binomial"}.',
        "body": """
            x = np.asarray(counts, float)
            ratio = float(x.var(ddof=1) / x.mean())
            limit = stats.chi2.ppf(0.95, x.size - 1)
            return {"ratio": ratio, "model": "negative binomial" if (x.size - 1) * ratio > limit else "poisson"}""",
        "right": """
            import statistics
            n, centre = len(counts), sum(counts) / len(counts)
            ratio = statistics.variance(counts) / centre
            tail = stats.chi2.sf(sum((c - centre) ** 2 for c in counts) / centre, n - 1)
            return {"model": "negative binomial" if tail < 0.05 else "poisson", "ratio": ratio}""",
        "wrong": {
            "noise alone puts the ratio above 1: compare with the chi-squared quantile": """
                ratio = np.var(counts, ddof=1) / np.mean(counts)
                return {"ratio": ratio, "model": "negative binomial" if ratio > 1 else "poisson"}""",
            "the variance divides by n - 1 (ddof=1)": """
                x = np.asarray(counts, float)
                ratio = x.var() / x.mean()
                return {"ratio": ratio, "model": "negative binomial" if (x.size - 1) * ratio > stats.chi2.ppf(0.95, x.size - 1) else "poisson"}""",
            "variance over mean, not standard deviation over mean": """
                x = np.asarray(counts, float)
                ratio = x.std(ddof=1) / x.mean()
                return {"ratio": ratio, "model": "negative binomial" if (x.size - 1) * ratio > stats.chi2.ppf(0.95, x.size - 1) else "poisson"}""",
        },
        "case": args(first),
        "example": "[0, 0, 1, 9, 0, 14, 2, 0]",
        "fresh": [args(poisson_above_one()), args(overdispersed())],
        "check": "record",
        "explain": "A Poisson count has its mean for a variance. Is the ratio further above 1 than chance allows, the rate is not constant: negative binomial.",
    }


@template(TOPIC, 6, "Ratio metrics and the Delta method")
def ratio_error(rng: np.random.Generator) -> dict[str, Any]:
    top, bottom = pick(rng, [("clicks", "sessions"), ("revenue", "orders"), ("errors", "requests"), ("minutes read", "visits")])

    def draw(n: int) -> tuple[list[int], list[int]]:
        y = rng.integers(1, 12, n)
        return (rng.poisson(2.5 * y) + rng.integers(0, 3, n)).tolist(), y.tolist()

    first = draw(10)
    return {
        "title": "the error of a ratio metric",
        "statement": f"""
            {asker(rng)} reports {top} per {bottom[:-1]} in {product(rng)}: the sum over all users divided by the sum. Users were randomised, not {bottom}.
            For ten users: {top} `{first[0]}`, {bottom} `{first[1]}`.

            Write `ratio_error(top, bottom)`: the standard error of $R = \\bar x / \\bar y$ by the Delta method,
            $\\sqrt{{(s_x^2 - 2 R s_{{xy}} + R^2 s_y^2) / n}} \\, / \\, \\bar y$, variances and covariance over users with `ddof=1`.""",
        "signature": "ratio_error(top: list[float], bottom: list[float]) -> float",
        "doc": "Standard error of sum(top) / sum(bottom) over n >= 2 users, Delta method, ddof=1. Both lists: one value per user.",
        "body": """
            x, y = np.asarray(top, float), np.asarray(bottom, float)
            ratio = x.mean() / y.mean()
            both = np.cov(x, y, ddof=1)
            return float(np.sqrt((both[0, 0] - 2 * ratio * both[0, 1] + ratio**2 * both[1, 1]) / x.size) / y.mean())""",
        "right": """
            n, ratio = len(top), sum(top) / sum(bottom)
            rest = [x - ratio * y for x, y in zip(top, bottom)]
            return (sum(r * r for r in rest) / (n - 1) / n) ** 0.5 * n / sum(bottom)""",
        "wrong": {
            "the covariance of top and bottom is left out": """
                x, y = np.asarray(top, float), np.asarray(bottom, float)
                ratio = x.mean() / y.mean()
                return float(np.sqrt((x.var(ddof=1) + ratio**2 * y.var(ddof=1)) / x.size) / y.mean())""",
            "this is the error of the mean of per-user ratios; the metric is the ratio of the means": """
                r = np.asarray(top, float) / np.asarray(bottom, float)
                return float(r.std(ddof=1) / np.sqrt(r.size))""",
            "the denominator varies, too: it is no constant": """
                x, y = np.asarray(top, float), np.asarray(bottom, float)
                return float(x.std(ddof=1) / np.sqrt(x.size) / y.mean())""",
        },
        "case": args(*first),
        "example": "[2, 5, 3], [1, 2, 2]",
        "fresh": [args(*draw(14)), args(*draw(25))],
        "explain": "The ratio behaves like the mean of x - R y, divided by the mean of y: top and bottom of one user move together, and that covariance takes noise away.",
    }


@template(TOPIC, 6, "Many metrics are many looks")
def discoveries(rng: np.random.Generator) -> dict[str, Any]:
    def draw() -> tuple[list[float], float]:
        m, q = pick(rng, [8, 10, 12]), pick(rng, [0.05, 0.1])
        line = q / m
        low = [0.6 * line * rng.uniform(0.5, 1), line * rng.uniform(2.2, 2.5), line * rng.uniform(2.6, 2.9)]
        middle = [q * rng.uniform(0.8, 0.97) for _ in range(2)]
        high = rng.uniform(0.2, 0.95, m - 5).tolist()
        values = [float(f"{value:.3g}") for value in low + middle + high]
        return [values[i] for i in rng.permutation(m)], q

    values, q = draw()
    return {
        "title": "many metrics, one experiment",
        "statement": f"""
            {asker(rng)} tested {feature(rng)} on {len(values)} metrics at once; the p-values are `{values}`. How many effects may be reported at a level of {q}?

            Write `discoveries(p_values, level)`, which returns `{{"bonferroni": ..., "bh": ...}}`: how many p-values survive Bonferroni
            (at most level over number of tests), and how many Benjamini-Hochberg at this false discovery rate.""",
        "signature": "discoveries(p_values: list[float], level: float) -> dict",
        "doc": 'Returns {"bonferroni": count, "bh": count} of rejected hypotheses; p_values in any order.',
        "body": """
            p = np.sort(p_values)
            m = p.size
            below = np.flatnonzero(p <= level * np.arange(1, m + 1) / m)
            return {"bonferroni": int((p <= level / m).sum()), "bh": int(below[-1] + 1) if below.size else 0}""",
        "right": """
            adjusted = stats.false_discovery_control(p_values)
            return {"bh": int((adjusted <= level).sum()), "bonferroni": sum(value * len(p_values) <= level for value in p_values)}""",
        "wrong": {
            "Benjamini-Hochberg takes all up to the last p-value below its line, also those above the line on the way": """
                p, m, count = sorted(p_values), len(p_values), 0
                while count < m and p[count] <= level * (count + 1) / m:
                    count += 1
                return {"bonferroni": sum(v <= level / m for v in p), "bh": count}""",
            "no correction: with many tests, some are below the level by chance": """
                count = sum(v <= level for v in p_values)
                return {"bonferroni": count, "bh": count}""",
            "the line is compared with p-values in order of size: sort them first": """
                m = len(p_values)
                below = [i for i, v in enumerate(p_values, 1) if v <= level * i / m]
                return {"bonferroni": sum(v <= level / m for v in p_values), "bh": max(below, default=0)}""",
        },
        "case": args(values, q),
        "example": "[0.9, 0.004, 0.03, 0.02], 0.05",
        "fresh": [args(*draw()), args(*draw()), args([0.4, 0.8], 0.05)],
        "check": "record",
        "explain": "Bonferroni bounds the chance of a single false alarm, Benjamini-Hochberg the share of false ones among the reported.",
    }


@template(TOPIC, 5, "From counts to a decision")
def conversion_belief(rng: np.random.Generator) -> dict[str, Any]:
    def draw() -> tuple[int, int, int, int]:
        n = whole(rng, 20, 90)
        return whole(rng, 2, 8), whole(rng, 20, 60), whole(rng, 2, n // 4), n

    a, b, hits, n = draw()
    return {
        "title": "a small sample and a prior",
        "statement": f"""
            Earlier experiments on {product(rng)} say: the conversion rate is Beta({a}, {b}). A pilot of {feature(rng)} has {n} users, {hits} converted.
            {asker(rng)} asks what to believe now.

            Write `conversion_belief(a, b, hits, n)`, which returns `{{"mean": ..., "low": ...}}`:
            mean and 5 % quantile of the posterior.""",
        "signature": "conversion_belief(a: float, b: float, hits: int, n: int) -> dict",
        "doc": 'Prior Beta(a, b), `hits` of `n` users converted. Returns {"mean": posterior mean, "low": its 5 % quantile}.',
        "body": """
            a, b = a + hits, b + n - hits
            return {"mean": a / (a + b), "low": float(stats.beta.ppf(0.05, a, b))}""",
        "right": """
            from scipy.special import betaincinv
            return {"low": betaincinv(a + hits, b + n - hits, 0.05), "mean": (a + hits) / (a + b + n)}""",
        "wrong": {
            "b grows by those who did not convert, n - hits": """
                a, b = a + hits, b + n
                return {"mean": a / (a + b), "low": float(stats.beta.ppf(0.05, a, b))}""",
            "the prior is left out": """
                return {"mean": hits / n, "low": float(stats.beta.ppf(0.05, 1 + hits, 1 + n - hits))}""",
            "the prior alone: the pilot is left out": 'return {"mean": a / (a + b), "low": float(stats.beta.ppf(0.05, a, b))}',
        },
        "case": args(a, b, hits, n),
        "example": "2, 8, 3, 10",
        "fresh": [args(*draw()), args(*draw()), args(3, 27, 0, 12)],
        "check": "record",
        "rtol": 1e-5,
        "explain": "Beta and binomial go together: hits are added to a, misses to b. The prior counts like a + b users seen before.",
    }


@template(TOPIC, 6, "Reading the result: novelty, practical significance, decision")
def ship_or_hold(rng: np.random.Generator) -> dict[str, Any]:
    def draw(kind: str) -> tuple[int, int, int, int, float]:
        n = whole(rng, 8_000, 20_000, 100)
        base = int(n * rng.uniform(0.1, 0.2))
        error = float(np.sqrt(2 * base / n * (1 - base / n) / n))
        lift = {"ship": rng.uniform(3.2, 4), "hold": rng.uniform(3.2, 4), "inconclusive": rng.uniform(0.3, 1.2)}[kind] * error
        least = {"ship": 0.6, "hold": 1.6, "inconclusive": 1.0}[kind] * lift
        return base, n, int(base + lift * n), n, round(least, 4)

    kinds = ["ship", "hold", "inconclusive"]
    a, n, b, m, least = draw(pick(rng, kinds))
    return {
        "title": "ship, hold or inconclusive",
        "statement": f"""
            {opening(feature(rng))} in {product(rng)}: {a:,} of {n:,} users of control converted, {b:,} of {m:,} of treatment. {asker(rng)} says that a lift below {least} (difference of shares) does not pay.

            Write `ship_or_hold(hits_a, n_a, hits_b, n_b, least)`, which returns `{{"lift": ..., "low": ..., "high": ..., "decision": ...}}`: the difference B - A,
            its 95 % interval (normal, unpooled: $\\pm z_{{0.975}} \\sqrt{{p_A(1-p_A)/n_A + p_B(1-p_B)/n_B}}$), and `"ship"` if the interval is above zero and the lift is at least `least`,
            `"hold"` if the interval excludes zero otherwise, `"inconclusive"` if it holds zero.""",
        "signature": "ship_or_hold(hits_a: int, n_a: int, hits_b: int, n_b: int, least: float) -> dict",
        "doc": 'Returns {"lift": pB - pA, "low", "high": 95 % interval, "decision": "ship", "hold" or "inconclusive"}; `least` is a difference of shares.',
        "body": """
            p, q = hits_a / n_a, hits_b / n_b
            half = stats.norm.ppf(0.975) * np.sqrt(p * (1 - p) / n_a + q * (1 - q) / n_b)
            low, high = q - p - half, q - p + half
            decision = "inconclusive" if low <= 0 <= high else "ship" if low > 0 and q - p >= least else "hold"
            return {"lift": q - p, "low": float(low), "high": float(high), "decision": decision}""",
        "right": """
            from statistics import NormalDist
            lift = hits_b / n_b - hits_a / n_a
            variance = sum(h * (n - h) / n**3 for h, n in ((hits_a, n_a), (hits_b, n_b)))
            low, high = (lift + z * variance**0.5 for z in (NormalDist().inv_cdf(0.025), NormalDist().inv_cdf(0.975)))
            if low * high <= 0:
                decision = "inconclusive"
            else:
                decision = "ship" if lift >= least and low > 0 else "hold"
            return {"lift": lift, "low": low, "high": high, "decision": decision}""",
        "wrong": {
            "significant is not worth it: compare the lift with the least that pays": """
                p, q = hits_a / n_a, hits_b / n_b
                half = stats.norm.ppf(0.975) * np.sqrt(p * (1 - p) / n_a + q * (1 - q) / n_b)
                low, high = q - p - half, q - p + half
                return {"lift": q - p, "low": low, "high": high, "decision": "ship" if low > 0 else "hold" if high < 0 else "inconclusive"}""",
            "a lift without its interval decides nothing: it may be noise": """
                p, q = hits_a / n_a, hits_b / n_b
                half = stats.norm.ppf(0.975) * np.sqrt(p * (1 - p) / n_a + q * (1 - q) / n_b)
                return {"lift": q - p, "low": q - p - half, "high": q - p + half, "decision": "ship" if q - p >= least else "hold"}""",
            "this is an interval of 90 %: 95 % leaves 2.5 % on each side": """
                p, q = hits_a / n_a, hits_b / n_b
                half = stats.norm.ppf(0.95) * np.sqrt(p * (1 - p) / n_a + q * (1 - q) / n_b)
                low, high = q - p - half, q - p + half
                decision = "inconclusive" if low <= 0 <= high else "ship" if low > 0 and q - p >= least else "hold"
                return {"lift": q - p, "low": low, "high": high, "decision": decision}""",
        },
        "case": args(a, n, b, m, least),
        "example": "200, 1000, 260, 1000, 0.01",
        "fresh": [args(*draw(kind)) for kind in kinds],
        "check": "record",
        "explain": "Three questions in order: is there an effect (the interval), which way, and is it large enough to pay for itself.",
    }
