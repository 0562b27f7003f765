"""Answer bank of `backoff`."""

import random

import numpy as np

from course.authoring.bank import right, wrong


@right("plain Python, with the random module")
def backoff(status, attempt, code=None, retry_after=None, base=1.0, cap=20.0, attempts=5, seed=None):
    if attempt < 1 or base <= 0 or cap <= 0:
        raise ValueError("nonsense")
    if code == "insufficient_quota":
        return None
    if status is not None and status < 500 and status not in {408, 429}:
        return None
    if attempt >= attempts:
        return None
    ceiling = base
    for _ in range(attempt - 1):
        ceiling = min(cap, 2 * ceiling)
    wait = random.Random(seed).random() * min(cap, ceiling)
    if retry_after is not None:
        wait += retry_after
    return wait


@right("NumPy's older generator")
def backoff(status, attempt, code=None, retry_after=None, base=1.0, cap=20.0, attempts=5, seed=None):
    if not (attempt >= 1 and base > 0 and cap > 0):
        raise ValueError
    again = attempt < attempts and code != "insufficient_quota" and (status is None or status in (408, 429) or status >= 500)
    return np.random.RandomState(seed).uniform(0, np.minimum(cap, base * 2.0 ** (attempt - 1))) + (retry_after or 0) if again else None


def _wait(attempt, retry_after, base, cap, seed):
    return (retry_after or 0) + random.Random(seed).uniform(0, min(cap, base * 2 ** (attempt - 1)))


@wrong("a used-up quota is hopeless although it is a 429")
def backoff(status, attempt, code=None, retry_after=None, base=1.0, cap=20.0, attempts=5, seed=None):
    if attempt < 1 or base <= 0 or cap <= 0:
        raise ValueError
    if attempt >= attempts or not (status is None or status in (408, 429) or status >= 500):
        return None
    return _wait(attempt, retry_after, base, cap, seed)


@wrong("a bad request stays bad")
def backoff(status, attempt, code=None, retry_after=None, base=1.0, cap=20.0, attempts=5, seed=None):
    if attempt < 1 or base <= 0 or cap <= 0:
        raise ValueError
    return None if attempt >= attempts or code == "insufficient_quota" else _wait(attempt, retry_after, base, cap, seed)


@wrong("all workers wait equally long")
def backoff(status, attempt, code=None, retry_after=None, base=1.0, cap=20.0, attempts=5, seed=None):
    if attempt < 1 or base <= 0 or cap <= 0:
        raise ValueError
    if code == "insufficient_quota" or attempt >= attempts or not (status is None or status in (408, 429) or status >= 500):
        return None
    return (retry_after or 0) + min(cap, base * 2 ** (attempt - 1))


@wrong("full jitter reaches from 0 up to the ceiling")
def backoff(status, attempt, code=None, retry_after=None, base=1.0, cap=20.0, attempts=5, seed=None):
    if attempt < 1 or base <= 0 or cap <= 0:
        raise ValueError
    if code == "insufficient_quota" or attempt >= attempts or not (status is None or status in (408, 429) or status >= 500):
        return None
    return (retry_after or 0) + min(cap, base * 2 ** (attempt - 1)) * (1 + random.Random(seed).random()) / 2


@wrong("the ceiling is base * 2 ** 2")
def backoff(status, attempt, code=None, retry_after=None, base=1.0, cap=20.0, attempts=5, seed=None):
    if attempt < 1 or base <= 0 or cap <= 0:
        raise ValueError
    if code == "insufficient_quota" or attempt >= attempts or not (status is None or status in (408, 429) or status >= 500):
        return None
    return _wait(attempt + 1, retry_after, base, cap, seed)


@wrong("the ceiling is too high")
def backoff(status, attempt, code=None, retry_after=None, base=1.0, cap=20.0, attempts=5, seed=None):
    if attempt < 1 or base <= 0 or cap <= 0:
        raise ValueError
    if code == "insufficient_quota" or attempt >= attempts or not (status is None or status in (408, 429) or status >= 500):
        return None
    return _wait(attempt, retry_after, base, float("inf"), seed)


@wrong("five tries have been made")
def backoff(status, attempt, code=None, retry_after=None, base=1.0, cap=20.0, attempts=5, seed=None):
    if attempt < 1 or base <= 0 or cap <= 0:
        raise ValueError
    if code == "insufficient_quota" or attempt > attempts or not (status is None or status in (408, 429) or status >= 500):
        return None
    return _wait(attempt, retry_after, base, cap, seed)


@wrong("the server's wish is the least that you wait")
def backoff(status, attempt, code=None, retry_after=None, base=1.0, cap=20.0, attempts=5, seed=None):
    if attempt < 1 or base <= 0 or cap <= 0:
        raise ValueError
    if code == "insufficient_quota" or attempt >= attempts or not (status is None or status in (408, 429) or status >= 500):
        return None
    return _wait(attempt, None, base, cap, seed)


@wrong("with the server's wish alone all come back at once")
def backoff(status, attempt, code=None, retry_after=None, base=1.0, cap=20.0, attempts=5, seed=None):
    if attempt < 1 or base <= 0 or cap <= 0:
        raise ValueError
    if code == "insufficient_quota" or attempt >= attempts or not (status is None or status in (408, 429) or status >= 500):
        return None
    return retry_after if retry_after is not None else _wait(attempt, None, base, cap, seed)
