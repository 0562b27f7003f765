"""Simulated weeks of customer applications with the truth kept: what a model scores, what people decide, how long it takes them.

An application has a quality; it is good when the quality is above zero. The model sees a part of the quality, so its score is a true
probability for the kinds that it was trained on. People see all of it, blurred, and now and then they slip. A kind that the model
never saw gets confident scores that mean nothing.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.special import ndtr

KINDS = {"personal": (0.55, 0.8, 2.2), "sole trader": (0.3, 0.5, 1.8), "company": (0.15, 0.2, 1.3)}  # share, mean quality, what the model sees of it
UNSEEN = "marketplace seller"  # not in the model's training data
BLUR = 0.6  # standard deviation of what a reviewer sees, around the quality
SLIP = 0.05  # a reviewer clicks the wrong button, whatever the case


def week(n: int = 10_000, seed: int = 0, unseen: float = 0.0) -> pd.DataFrame:
    """`n` applications, one row each; `unseen` is the share of the kind that the model was not trained on.

    Columns: `kind`; `good` (1: should be approved; the truth, found out later); `score` (the model's probability that it is good,
    calibrated for the trained kinds); `raw` (the same model before calibration, trained on data with only a fifth of the bad ones:
    same order, odds five times too high);
    `human` and `second` (independent decisions of two reviewers, 1 approves); `minutes` (a reviewer's time for this case, about 3 on average).
    """
    rng = np.random.default_rng([seed, n])
    names, shares = list(KINDS), np.array([share for share, _, _ in KINDS.values()])
    at = rng.choice(len(names), n, p=shares)
    mean, seen = np.array([KINDS[name][1:] for name in names])[at].T
    signal = mean + seen * rng.standard_normal(n)
    new = rng.random(n) < unseen
    quality = np.where(new, -0.4 + 0.3 * rng.standard_normal(n), signal) + rng.standard_normal(n)
    good = quality > 0

    def review() -> np.ndarray:
        return ((quality + BLUR * rng.standard_normal(n) > 0) != (rng.random(n) < SLIP)).astype(int)

    human, second = review(), review()
    minutes = rng.gamma(4, (1.9 + 3.3 * np.exp(-np.abs(signal))) / 4)
    return pd.DataFrame(
        {
            "kind": np.where(new, UNSEEN, np.array(names)[at]),
            "good": good.astype(int),
            "score": ndtr(signal),
            "raw": 5 * ndtr(signal) / (1 + 4 * ndtr(signal)),
            "human": human,
            "second": second,
            "minutes": minutes,
        }
    )
