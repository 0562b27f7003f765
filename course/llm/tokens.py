"""Tokens of the offline models: pieces of at most six characters whose concatenation is the text."""

import re

_PIECE = re.compile(r" ?[^\W_]{1,6}| ?[^\w\s]|_|\s")


def tokens(text: str) -> list[str]:
    """The text in pieces: `"".join(tokens(text)) == text` for every text."""
    return _PIECE.findall(text)


def count(text: str) -> int:
    """How many tokens a text costs."""
    return len(tokens(text))
