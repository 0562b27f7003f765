"""What a class did, as a picture."""

from __future__ import annotations

from pathlib import Path

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np

from course.checks.model import SubmissionResult
from course.study.style import use_style


def class_picture(results: list[SubmissionResult], path: Path) -> None:
    """Draw the share of points by student and exercise into an image file."""
    use_style()
    exercises = list(dict.fromkeys(key for result in results for key in result.by_exercise()))
    shares = np.array([[_share(result, key) for key in exercises] for result in results])
    means = shares.mean(axis=0)
    hardest = int(means.argmin())
    fig, ax = plt.subplots(figsize=(2.5 + 0.5 * len(exercises), 1.8 + 0.34 * len(results)))
    image = ax.imshow(shares, cmap="cividis", vmin=0, vmax=1, aspect="auto")
    ax.set_xticks(range(len(exercises)), [f"{key} ({mean:.0%})" for key, mean in zip(exercises, means, strict=True)], rotation=40, ha="right")
    ax.set_yticks(range(len(results)), [f"{result.student} ({result.score:g}/{result.max_score:g})" for result in results])
    ax.set_title(f"{results[0].section}: {exercises[hardest]} cost the class most, {means[hardest]:.0%} of its points were reached")
    ax.spines[:].set_visible(False)
    fig.colorbar(image, ax=ax, label="share of points", shrink=0.8)
    fig.savefig(path)
    plt.close(fig)


def _share(result: SubmissionResult, exercise: str) -> float:
    own = result.by_exercise().get(exercise, [])
    return sum(cell.points for cell in own) / max(sum(cell.max_points for cell in own), 1e-9)
