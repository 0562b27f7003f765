# ruff: noqa: E501 (a sentence of a statement stands on one line)
"""03 LLMs for data work."""

from __future__ import annotations

from typing import Any

import numpy as np

from course.interview.templates.scene import asker, product
from course.interview.templates.template import args, percent, pick, share, template, whole

TOPIC = "03-llms"


@template(TOPIC, 5, "The model as annotator: agreement beyond chance")
def chance_corrected(rng: np.random.Generator) -> dict[str, Any]:
    names = pick(rng, [["billing", "bug", "other"], ["positive", "negative", "neutral"], ["refund", "delivery", "account"]])

    def draw() -> tuple[list[str], list[str]]:
        while True:
            human = rng.choice(3, 14, p=[0.6, 0.25, 0.15])
            model = np.where(rng.random(14) < 0.75, human, rng.choice(3, 14, p=[0.3, 0.3, 0.4]))
            a, b = np.bincount(human, minlength=3), np.bincount(model, minlength=3)
            if min(a.min(), b.min()) > 0 and (human != model).any() and a @ a != a @ b and b @ b != a @ b:
                return [names[i] for i in human], [names[i] for i in model]

    human, model = draw()
    return {
        "title": "agreement beyond chance",
        "statement": f"""
            An LLM labels tickets of {product(rng)}. On a gold sample a person said `{human}` and the LLM `{model}`.
            {asker(rng)} asks whether they agree more than chance would have it.

            Write `chance_corrected(first, second)`: Cohen's kappa, (observed - expected agreement) / (1 - expected), where the expected agreement multiplies the two
            raters' own shares of each label. Raise `ValueError` when the expected agreement is 1.""",
        "signature": "chance_corrected(first: list[str], second: list[str]) -> float",
        "doc": "Two lists of n labels. Returns Cohen's kappa. Raises ValueError when the expected agreement is 1.",
        "body": """
            n = len(first)
            observed = sum(a == b for a, b in zip(first, second)) / n
            expected = sum(first.count(label) * second.count(label) for label in set(first)) / n**2
            if expected == 1:
                raise ValueError("both raters know one label only")
            return (observed - expected) / (1 - expected)""",
        "right": """
            labels = sorted(set(first) | set(second))
            table = np.zeros((len(labels), len(labels)))
            for a, b in zip(first, second):
                table[labels.index(a), labels.index(b)] += 1 / len(first)
            chance = table.sum(0) @ table.sum(1)
            if len(labels) == 1:
                raise ValueError("one label only")
            return 1 - (1 - np.trace(table)) / (1 - chance)""",
        "wrong": {
            "this is the raw agreement; chance alone gives part of it": "return sum(a == b for a, b in zip(first, second)) / len(first)",
            "the expected agreement takes the shares of both raters, not of one": """
                n = len(first)
                observed = sum(a == b for a, b in zip(first, second)) / n
                expected = sum(first.count(label) ** 2 for label in set(first)) / n**2
                return (observed - expected) / (1 - expected)""",
            "chance is not 1 over the number of labels when labels are not equally frequent": """
                observed = sum(a == b for a, b in zip(first, second)) / len(first)
                k = len(set(first) | set(second))
                return (observed - 1 / k) / (1 - 1 / k)""",
        },
        "case": args(human, model),
        "example": args(["a", "a", "b", "b"], ["a", "b", "b", "b"]),
        "fresh": [args(*draw()), args(*draw()), args(["x", "x", "y"], ["z", "z", "z"])],
        "refused": {args(["x", "x"], ["x", "x"]): "one label only"},
        "explain": "When one label is frequent, two raters agree often by chance. Kappa measures agreement on the rest; 0.7 is a usual bar for labels to train on.",
    }


