"""Language models for the notebooks, through the official `openai` client: offline by default, a real endpoint if one is named.

Without settings the client talks to a simulation in this process: no network, no key, the same answer for the same
request at temperature 0. It reads the prompt: labels and their definitions, examples, a JSON schema, fences, rules. What a
better prompt does to a real model in kind, it does here by stated mechanisms (`course/llm/classify.py`, `extract.py`); the
size of each effect is the simulation's own. With OPENAI_BASE_URL or OPENAI_API_KEY set, `client()` without a service talks to
that endpoint, and COURSE_LLM_SMALL, COURSE_LLM_LARGE and COURSE_LLM_EMBED name its models.
"""

import os
from collections.abc import Mapping
from typing import Any

import httpx2
import openai

from course.llm import models as _models
from course.llm.models import MODELS, Model, cost
from course.llm.tokens import count, tokens
from course.llm.transport import FAULTS, OfflineTransport

__all__ = ["EMBED", "FAULTS", "LARGE", "MODELS", "SMALL", "Model", "OfflineTransport", "client", "cost", "count", "real", "tokens"]


def real() -> bool:
    """Is a real endpoint named in the environment?"""
    return bool(os.environ.get("OPENAI_BASE_URL") or os.environ.get("OPENAI_API_KEY"))


SMALL: str = os.environ.get("COURSE_LLM_SMALL", _models.SMALL)
LARGE: str = os.environ.get("COURSE_LLM_LARGE", _models.LARGE)
EMBED: str = os.environ.get("COURSE_LLM_EMBED", _models.EMBED)


def client(service: Mapping[str, Any] | None = None, max_retries: int = 0) -> openai.OpenAI:
    """A client of the official library.

    service: None for the endpoint that the environment names, or the simulation if it names none. A dict always means the
    simulation: "seed" (int), "faults" (names, or a dict of name and rate; see FAULTS), "today" (ISO date: what an alias like
    "relay-small" points to), "quota" (calls after which every call is refused). Faults and quota are counted per client:
    open one client and use it for all calls.
    max_retries: 0 shows every error to the caller; the library's own default is 2.
    """
    if service is None and real():
        return openai.OpenAI(api_key=os.environ.get("OPENAI_API_KEY", "none"), max_retries=max_retries)
    settings = dict(service or {})
    unknown = sorted(set(settings) - {"seed", "faults", "today", "quota"})
    if unknown:
        raise ValueError(f"unknown settings of a service: {', '.join(unknown)}; there are seed, faults, today, quota")
    http = httpx2.Client(transport=OfflineTransport(**settings), base_url="http://offline.invalid/v1")
    return openai.OpenAI(api_key="offline", base_url="http://offline.invalid/v1", http_client=http, max_retries=max_retries)
