"""`python -m tests.hostile [WORD ...]`: every hostile case (or those whose names hold a word), what is expected and what is seen."""

import sys
import tempfile
import time
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.hostile.cases import CASES
from tests.hostile.harness import disagreements, run
from tests.hostile.world import World, build_tiny


def main() -> int:
    words = sys.argv[1:]
    chosen = [case for case in CASES if not words or any(word in case.id for word in words)]
    table = Table("case", "expected", "seen", "s", "", title="hostile submissions")
    start, bad = time.monotonic(), []
    with tempfile.TemporaryDirectory() as folder:
        world = World(build_tiny(Path(folder)))
        for case in chosen:
            seen = run(case, world)
            found = disagreements(case, seen)
            table.add_row(case.id, case.expected, seen.short, f"{seen.seconds:.1f}", "no" if found else "yes")
            if found:
                bad.append((case.id, found))
        world.close()
    console = Console(width=None if sys.stdout.isatty() else 190, markup=False)
    console.print(table)
    for name, found in bad:
        console.print(f"{name}:\n  " + "\n  ".join(text[-1200:] for text in found))
    console.print(f"{len(chosen) - len(bad)} of {len(chosen)} cases are as expected; {time.monotonic() - start:.0f} s")
    return bool(bad)


if __name__ == "__main__":
    sys.exit(main())
