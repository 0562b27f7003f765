"""Numbers of things in words."""


def amount(count: float, noun: str) -> str:
    """A number and its noun, in the plural unless it is one: "1 cell", "2 cells"."""
    return f"{count} {noun}{'' if count == 1 else 's'}"
