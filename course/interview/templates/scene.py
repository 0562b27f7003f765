"""Who asks, and about what: the settings in which questions are put."""

from __future__ import annotations

import numpy as np

from course.interview.templates.template import pick

ASKERS = (
    "The head of operations",
    "A product manager",
    "The head of data",
    "An engineering lead",
    "The finance director",
    "A fellow data scientist",
    "The head of support",
    "The chief product officer",
)
PRODUCTS = (
    "the AI assistant",
    "the personalised news feed",
    "the recommendation list",
    "the application review tool",
    "the support chat",
    "the document search",
    "the API console",
    "the onboarding flow",
)
FEATURES = (
    "personalised recommendations",
    "a summary on top of each result",
    "shorter answers",
    "a new onboarding survey",
    "suggested follow-up questions",
    "a re-ranked result list",
)


def opening(text: str) -> str:
    """The text as the start of a sentence; only its first letter changes."""
    return text[0].upper() + text[1:]


def asker(rng: np.random.Generator) -> str:
    """Who asks, as the subject of a sentence."""
    return pick(rng, ASKERS)


def speaker(rng: np.random.Generator) -> str:
    """Who asks, inside a sentence."""
    name = asker(rng)
    return name[0].lower() + name[1:]


def product(rng: np.random.Generator) -> str:
    """What it is about, with its article."""
    return pick(rng, PRODUCTS)


def feature(rng: np.random.Generator) -> str:
    """What is new in the product."""
    return pick(rng, FEATURES)
