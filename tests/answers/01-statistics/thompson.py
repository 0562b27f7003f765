"""Answer bank of `thompson`."""

import random

import numpy as np

from course.authoring.bank import right, wrong


def play(rates, rounds, seed, choose, update=True):
    true = np.asarray(rates, float)
    if true.size == 0 or (true < 0).any() or (true > 1).any() or rounds < 0:
        raise ValueError("unusable input")
    rng = np.random.default_rng(seed)
    good, bad, pulls = np.ones(true.size), np.ones(true.size), np.zeros(true.size, int)
    for _ in range(rounds):
        arm = choose(rng, good, bad, true)
        pulls[arm] += 1
        if update:
            won = rng.random() < true[arm]
            good[arm] += won
            bad[arm] += 1 - won
    return {"pulls": pulls, "regret": pulls @ (true.max() - true)}


@right("plain Python")
def thompson(rates, rounds, seed):
    if not len(rates) or any(r < 0 or r > 1 for r in rates) or rounds < 0:
        raise ValueError("unusable input")
    source = random.Random(seed)
    wins, pulls, regret = [0] * len(rates), [0] * len(rates), 0.0
    for _ in range(rounds):
        draws = [source.betavariate(1 + w, 1 + n - w) for w, n in zip(wins, pulls)]
        arm = draws.index(max(draws))
        pulls[arm] += 1
        wins[arm] += source.random() < rates[arm]
        regret += max(rates) - rates[arm]
    return {"pulls": pulls, "regret": regret}


@right("rewards drawn beforehand, Beta draws from two Gammas")
def thompson(rates, rounds, seed):
    true = np.array(rates, float)
    if true.size < 1 or true.min() < 0 or true.max() > 1 or rounds < 0:
        raise ValueError("unusable input")
    rng = np.random.default_rng(seed)
    rewards = rng.random((rounds, true.size)) < true
    counts = np.ones((2, true.size))
    for reward in rewards:
        x, y = rng.standard_gamma(counts)
        arm = int(np.argmax(x / (x + y)))
        counts[0 if reward[arm] else 1, arm] += 1
    pulls = counts.sum(axis=0) - 2
    return {"pulls": pulls, "regret": float(np.sum(pulls * (true.max() - true)))}


@wrong("chosen by the posterior mean, not by a random draw")
def thompson(rates, rounds, seed):
    return play(rates, rounds, seed, lambda rng, good, bad, true: np.argmax(good / (good + bad)))


@wrong("the posterior is not updated, or not used")
def thompson(rates, rounds, seed):
    return play(rates, rounds, seed, lambda rng, good, bad, true: np.argmax(rng.beta(good, bad)), update=False)


@wrong("the posterior is not updated, or not used")
def thompson(rates, rounds, seed):
    return play(rates, rounds, seed, lambda rng, good, bad, true: rng.integers(len(true)))


@wrong("the true rates decide which arm is pulled")
def thompson(rates, rounds, seed):
    return play(rates, rounds, seed, lambda rng, good, bad, true: np.argmax(true))


@wrong("are failures recorded")
def thompson(rates, rounds, seed):
    true = np.asarray(rates, float)
    if true.size == 0 or (true < 0).any() or (true > 1).any() or rounds < 0:
        raise ValueError("unusable input")
    rng = np.random.default_rng(seed)
    good, pulls = np.ones(true.size), np.zeros(true.size, int)
    for _ in range(rounds):
        arm = rng.beta(good, 1).argmax()
        pulls[arm] += 1
        good[arm] += rng.random() < true[arm]
    return {"pulls": pulls, "regret": pulls @ (true.max() - true)}


@wrong("the expected regret, from your pulls and the true rates")
def thompson(rates, rounds, seed):
    true = np.asarray(rates, float)
    if true.size == 0 or (true < 0).any() or (true > 1).any() or rounds < 0:
        raise ValueError("unusable input")
    rng = np.random.default_rng(seed)
    good, bad = np.ones(true.size), np.ones(true.size)
    for _ in range(rounds):
        arm = rng.beta(good, bad).argmax()
        won = rng.random() < true[arm]
        good[arm] += won
        bad[arm] += 1 - won
    return {"pulls": (good + bad - 2).astype(int), "regret": rounds * true.max() - (good.sum() - true.size)}


@wrong("a sum over pulls, not an average")
def thompson(rates, rounds, seed):
    result = play(rates, rounds, seed, lambda rng, good, bad, true: np.argmax(rng.beta(good, bad)))
    return result | {"regret": result["regret"] / max(rounds, 1)}


@wrong("the seed is not used")
def thompson(rates, rounds, seed):
    return play(rates, rounds, 0, lambda rng, good, bad, true: np.argmax(rng.beta(good, bad)))