@template(TOPIC, 4, "A million rows: small model first")
def cascade_bill(rng: np.random.Generator) -> dict[str, Any]:
    def draw() -> tuple[int, float, float, float]:
        large = share(rng, 0.008, 0.03, 3)
        return whole(rng, 200_000, 2_000_000, 50_000), round(large * pick(rng, [0.04, 0.05, 0.1]), 5), large, share(rng, 0.08, 0.4)

    rows, small, large, escalated = draw()
    what = pick(rng, ["support tickets", "product reviews", "scanned addresses", "chat transcripts"])
    return {
        "title": "what a cascade costs",
        "statement": f"""
            {rows:,} {what} are to be labelled. A small model costs {small} USD a call, a large one {large}. All rows go to the small model first; the {percent(escalated)} with low confidence go to the large one, too.
            {asker(rng)} asks what that costs and saves.

            Write `cascade_bill(rows, small, large, escalated)`, which returns `{{"cost": ..., "saved": ...}}`: the bill in USD,
            and the share saved against sending everything to the large model (negative when the cascade is dearer).""",
        "signature": "cascade_bill(rows: int, small: float, large: float, escalated: float) -> dict",
        "doc": 'Prices in USD per call; escalated: share of rows that also go to the large model. Returns {"cost": USD, "saved": share}.',
        "body": """
            cost = rows * (small + escalated * large)
            return {"cost": cost, "saved": 1 - cost / (rows * large)}""",
        "right": """
            first, second = rows * small, rows * escalated * large
            everything = rows * large
            return {"saved": (everything - first - second) / everything, "cost": first + second}""",
        "wrong": {
            "escalated rows have paid for the small model already: add both calls": """
                cost = rows * ((1 - escalated) * small + escalated * large)
                return {"cost": cost, "saved": 1 - cost / (rows * large)}""",
            "saved is measured against the large model for all rows": """
                cost = rows * (small + escalated * large)
                return {"cost": cost, "saved": 1 - rows * small / cost}""",
            "the escalated share goes to the large model, not the rest": """
                cost = rows * (small + (1 - escalated) * large)
                return {"cost": cost, "saved": 1 - cost / (rows * large)}""",
        },
        "case": args(rows, small, large, escalated),
        "example": "1000, 0.001, 0.02, 0.25",
        "fresh": [args(*draw()), args(*draw()), args(500_000, 0.01, 0.012, 0.4)],
        "check": "record",
        "explain": "Everything is paid once, the hard part twice. A cascade saves as long as small / large is below the share that is not escalated.",
    }


@template(TOPIC, 4, "Long documents: cut, find, then answer")
def chunk_number(rng: np.random.Generator) -> dict[str, Any]:
    def draw() -> tuple[int, int, int]:
        size = whole(rng, 200, 800, 50)
        overlap = whole(rng, 20, 80, 10)
        step = size - overlap
        return size + step * whole(rng, 4, 15) + whole(rng, 5, overlap - 5), size, overlap

    tokens, size, overlap = draw()
    what = pick(rng, ["contract", "manual", "annual report", "transcript"])
    return {
        "title": "how many chunks",
        "statement": f"""
            A {what} of {tokens:,} tokens is split for retrieval into chunks of at most {size} tokens; neighbours share {overlap} tokens. {asker(rng)} pays for each embedded chunk.

            Write `chunk_number(tokens, size, overlap)`: the least number of chunks that cover all tokens. Each chunk starts `size - overlap` after the one before;
            a chunk that would hold only tokens of the one before is not made. No tokens are no chunks.
            Raise `ValueError` when the overlap is not below the size.""",
        "signature": "chunk_number(tokens: int, size: int, overlap: int) -> int",
        "doc": "All in tokens. Raises ValueError unless 0 <= overlap < size.",
        "body": """
            if not 0 <= overlap < size:
                raise ValueError("the overlap must be below the size")
            if tokens == 0:
                return 0
            return 1 + max(0, -(-(tokens - size) // (size - overlap)))""",
        "right": """
            if overlap >= size or overlap < 0:
                raise ValueError("the overlap must be below the size")
            covered = count = 0
            while covered < tokens:
                covered += size if count == 0 else size - overlap
                count += 1
            return count""",
        "wrong": {
            "the overlap is left out: a chunk adds size - overlap new tokens": "return -(-tokens // size)",
            "the last chunk holds only tokens of the one before": "return -(-tokens // (size - overlap))",
            "the tail is lost: round up": "return 1 + max(0, (tokens - size) // (size - overlap))",
        },
        "case": args(tokens, size, overlap),
        "example": "1000, 400, 100",
        "fresh": ["3050, 400, 200", args(*draw()), args(*draw()), args(0, 300, 30), args(250, 300, 30), args(300, 300, 30)],
        "refused": {"1000, 100, 100": "an overlap as large as the size"},
        "check": "equal",
        "explain": "The first chunk brings `size` tokens, every other one `size - overlap` new ones. What is left after the first is divided by that, rounded up.",
    }


