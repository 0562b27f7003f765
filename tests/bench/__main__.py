"""`make bench`: what the project claims of speed and memory, each as a ratio within one run.

`make bench ARGS=--large` also grades a class of 1,000; `ARGS=wide` runs only the correlation of a table that does not fit into memory.
"""

import sys
import time

import nbformat

from course.authoring.verify import prove, read_section
from course.grading.engine import grade
from course.paths import notebook
from tests.bench import grading, wide

SECTION = "01-statistics"


def proofs_against_kernels():
    """Seconds of all proofs of a section in one process, against one graded notebook for each answer (measured on one and multiplied)."""
    path = notebook(grading.ROOT, SECTION)
    exercises = list(read_section(grading.ROOT, SECTION).exercises)
    prove(grading.ROOT, SECTION, exercises[0])
    answers = 0
    start = time.perf_counter()
    for exercise in exercises:
        answers += sum(proof.proof in ("reference", "stub", "right", "wrong") for proof in prove(grading.ROOT, SECTION, exercise))
    one_process = time.perf_counter() - start
    start = time.perf_counter()
    grade(nbformat.read(path, as_version=4), path.read_bytes(), "reference")
    return answers, one_process, (time.perf_counter() - start) * answers


def main():
    if "grading" not in sys.argv:
        print(wide.main())
    if "wide" in sys.argv:
        return
    if "grading" not in sys.argv:
        answers, one_process, notebooks = proofs_against_kernels()
        print(f"{answers} answers: in one process {one_process:.1f} s, a graded notebook each {notebooks:.0f} s: ratio {notebooks / one_process:.0f}")
    against_stock, against_floor = grading.main(large="--large" in sys.argv)
    print(f"ratio_vs_stock={against_stock:.1f} ratio_vs_floor={against_floor:.2f}")


if __name__ == "__main__":
    main()
