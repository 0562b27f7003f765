"""Which questions an interview asks: drawn over the sections, weak ones more often."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from course.interview.journal import Asked, Journal
from course.interview.templates import TEMPLATES, Template
from course.paths import CourseError

FADE = 0.8  # how much less an interview tells than the one after it
BLANK = 0.5  # how much a question that was left blank tells, which may be the clock's fault
FLOOR = 0.2  # what keeps a strong topic in play


def topics() -> list[str]:
    """The sections that have templates, in order."""
    return sorted({template.topic for template in TEMPLATES.values()})


def weights(past: Sequence[Journal]) -> dict[str, float]:
    """How often each topic should come, relative to the others: FLOOR plus the share of points lost in past interviews, oldest first.

    With nothing asked yet the share counts as one half; recent interviews count more, blank answers less.
    """
    lost = dict.fromkeys(topics(), 1.0)
    asked = dict.fromkeys(topics(), 2.0)
    done = [journal for journal in past if journal.finished]
    for age, journal in enumerate(reversed(done)):
        for answer in journal.answers:
            if answer.topic in lost:
                counts = FADE**age * (1.0 if answer.attempted else BLANK)
                lost[answer.topic] += counts * (1 - answer.share)
                asked[answer.topic] += counts
    return {topic: FLOOR + lost[topic] / asked[topic] for topic in lost}


def draw(rng: np.random.Generator, minutes: int, only: Iterable[str] = (), past: Sequence[Journal] = ()) -> list[Asked]:
    """Questions that fill `minutes`, in the order of the sections. `only` names the topics to draw from (all of them when empty).

    A topic that was drawn already counts less for the next question, and so does a template that the last interviews asked and that was answered well.
    Raises CourseError for an unknown topic and for a time in which no question fits.
    """
    chosen = list(only) or topics()
    unknown = [topic for topic in chosen if topic not in topics()]
    if unknown:
        raise CourseError(f"no questions on {unknown[0]!r}; there is {', '.join(topics())}")
    by_topic, by_template = weights(past), _freshness(past)
    open_templates = [template for template in TEMPLATES.values() if template.topic in chosen]
    shortest = min(template.minutes for template in open_templates)
    if minutes < shortest:
        raise CourseError(f"{minutes} minutes are too few for a question: ask for {shortest} or more")
    taken: list[Template] = []
    left = minutes
    while fitting := [template for template in open_templates if template.minutes <= left and template not in taken]:
        there = sorted({template.topic for template in fitting})
        pull = np.array([by_topic[topic] / (1 + 2 * sum(other.topic == topic for other in taken)) for topic in there])
        topic = there[rng.choice(len(there), p=pull / pull.sum())]
        own = [template for template in fitting if template.topic == topic]
        pull = np.array([by_template.get(template.id, 1.0) for template in own])
        template = own[rng.choice(len(own), p=pull / pull.sum())]
        taken.append(template)
        left -= template.minutes
    return [Asked(template.id, int(rng.integers(2**31)), template.topic, template.minutes) for template in sorted(taken, key=lambda one: one.topic)]


def _freshness(past: Sequence[Journal]) -> dict[str, float]:
    """The pull of templates asked before: 0.3 where all points were reached last time, 1.5 where points were lost."""
    return {answer.id: 0.3 if answer.points == answer.max_points else 1.5 for journal in past if journal.finished for answer in journal.answers}