@template(TOPIC, 8, "Reports: does every number stand in the table?")
def unsupported(rng: np.random.Generator) -> dict[str, Any]:
    def draw(kind: int) -> tuple[str, list[float]]:
        users, retention, minutes = whole(rng, 10_000, 90_000), share(rng, 0.2, 0.6, 4), share(rng, 3, 9, 3)
        wrong_users = users + whole(rng, 1_000, 5_000)
        texts = [
            f"{users:,} users were in the test; retention rose to {100 * retention:.1f}% and sessions to {minutes:.1f} minutes, against {minutes + 1.37:.2f} before",
            f"Sessions lasted {minutes:.2f} minutes for {wrong_users:,} users, and {100 * retention:.0f}% came back",
            f"Of {users:,} users {100 * retention + 3:.1f}% came back; a session took {minutes:.0f} minutes",
        ]
        return texts[kind], [users, retention, minutes]

    first = draw(whole(rng, 0, 2))
    others = [draw(kind) for kind in range(3)]
    return {
        "title": "numbers that nobody measured",
        "statement": f"""
            An LLM writes the weekly report of {product(rng)}. {asker(rng)} wants every number checked against the results. Text: `{first[0]}`. Results: `{first[1]}`.

            Write `unsupported(text, results)`: the numbers of the text, as they are written and in order, that no result supports. A number is digits, perhaps with thousands commas
            (`12,345`), decimals and a `%` right behind. A result supports it when it differs by at most half a unit of its last written digit; with `%`, 100 times the result counts.""",
        "signature": "unsupported(text: str, results: list[float]) -> list[str]",
        "doc": "Numbers of `text` (as written, in order) that no value in `results` supports within rounding; '41.5%' is held against 100 * value.",
        "body": r"""
            import re
            found = []
            for token in re.findall(r"\d+(?:,\d{3})*(?:\.\d+)?%?", text):
                plain = token.rstrip("%").replace(",", "")
                half = 0.5 * 10 ** -len(plain.partition(".")[2]) + 1e-9
                scale = 100 if token.endswith("%") else 1
                if not any(abs(scale * value - float(plain)) <= half for value in results):
                    found.append(token)
            return found""",
        "right": r"""
            import re
            from decimal import Decimal
            def supported(token):
                number = Decimal(token.replace(",", "").replace("%", ""))
                unit = Decimal(1).scaleb(number.as_tuple().exponent)
                values = [Decimal(repr(float(v))) * (100 if "%" in token else 1) for v in results]
                return any(abs(v - number) * 2 <= unit for v in values)
            tokens = [m.group() for m in re.finditer(r"\d[\d,]*\d(?:\.\d+)?%?|\d(?:\.\d+)?%?", text)]
            return [t for t in tokens if not supported(t)]""",
        "wrong": {
            "percentages are shares times 100": r"""
                import re
                found = []
                for token in re.findall(r"\d+(?:,\d{3})*(?:\.\d+)?%?", text):
                    plain = token.rstrip("%").replace(",", "")
                    half = 0.5 * 10 ** -len(plain.partition(".")[2]) + 1e-9
                    if not any(abs(value - float(plain)) <= half for value in results):
                        found.append(token)
                return found""",
            "a rounded number is supported: string equality is too strict": r"""
                import re
                known = {str(v) for v in results} | {f"{100 * v:g}%" for v in results}
                return [t for t in re.findall(r"\d+(?:,\d{3})*(?:\.\d+)?%?", text) if t.replace(",", "") not in known]""",
            "12,345 is one number: commas separate thousands": r"""
                import re
                found = []
                for token in re.findall(r"\d+(?:\.\d+)?%?", text):
                    plain = token.rstrip("%")
                    half = 0.5 * 10 ** -len(plain.partition(".")[2]) + 1e-9
                    scale = 100 if token.endswith("%") else 1
                    if not any(abs(scale * value - float(plain)) <= half for value in results):
                        found.append(token)
                return found""",
        },
        "case": args(*first),
        "example": args("1,204 of 3,000 users (40.1%) came back", [1204, 0.40133]),
        "fresh": [args(*other) for other in others],
        "check": "equal",
        "explain": "Read the numbers out of the text, undo their formatting, and allow for exactly the rounding that is written. What is left over was made up.",
    }


