"""How an offline model judges which label a text belongs to."""

import json
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from course.datasets.tickets import LABELS
from course.llm.lexicon import CONCEPTS, STEMS, embed, features, generator, stem, uniform, words
from course.llm.models import Model
from course.llm.reading import Brief

_SENTENCE = re.compile(r"(?<=[.!?])\s+|\n+")
_ASKS = re.compile(r"\b(?:please|could you|can you|i want|i need|we need|we want|would like|kindly|help me|asking)\b", re.I)
_DENIED = re.compile(
    r"\b(?:not about|nothing to do with|not a|isn'?t|is not|not the|rather than|instead of|unrelated to|no longer|not asking)\b[^.,;!?]*", re.I
)
_ORDER = re.compile(
    r"(?:ignore|disregard|forget|override)\b[^.\n]{0,80}|\bsystem\s*(?:note|message|prompt|:)|(?:label|classify|categori[sz]e|mark|tag|answer|respond|reply|output|treat|route|file)\b"
    r"[^.\n]{0,50}\b(?:as|with|to|under)\b",
    re.I,
)


@dataclass(frozen=True)
class Judgement:
    """The chosen label, the probability of each label, whether the text said too little, and whether an order inside the text was obeyed."""

    label: str
    shares: dict[str, float]
    unsure: bool
    obeyed: bool


def sentences(text: str) -> list[str]:
    """Sentences and lines, without empty ones."""
    return [part.strip() for part in _SENTENCE.split(text) if part.strip()]


def concept_of(label: str, meaning: str = "") -> str | None:
    """The concept that a label names, by its own words first, then by its definition."""
    name = label.lower().replace(" ", "_").replace("-", "_")
    if name in CONCEPTS:
        return name
    for text in (label.replace("_", " "), meaning):
        counts: dict[str, int] = {}
        for word in words(text):
            for concept in STEMS.get(stem(word), ()):
                counts[concept] = counts.get(concept, 0) + 1
        if counts:
            return max(counts, key=lambda concept: counts[concept])
    return None


def order_inside(text: str, labels: list[str]) -> str | None:
    """The label that a sentence of the text orders the reader to answer with, if there is one."""
    for place, sentence in enumerate(pieces := sentences(text)):
        if _ORDER.search(sentence):
            near = " ".join(pieces[place : place + 2]).lower().replace("_", " ")
            named = [label for label in labels if re.search(rf"\b{re.escape(label.lower().replace('_', ' '))}\b", near)]
            if named:
                return named[-1]
    return None


def obeys(model: Model, brief: Brief) -> bool:
    """Does the model follow an order that stands in the text? Fences and a rule that the text is data each help; together they help most."""
    chance = model.obeys * (0.35 if brief.fenced else 1.0) * (0.3 if brief.guarded else 1.0) * (0.2 if brief.fenced and brief.guarded else 1.0)
    return uniform("obeys", model.name, brief.material) < chance


@lru_cache(maxsize=1)
def _knowledge() -> dict[str, NDArray[np.float64]]:
    kept = json.loads(Path(__file__).with_name("knowledge.json").read_text(encoding="utf-8"))
    return {feature: np.array(weights) for feature, weights in kept.items()}


@lru_cache(maxsize=50_000)
def _knows(model: Model, feature: str) -> bool:
    return uniform("knows", model.name, feature) >= model.ignorance


def _evidence(model: Model, text: str, concepts: list[str | None]) -> tuple[NDArray[np.float64], int]:
    """(evidence for each concept, how many words spoke): from what was learnt of tickets, else from the lexicon. What is asked for counts more."""
    learnt = [(at, list(LABELS).index(concept)) for at, concept in enumerate(concepts) if concept in LABELS]
    evidence, spoke, total = np.zeros(len(concepts)), 0, np.zeros(len(LABELS))
    for sentence in sentences(text):
        weight = (1.6 if model.careful else 1.2) if _ASKS.search(sentence) else 1.0
        for feature in features(sentence):
            weights, senses = _knowledge().get(feature), STEMS.get(stem(feature), ())
            if (weights is None and not senses) or not _knows(model, feature):
                continue
            spoke += 1
            if weights is not None:
                total += weight * weights
            for at, concept in enumerate(concepts):
                if concept in senses and concept not in LABELS:
                    evidence[at] += weight / len(senses)
    for at, place in learnt:
        evidence[at] = total[place]
    return evidence, spoke


def judge(model: Model, brief: Brief, temperature: float, salt: object, label_noise: float = 0.0) -> Judgement:
    """Choose among the labels of the brief. The same text and labels give the same judgement at temperature 0, whatever the salt."""
    labels = brief.label_list
    ordered = order_inside(brief.material, labels)
    if ordered is not None and obeys(model, brief):
        return Judgement(ordered, {label: 0.97 if label == ordered else 0.03 / max(1, len(labels) - 1) for label in labels}, False, True)
    text = brief.material
    if model.careful:
        text = _DENIED.sub(" ", text)
    concepts = {label: concept_of(label, brief.labels[label]) for label in labels}
    evidence, known_words = _evidence(model, text, [concepts[label] for label in labels])
    scores = evidence.copy()
    vector = embed(text)
    defined = sum(bool(meaning) for meaning in brief.labels.values()) / max(1, len(labels))
    scores += 1.5 * np.array([float(vector @ embed(f"{label.replace('_', ' ')} {brief.labels[label]}")) for label in labels])
    shots: dict[str, list[float]] = {}
    for example, label in brief.examples:
        shots.setdefault(label.lower(), []).append(float(vector @ embed(example)))
    scores += 2.0 * np.array([max(shots.get(label.lower(), [0.0])) for label in labels])
    taught = np.array([len(shots.get(label.lower(), [])) for label in labels])
    leaning = np.array([model.leaning.get(concepts[label] or "", 0.0) * (1 + 2 * label_noise) for label in labels])
    scores += leaning / (1 + taught) * (1 - 0.4 * defined)
    spread = model.noise * (1 - 0.3 * defined) * (0.8 if shots else 1.0)
    scores += generator("judges", model.name, brief.material, *labels).normal(0, spread, len(labels))
    if temperature > 0:
        scores += generator("warm", model.name, brief.material, salt).gumbel(0, 0.5 * temperature, len(labels))
    shares = np.exp((scores - scores.max()) * 1.6 * model.confidence)
    shares /= shares.sum()
    best = labels[int(np.argmax(scores))]
    if label_noise and uniform("mislabels", model.name, brief.material, best) < label_noise * (
        1.6 if concepts[best] in ("refund", "performance", "cancellation") else 0.4
    ):
        best = labels[int(np.argsort(scores)[-2])] if len(labels) > 1 else best
    return Judgement(best, dict(zip(labels, map(float, shares), strict=True)), known_words == 0, False)
