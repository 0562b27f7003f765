"""Answer bank of `cached_call`."""

import hashlib
import json
from datetime import date

from course import llm
from course.authoring.bank import right, wrong


def _canonical(value):
    if isinstance(value, dict):
        return "{" + ",".join(f"{json.dumps(key, ensure_ascii=False)}:{_canonical(value[key])}" for key in sorted(value)) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(_canonical, value)) + "]"
    return json.dumps(value, ensure_ascii=False)


def _refuse(requests):
    for request in requests:
        if "temperature" not in request or request["temperature"] != 0:
            raise ValueError("temperature must be 0")
        try:
            date.fromisoformat(request["model"][-10:])
        except ValueError:
            raise ValueError("the model has no date") from None


def _key(request, **changes):
    settings = {"sort_keys": True, "ensure_ascii": False, "separators": (",", ":")} | changes
    return hashlib.sha256(json.dumps(request, **settings).encode()).hexdigest()


def _run(requests, cache, service, key=_key, refuse=_refuse):
    refuse(requests)
    client, known = llm.client(service), {**cache}
    keys = [key(request) for request in requests]
    for name, request in zip(keys, requests):
        if name not in known:
            known[name] = client.chat.completions.create(**request).choices[0].message.content
    return {"answers": [known[name] for name in keys], "cache": known}


@right("the canonical form written by hand")
def cached_call(requests, cache, service=None):
    return _run(requests, cache, service, key=lambda request: hashlib.sha256(_canonical(request).encode("utf-8")).hexdigest())


@right("json.dumps, distinct requests first")
def cached_call(requests, cache, service=None):
    _refuse(requests)
    client = llm.client(service)
    distinct = {_key(request): request for request in requests}
    new = {key: client.chat.completions.create(**request).choices[0].message.content for key, request in distinct.items() if key not in cache}
    merged = dict(cache, **new)
    return {"answers": [merged[_key(request)] for request in requests], "cache": merged}


@wrong("the model is missing in the key")
def cached_call(requests, cache, service=None):
    return _run(requests, cache, service, key=lambda request: _key({name: value for name, value in request.items() if name != "model"}))


@wrong("the key of the example")
def cached_call(requests, cache, service=None):
    return _run(requests, cache, service, key=lambda request: str(hash(json.dumps(request, sort_keys=True))))


@wrong("this is the key of the messages alone")
def cached_call(requests, cache, service=None):
    return _run(requests, cache, service, key=lambda request: _key(request["messages"]))


@wrong("the keys are not sorted")
def cached_call(requests, cache, service=None):
    return _run(requests, cache, service, key=lambda request: _key(request, sort_keys=False))


@wrong("the umlauts are escaped")
def cached_call(requests, cache, service=None):
    return _run(requests, cache, service, key=lambda request: _key(request, ensure_ascii=True))


@wrong("there are blanks after commas and colons")
def cached_call(requests, cache, service=None):
    return _run(requests, cache, service, key=lambda request: _key(request, separators=None))


@wrong("each has a key of its own")
def cached_call(requests, cache, service=None):
    return _run(requests, cache, service, key=lambda request: _key({name: request[name] for name in ("model", "messages", "temperature")}))


@wrong("temperature 0.2: expected ValueError")
def cached_call(requests, cache, service=None):
    return _run(requests, cache, service, refuse=lambda requests: None)


@wrong("no temperature: the service's default is not 0")
def cached_call(requests, cache, service=None):
    return _run(requests, cache, service, refuse=lambda requests: _refuse([{"temperature": 0} | request for request in requests]))


@wrong("a model without a date")
def cached_call(requests, cache, service=None):
    return _run(requests, cache, service, refuse=lambda requests: _refuse([request | {"model": llm.SMALL} for request in requests]))


@wrong("the quota of 2 calls is used up")
def cached_call(requests, cache, service=None):
    _refuse(requests)
    client, answers, new = llm.client(service), [], dict(cache)
    for request in requests:
        key = _key(request)
        answers.append(cache[key] if key in cache else client.chat.completions.create(**request).choices[0].message.content)
        new[key] = answers[-1]
    return {"answers": answers, "cache": new}


@wrong("the old entries are lost")
def cached_call(requests, cache, service=None):
    result = _run(requests, cache, service)
    used = {_key(request) for request in requests}
    return {"answers": result["answers"], "cache": {key: value for key, value in result["cache"].items() if key in used}}


@wrong("checked before anything is sent")
def cached_call(requests, cache, service=None):
    result = {"answers": [], "cache": dict(cache)}
    for request in requests:
        one = _run([request], result["cache"], service)
        result = {"answers": result["answers"] + one["answers"], "cache": one["cache"]}
    return result
