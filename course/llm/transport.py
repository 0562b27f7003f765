"""The wire format of an OpenAI-compatible endpoint, answered in this process: chat completions, embeddings, models, errors and faults."""

import json
import math
import time
from collections.abc import Mapping
from datetime import date
from typing import Any

import httpx2

from course.llm import extract, write
from course.llm.classify import judge
from course.llm.lexicon import embed, uniform
from course.llm.models import MODELS, Model, resolve
from course.llm.reading import Brief, read
from course.llm.tokens import count, tokens

FAULTS: dict[str, float] = {
    "rate_limit": 1.0,
    "timeout": 0.2,
    "server_error": 0.2,
    "invalid_json": 0.3,
    "extra_keys": 0.5,
    "hallucination": 1.0,
    "verbose": 1.0,
    "label_noise": 0.25,
    "inconsistent": 0.3,
}
"""Faults by name and what a bare name stands for.

rate_limit: share of requests whose first attempt gets 429. timeout, server_error: share of attempts that fail.
invalid_json: share of JSON answers that don't parse. extra_keys: share with keys outside the schema.
hallucination: invents so many times more often. verbose: share of label answers in a sentence.
label_noise: share of labels moved to the runner-up, most in some classes.
inconsistent: share of repeated requests that are answered as if warm, though the temperature is 0.
"""


