"""How a template is registered, and how numbers are drawn and written."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np

from course.interview.question import Question

T = TypeVar("T")
Make = Callable[[np.random.Generator], dict[str, Any]]


@dataclass(frozen=True)
class Template:
    """A kind of question: its id, its section, the minutes it takes, the heading under which it is taught, and what fills it."""

    id: str
    topic: str
    minutes: int
    heading: str
    make: Make

    def question(self, rng: np.random.Generator) -> Question:
        """A question with numbers from `rng`: equal generators give equal questions."""
        return Question(id=self.id, topic=self.topic, minutes=self.minutes, heading=self.heading, **self.make(rng))


TEMPLATES: dict[str, Template] = {}


def template(topic: str, minutes: int, heading: str = "") -> Callable[[Make], Make]:
    """Register a function as a template under its own name; it returns the other fields of a Question."""

    def register(make: Make) -> Make:
        TEMPLATES[make.__name__] = Template(make.__name__, topic, minutes, heading, make)
        return make

    return register


def pick(rng: np.random.Generator, options: Sequence[T]) -> T:
    """One of `options`."""
    return options[int(rng.integers(len(options)))]


def whole(rng: np.random.Generator, low: int, high: int, step: int = 1) -> int:
    """A multiple of `step` in [low, high]; both ends are multiples of it."""
    return step * int(rng.integers(low // step, high // step + 1))


def share(rng: np.random.Generator, low: float, high: float, digits: int = 2) -> float:
    """A share in [low, high] with `digits` decimals."""
    return round(float(rng.uniform(low, high)), digits)


def percent(value: float) -> str:
    """0.024 as "2.4 %"."""
    return f"{100 * value:.10g} %"


def args(*values: object) -> str:
    """Plain values as the text of arguments."""
    return ", ".join(map(repr, values))
