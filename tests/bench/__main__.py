"""`make bench`: what the proofs save by running in one process, and what grading two at a time saves, each as a ratio within one run."""

import tempfile
import time
from pathlib import Path

import nbformat

from course.authoring.verify import prove, read_section
from course.grading.batch import grade_section
from course.grading.engine import grade
from course.paths import notebook

ROOT = Path(__file__).resolve().parents[2]
SECTION = "01-statistics"


def seconds(function, *arguments, **options):
    start = time.perf_counter()
    function(*arguments, **options)
    return time.perf_counter() - start


def proofs_against_kernels():
    """Seconds of all proofs of a section in one process, against one kernel run for each answer (measured on one and multiplied)."""
    path = notebook(ROOT, SECTION)
    exercises = list(read_section(ROOT, SECTION).exercises)
    prove(ROOT, SECTION, exercises[0])
    answers = 0
    start = time.perf_counter()
    for exercise in exercises:
        answers += sum(proof.proof in ("reference", "stub", "right", "wrong") for proof in prove(ROOT, SECTION, exercise))
    one_process = time.perf_counter() - start
    one_kernel = seconds(grade, nbformat.read(path, as_version=4), path.read_bytes(), "reference")
    return answers, one_process, one_kernel * answers


def two_jobs_against_one(folder):
    """Seconds to grade four submissions one at a time and two at a time."""
    for kind in ("source", "release"):
        target = folder / kind / SECTION
        target.mkdir(parents=True)
        target.joinpath(f"{SECTION}.ipynb").write_bytes(notebook(ROOT, SECTION, kind).read_bytes())
    folder.joinpath("nbgrader_config.py").write_bytes((ROOT / "nbgrader_config.py").read_bytes())
    for number in range(4):
        target = folder / "submitted" / f"student{number}" / SECTION
        target.mkdir(parents=True)
        target.joinpath(f"{SECTION}.ipynb").write_bytes(notebook(ROOT, SECTION).read_bytes())
    return seconds(grade_section, folder, SECTION, jobs=1), seconds(grade_section, folder, SECTION, jobs=2)


def main():
    answers, one_process, kernels = proofs_against_kernels()
    print(f"{answers} answers: in one process {one_process:.1f} s, a kernel each {kernels:.0f} s (from one measured run)")
    with tempfile.TemporaryDirectory() as scratch:
        one, two = two_jobs_against_one(Path(scratch))
    print(f"4 submissions: one at a time {one:.1f} s, two at a time {two:.1f} s")
    print(f"proofs_vs_kernels={kernels / one_process:.1f} two_jobs_vs_one={one / two:.2f}")


if __name__ == "__main__":
    main()