@template(TOPIC, 5, "Good enough to train on?")
def label_decision(rng: np.random.Generator) -> dict[str, Any]:
    names = pick(rng, [["billing", "bug", "feature", "abuse"], ["spam", "question", "praise", "complaint"], ["refund", "delivery", "account", "other"]])

    def draw(kind: str) -> tuple[float, float, dict[str, float]]:
        human = share(rng, 0.84, 0.92, 3)
        gap = rng.uniform(0.002, 0.018) if kind != "gap" else rng.uniform(0.045, 0.08)
        kappas = rng.uniform(0.74, 0.95, 4).round(2)
        if kind == "category":
            kappas[rng.integers(4)] = share(rng, 0.3, 0.6)
        return human, round(human - gap, 3), dict(zip(names, kappas.tolist(), strict=True))

    kinds = ["good", "gap", "category"]
    human, model, kappas = draw(pick(rng, kinds))
    return {
        "title": "are the labels good enough?",
        "statement": f"""
            The same classifier was trained twice for {product(rng)}: on human labels it reaches an accuracy of {human} on held-out human labels, on LLM labels {model} on the same set.
            Kappa of LLM and human by category: `{kappas}`. {asker(rng)} wants a decision.

            Write `label_decision(human, model, kappas)`, which returns `{{"gap": ..., "weak": ..., "decision": ...}}`: accuracy lost, categories with kappa below 0.7 in alphabetical order, and
            `"reject"` if the gap is above 0.03, else `"relabel weak"` if there are weak categories, else `"use"`.""",
        "signature": "label_decision(human: float, model: float, kappas: dict[str, float]) -> dict",
        "doc": 'human, model: accuracies on the same human-labelled test set. Returns {"gap", "weak": sorted names, "decision"}.',
        "body": """
            weak = sorted(name for name, kappa in kappas.items() if kappa < 0.7)
            gap = human - model
            return {"gap": gap, "weak": weak, "decision": "reject" if gap > 0.03 else "relabel weak" if weak else "use"}""",
        "right": """
            weak = [name for name in sorted(kappas) if not kappas[name] >= 0.7]
            decision = "use"
            if weak:
                decision = "relabel weak"
            if human > model + 0.03:
                decision = "reject"
            return {"decision": decision, "weak": weak, "gap": -(model - human)}""",
        "wrong": {
            "look at each category: the average hides the weak one": """
                mean = sum(kappas.values()) / len(kappas)
                gap = human - model
                return {"gap": gap, "weak": [], "decision": "reject" if gap > 0.03 else "relabel weak" if mean < 0.7 else "use"}""",
            "the gap decides first: relabelling a category does not close it": """
                weak = sorted(name for name, kappa in kappas.items() if kappa < 0.7)
                gap = human - model
                return {"gap": gap, "weak": weak, "decision": "relabel weak" if weak or gap > 0.03 else "use"}""",
            "the gap is what is lost: human minus model": """
                weak = sorted(name for name, kappa in kappas.items() if kappa < 0.7)
                gap = model - human
                return {"gap": gap, "weak": weak, "decision": "reject" if gap > 0.03 else "relabel weak" if weak else "use"}""",
        },
        "case": args(human, model, kappas),
        "example": args(0.9, 0.88, {"b": 0.5, "a": 0.8}),
        "fresh": [args(*draw(kind)) for kind in kinds],
        "check": "record",
        "explain": "Downstream quality on human labels decides; agreement by category says where people should label by hand.",
    }


@template(TOPIC, 4, "A gold sample worth its price")
def annotation_sample(rng: np.random.Generator) -> dict[str, Any]:
    def draw() -> tuple[float, float]:
        return share(rng, 0.75, 0.95), pick(rng, [0.015, 0.02, 0.025, 0.03, 0.035, 0.04])

    guess, half = draw()
    return {
        "title": "how many records to label by hand",
        "statement": f"""
            {asker(rng)} asks how large the gold sample must be that checks an LLM's labels for {product(rng)}. The accuracy is thought to be near {percent(guess)} and shall be known to within ±{half} (95 % interval).

            Write `annotation_sample(guess, half_width)`: the least number of records, rounded up to a whole number, from the normal interval $\\hat p \\pm z_{{0.975}} \\sqrt{{\\hat p (1-\\hat p) / n}}$.
            Raise `ValueError` when the half width is not positive.""",
        "signature": "annotation_sample(guess: float, half_width: float) -> int",
        "doc": "guess: share; half_width: half the width of the 95 % interval, a share above zero. Returns a whole number.",
        "body": """
            if half_width <= 0:
                raise ValueError("the half width must be positive")
            return int(np.ceil(guess * (1 - guess) * (stats.norm.ppf(0.975) / half_width) ** 2))""",
        "right": """
            from math import ceil
            from statistics import NormalDist
            if not half_width > 0:
                raise ValueError("the half width must be positive")
            deviation = NormalDist().inv_cdf(0.975) * (guess - guess**2) ** 0.5
            return ceil((deviation / half_width) ** 2)""",
        "wrong": {
            "this takes the half width for the whole width": "return int(np.ceil(guess * (1 - guess) * (2 * stats.norm.ppf(0.975) / half_width) ** 2))",
            "a 95 % interval leaves 2.5 % on each side": "return int(np.ceil(guess * (1 - guess) * (stats.norm.ppf(0.95) / half_width) ** 2))",
            "the error falls with the root of n: square the ratio": "return int(np.ceil(guess * (1 - guess) * stats.norm.ppf(0.975) / half_width))",
        },
        "case": args(guess, half),
        "example": "0.5, 0.05",
        "fresh": [args(*draw()), args(share(rng, 0.55, 0.74), 0.05)],
        "refused": {"0.9, 0.0": "a half width of zero"},
        "check": "equal",
        "explain": "Solve the interval for n. Half the width costs four times the labels; 200 to 500 records are the usual range.",
    }
