"""What the offline models know of words: concepts, and an embedding built on them. Randomness that depends only on its arguments."""

import hashlib
import re
from functools import lru_cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

SIZE = 96

_VOCABULARY = """
billing: billing bill invoice charge charged charges payment pay paid card cost price pricing amount tax vat receipt statement debit seats seat
    overcharged twice double subscription fee fees currency finance accounting purchase
refund: refund refunded refunds reimburse reimbursement money back return returned credit credited chargeback compensation compensate repay reverse
    reversed
login: login log signin sign password passwords reset locked lockout authenticate authentication sso mfa otp code codes verification verify
    credentials account access session username magic link two-factor authenticator
bug: bug bugs error errors crash crashes crashed broken wrong incorrect exception fails failed failing failure traceback stack glitch garbled corrupt
    corrupted missing duplicate duplicated blank unexpected issue defect reproduce button
performance: slow slower sluggish latency lag lags laggy delay delays delayed timeout timeouts seconds minutes spinner spinning loading load speed
    performance hang hangs freezes crawl throughput wait waiting responsive
feature_request: feature features request wish suggestion suggest add support idea ideas roadmap would love nice option options integrate integration
    ability enhancement improve improvement dark mode shortcut export plan plans consider helpful
cancellation: cancel cancelled cancelling cancellation unsubscribe terminate termination close closing leave leaving renewal renew stop end ending
    downgrade switch switching competitor churn discontinue delete
security: security breach breached hacked hacker phishing leak leaked leaks exposed vulnerability vulnerable stolen suspicious unauthorised
    unauthorized stranger intruder compromised compromise token tokens malicious attack unknown device devices secret secrets key keys fraud
outage: outage outages down unavailable offline unreachable 503 502 500 everyone everybody nobody whole team status incident downtime dead outright
    region entire
positive: thanks thank great love good excellent happy pleased wonderful appreciate
negative: angry terrible awful unacceptable frustrated frustrating disappointed ridiculous worst furious annoyed annoying
urgent: urgent urgently immediately asap now critical emergency today deadline blocked blocking
price: price cost costs fee rate charge per month monthly year yearly annual dollars euros usd eur discount
duration: days day hours hour weeks week months month years year long period within notice retention keep kept stored deadline
limit: limit limits maximum minimum quota cap capacity most up size allowed allowance rate requests gigabytes megabytes concurrent
region: region regions country countries europe european asia america frankfurt dublin virginia singapore located location hosted data centre center
version: version release released changelog update upgrade deprecated removed introduced shipped
responsible: who owner owns responsible contact team engineer manager escalate escalation approve approves approval sign
process: how step steps procedure process runbook restart roll rollback deploy restore failover backup
contract: contract agreement terms clause liability termination sla uptime service level credits penalty warranty
"""
CONCEPTS: dict[str, frozenset[str]] = {}
for _line in re.sub(r"\n +", " ", _VOCABULARY).split("\n"):
    if _line:
        _concept, _, _words = _line.partition(":")
        CONCEPTS[_concept] = frozenset(_words.split())
_WORD = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_STOP = frozenset(
    re.findall(
        r"\w+",
        """
        a an and are as at be been but by can could did do does for from had has have he her his i if in into is it its just me my no of on or our she so
        that the their them then there these they this to was we were what when which will with you your
        """,
    )
)


def words(text: str) -> list[str]:
    """Lower-case words."""
    return _WORD.findall(text.lower())


def stem(word: str) -> str:
    """A word without its commonest English endings."""
    for ending in ("ations", "ation", "ings", "ing", "ied", "ies", "ed", "es", "s", "ly"):
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            return word[: -len(ending)]
    return word


STEMS: dict[str, tuple[str, ...]] = {}
for _concept, _known in CONCEPTS.items():
    for _word in sorted(_known):
        STEMS[stem(_word)] = (*STEMS.get(stem(_word), ()), _concept)
_PLACE = {concept: place for place, concept in enumerate(CONCEPTS)}


def features(text: str) -> list[str]:
    """The words of a text and its pairs of neighbours, each once, in order."""
    found = words(text)
    return list(dict.fromkeys([*found, *(f"{a} {b}" for a, b in pairwise(found))]))


def uniform(*parts: object) -> float:
    """A number in [0, 1) that depends only on the parts: the same in every process and on every machine."""
    digest = hashlib.blake2b("\x1f".join(map(str, parts)).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") / 2**64


def generator(*parts: object) -> np.random.Generator:
    """A random generator that depends only on the parts."""
    return np.random.default_rng(int(uniform(*parts) * 2**53))


@lru_cache(maxsize=50_000)
def _direction(base: str) -> tuple[float, ...]:
    vector = np.zeros(SIZE)
    free = SIZE - len(CONCEPTS)
    for part in range(3):
        place = len(CONCEPTS) + int(uniform("place", base, part) * free)
        vector[place] += 1.0 if uniform("sign", base, part) < 0.5 else -1.0
    vector /= 3
    for concept in STEMS.get(base, ()):
        vector[_PLACE[concept]] += 1.0 / len(STEMS[base])
    return tuple(vector)


@lru_cache(maxsize=4_096)
def embed(text: str) -> NDArray[np.float64]:
    """The text as a vector of unit length, shape (96,): its concepts and, spread over the rest, its words. Zeros for no words."""
    bases = [stem(word) for word in words(text) if word not in _STOP]
    vector = np.sum([_direction(base) for base in bases], axis=0) if bases else np.zeros(SIZE)
    length = float(np.linalg.norm(vector))
    vector = vector / length if length else vector
    vector.flags.writeable = False  # it is kept for the next call
    return vector
