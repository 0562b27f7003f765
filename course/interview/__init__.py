"""The mock interview: questions with fresh numbers under a clock, graded by the course's engine, with a report of what to revise."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell


def load_ipython_extension(shell: "InteractiveShell") -> None:
    """Give an interview's notebook its magics `%interview`, `%clock` and `%finish`; `%check`, `%hint` and `%solution` keep silent there."""
    from course.interview.magics import register

    register(shell)
