"""The models that the offline endpoint serves: two sizes in two dated versions each, and one for embeddings."""

from dataclasses import dataclass, field
from datetime import date


@dataclass(frozen=True)
class Model:
    """One dated version.

    `window` is in tokens, prices in US dollars per million tokens. The rest is the model's character: the share of its
    vocabulary that it doesn't know, the spread of its judgement, how sure of itself it sounds (1 is calibrated, more is
    over-confident), how often it invents, chats and obeys, and labels that it prefers.
    """

    name: str
    released: date
    window: int
    input_price: float
    output_price: float
    ignorance: float = 0.0
    noise: float = 0.0
    confidence: float = 1.0
    invents: float = 0.0
    chats: float = 0.0
    obeys: float = 0.0
    careful: bool = False
    leaning: dict[str, float] = field(default_factory=dict, hash=False)


_SMALL = {"window": 4_096, "input_price": 1.5, "output_price": 4.5}
_LARGE = {"window": 16_384, "input_price": 30.0, "output_price": 90.0}
_SMALL_MIND = {"ignorance": 0.4, "noise": 1.4, "confidence": 1.3, "invents": 0.5, "chats": 0.5, "obeys": 0.95}
_LARGE_MIND = {"ignorance": 0.04, "noise": 0.8, "confidence": 1.0, "invents": 0.22, "chats": 0.25, "obeys": 0.75, "careful": True}

MODELS = {
    model.name: model
    for model in (
        Model("relay-small-2026-03-01", date(2026, 3, 1), **_SMALL, **_SMALL_MIND, leaning={"billing": 1.2, "bug": 0.8}),
        Model("relay-small-2026-09-01", date(2026, 9, 1), **_SMALL, **_SMALL_MIND, leaning={"refund": 1.2, "performance": 0.8}),
        Model("relay-large-2026-03-01", date(2026, 3, 1), **_LARGE, **_LARGE_MIND, leaning={"bug": 0.4}),
        Model("relay-large-2026-09-01", date(2026, 9, 1), **_LARGE, **_LARGE_MIND, leaning={"performance": 0.4}),
        Model("relay-embed-2026-03-01", date(2026, 3, 1), 8_192, 0.1, 0.0),
    )
}
SMALL = "relay-small-2026-03-01"
LARGE = "relay-large-2026-03-01"
EMBED = "relay-embed-2026-03-01"


def resolve(name: str, today: date) -> Model | None:
    """The dated version behind a name: itself, or for an alias like "relay-small" the newest released by `today`."""
    if name in MODELS:
        return MODELS[name]
    versions = [model for model in MODELS.values() if model.name.startswith(name + "-") and model.released <= today]
    return max(versions, key=lambda model: model.released, default=None)


def cost(model: str, prompt_tokens: int, completion_tokens: int = 0) -> float:
    """US dollars for one call to a dated version."""
    if model not in MODELS:
        raise ValueError(f"no price is known for {model!r}; name a dated version: {', '.join(MODELS)}")
    card = MODELS[model]
    return (prompt_tokens * card.input_price + completion_tokens * card.output_price) / 1e6