class OfflineTransport(httpx2.BaseTransport):
    """Serves `/chat/completions`, `/embeddings` and `/models`.

    The same request gets the same answer, in every process and on every machine, as long as its temperature is 0 and the
    fault "inconsistent" is off. `calls` counts the requests, also those that failed; `tokens` sums what was billed.
    """

    def __init__(
        self, seed: int = 0, faults: Mapping[str, float] | list[str] | tuple[str, ...] = (), today: str = "2026-12-01", quota: int | None = None
    ) -> None:
        named = dict(faults) if isinstance(faults, Mapping) else {name: FAULTS.get(name, -1.0) for name in faults}
        unknown = sorted(set(named) - set(FAULTS))
        if unknown:
            raise ValueError(f"unknown faults: {', '.join(unknown)}; there are {', '.join(FAULTS)}")
        self.seed, self.faults, self.today, self.quota = seed, named, date.fromisoformat(today), quota
        self.calls = 0
        self.tokens = 0
        self._attempts: dict[str, int] = {}

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """Answer one request of the official client."""
        self.calls += 1
        path = request.url.path.rstrip("/")
        if path.endswith("/models"):
            return _json(200, {"object": "list", "data": [{"id": name, "object": "model", "created": 0, "owned_by": "offline"} for name in MODELS]})
        try:
            body = json.loads(request.read() or b"{}")
        except ValueError:
            return _error(400, "the body is not JSON", "invalid_request_error")
        model = resolve(str(body.get("model")), self.today)
        if model is None:
            return _error(404, f"the model {body.get('model')!r} does not exist; there are {', '.join(MODELS)}", "invalid_request_error", "model_not_found")
        if self.quota is not None and self.calls > self.quota:
            return _error(429, f"the quota of {self.quota} calls is used up", "insufficient_quota", "insufficient_quota")
        key = json.dumps(body, sort_keys=True)
        attempt = self._attempts[key] = self._attempts.get(key, 0) + 1
        refused = self._refused(request, key, attempt)
        if refused is not None:
            return refused
        if path.endswith("/embeddings"):
            return self._embeddings(model, body)
        if path.endswith("/chat/completions"):
            return self._chat(model, body, attempt)
        return _error(404, f"no such route: {path}", "invalid_request_error")

    def _refused(self, request: httpx2.Request, key: str, attempt: int) -> httpx2.Response | None:
        faults = self.faults
        if attempt == 1 and uniform("429", self.seed, key) < faults.get("rate_limit", 0):
            return _error(429, "rate limit reached; try again later", "rate_limit_error", "rate_limit_exceeded", {"retry-after-ms": "5"})
        if uniform("timeout", self.seed, key, attempt) < faults.get("timeout", 0):
            raise httpx2.ReadTimeout("the model took too long", request=request)
        if uniform("500", self.seed, key, attempt) < faults.get("server_error", 0):
            return _error(500, "the server had an error", "server_error", headers={"retry-after-ms": "5"})
        return None

    def _embeddings(self, model: Model, body: dict[str, Any]) -> httpx2.Response:
        texts = body.get("input", [])
        texts = [texts] if isinstance(texts, str) else list(texts)
        used = sum(count(text) for text in texts)
        self.tokens += used
        data = [{"object": "embedding", "index": place, "embedding": [round(float(x), 7) for x in embed(text)]} for place, text in enumerate(texts)]
        return _json(200, {"object": "list", "model": model.name, "data": data, "usage": {"prompt_tokens": used, "total_tokens": used}})

    def _chat(self, model: Model, body: dict[str, Any], attempt: int) -> httpx2.Response:
        messages = body.get("messages")
        if not isinstance(messages, list) or not messages:
            return _error(400, "messages must be a list with at least one message", "invalid_request_error")
        if model.input_price and not model.output_price:
            return _error(400, f"{model.name} makes embeddings, it does not chat", "invalid_request_error")
        prompt = sum(count(str(message.get("content") or "")) + 4 for message in messages)
        limit = int(body.get("max_completion_tokens") or body.get("max_tokens") or 1_024)
        if prompt + min(limit, 64) > model.window:
            text = f"this model's context holds {model.window} tokens, and the messages have {prompt}; shorten them"
            return _error(400, text, "invalid_request_error", "context_length_exceeded")
        temperature = float(body.get("temperature", 1.0))
        salt: object = ("request", body["seed"]) if body.get("seed") is not None else (self.seed, attempt)
        key = json.dumps(messages)
        if temperature == 0 and attempt > 1 and uniform("again", self.seed, key, attempt) < self.faults.get("inconsistent", 0):
            temperature = 1.0
        text, share = self._write(model, read(messages, body.get("response_format")), temperature, salt, attempt)
        pieces = tokens(text)
        finish = "stop"
        if len(pieces) > limit:
            pieces, finish = pieces[:limit], "length"
            text = "".join(pieces)
        self.tokens += prompt + len(pieces)
        choice: dict[str, Any] = {"index": 0, "finish_reason": finish, "message": {"role": "assistant", "content": text, "refusal": None}, "logprobs": None}
        if body.get("logprobs"):
            first = math.log(min(max(share, 1e-6), 1.0))
            content = [
                {"token": piece, "logprob": first if not place else -0.01, "bytes": list(piece.encode()), "top_logprobs": []}
                for place, piece in enumerate(pieces)
            ]
            choice["logprobs"] = {"content": content, "refusal": None}
        return _json(
            200,
            {
                "id": f"chatcmpl-{int(uniform('id', self.seed, key, attempt) * 1e12):012d}",
                "object": "chat.completion",
                "created": int(time.time()),
                "model": model.name,
                "choices": [choice],
                "usage": {"prompt_tokens": prompt, "completion_tokens": len(pieces), "total_tokens": prompt + len(pieces)},
            },
        )

    def _write(self, model: Model, brief: Brief, temperature: float, salt: object, attempt: int) -> tuple[str, float]:
        """(the answer, how sure the model is of it)."""
        faults, instructions = self.faults, brief.instructions.lower()
        if brief.wants_json and brief.schema is not None and "sql" not in instructions:
            return self._record(model, brief, temperature, salt)
        if "sql" in instructions:
            return self._said(model, brief, write.query(model, brief)), 0.9
        if "synthetic" in instructions or "new tickets" in instructions or "new examples" in instructions:
            return write.examples(model, brief, temperature, salt), 0.9
        if brief.labels:
            judged = judge(model, brief, temperature, salt, faults.get("label_noise", 0.0))
            if judged.unsure and not judged.obeyed:
                return self._said(model, brief, "general inquiry"), 0.4
            return self._said(model, brief, judged.label), max(judged.shares.values())
        if brief.question is not None:
            return write.answer(model, brief), 0.8
        if any(word in instructions for word in ("summar", "report", "describe", "describing")):
            return write.summary(model, brief), 0.9
        return write.answer(model, brief), 0.6

    def _said(self, model: Model, brief: Brief, core: str) -> str:
        """The answer as the model dresses it: chatty unless it was told to be brief, and always so under the fault "verbose"."""
        luck = uniform("chats", model.name, brief.material)
        if luck >= self.faults.get("verbose", 0.0) and luck >= (0.03 if brief.brief else model.chats):
            return core
        if core.lower().startswith(("select", "with", "delete")):
            return f"Here is the query:\n```sql\n{core}\n```"
        shown = core.replace("_", " ").title() if luck % 0.1 < 0.05 else core
        forms = (
            f"Label: {shown}",
            f"The best label is **{shown}**.",
            f'"{shown}"',
            f"{shown}. The customer describes this in the message.",
            f"This ticket belongs to {shown}, I think.",
        )
        return forms[int(uniform("form", model.name, brief.material) * len(forms))]

    def _record(self, model: Model, brief: Brief, temperature: float, salt: object) -> tuple[str, float]:
        faults, seed = self.faults, ("record", self.seed, model.name, brief.material)
        filled = extract.fill(model, brief, temperature, salt, faults)
        share = max(judge(model, brief, temperature, salt).shares.values()) if brief.labels else 0.9
        repairing = brief.complaint is not None
        if not repairing and uniform("extra", *seed) < faults.get("extra_keys", 0.0):
            filled["sentiment"], filled["notes"] = "neutral", "filled in automatically"
        text = json.dumps(filled, ensure_ascii=False)
        if not repairing and uniform("broken", *seed) < faults.get("invalid_json", 0.0):
            text = (f"```json\n{text}\n```", text[:-1] + ",}", text.replace('"', "'"), text[: max(1, len(text) * 2 // 3)])[int(uniform("how", *seed) * 4)]
        return text, share


def _json(status: int, body: dict[str, Any], headers: dict[str, str] | None = None) -> httpx2.Response:
    return httpx2.Response(status, json=body, headers=headers)


def _error(status: int, message: str, kind: str, code: str | None = None, headers: dict[str, str] | None = None) -> httpx2.Response:
    return _json(status, {"error": {"message": message, "type": kind, "param": None, "code": code}}, headers)
