"""`course interview` and `course interview finish`: arguments in, a few lines out."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console

app = typer.Typer(invoke_without_command=True, help="Make a mock interview in work/interviews/; `finish` grades it.")
out = Console()


@app.callback()
def make(
    context: typer.Context,
    minutes: Annotated[int, typer.Option(min=1, max=240, help="Time of the interview.")] = 30,
    topics: Annotated[str, typer.Option(help="Sections to ask about, separated by commas; all of them when left out.", show_default=False)] = "",
    seed: Annotated[
        int | None, typer.Option(min=0, help="The same seed and past give the same questions; a fresh one when left out.", show_default=False)
    ] = None,
) -> None:
    """Make a mock interview in work/interviews/: questions on all sections with fresh numbers, more of what went wrong before."""
    if context.invoked_subcommand:
        return
    from course.interview.make import make as make_interview
    from course.paths import find_root

    root = find_root()
    made = make_interview(root, minutes, [topic.strip() for topic in topics.split(",") if topic.strip()], seed)
    out.print(f"wrote work/interviews/{made.name}.ipynb: {len(made.asked)} questions for {made.minutes} minutes", highlight=False, soft_wrap=True)
    out.print(
        "Open it in JupyterLab and run its first code cell: the clock starts. At the end, save it and run its last cell.", highlight=False, soft_wrap=True
    )


@app.command()
def finish(name: Annotated[str | None, typer.Argument(help="Name of the interview; the latest open one when left out.", show_default=False)] = None) -> None:
    """Grade the saved notebook of an interview and write its report."""
    from course.interview.finish import finish as finish_interview
    from course.interview.report import panel
    from course.paths import find_root

    done = finish_interview(find_root(), name.removesuffix(".ipynb") if name else None)
    out.print(panel(done)[1], markup=False, highlight=False, soft_wrap=True)
