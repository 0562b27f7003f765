"""environment.yml for conda and Binder, made from requirements.lock: `python -m tests.environment > environment.yml` (`make lock` does)."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
HEAD = """# Made from requirements.lock by `make lock`; the same pins as `make lab` installs.
name: ai-data-scientist-course
channels:
  - conda-forge
dependencies:
  - python=3.11
  - pip
  - pip:
"""


def pins(lock: str) -> list[str]:
    """The pinned requirements of a lock, with their markers and without hashes."""
    return [match[1].strip() for match in re.finditer(r"^([a-z0-9][^\s=]*==[^\\\n]+?)\s*\\?$", lock, re.MULTILINE)]


def environment(lock: str) -> str:
    """The text of environment.yml for a lock."""
    lines = [f"      - {pin}" if ";" not in pin else f'      - "{pin}"' for pin in pins(lock)]
    return HEAD + "\n".join([*lines, "      - -e ."]) + "\n"


if __name__ == "__main__":
    print(environment((ROOT / "requirements.lock").read_text()), end="")
