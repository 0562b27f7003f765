"""A hands-on, autograded course for AI Data Scientist interviews."""

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

__version__ = "0.1.0"

# Reading notebooks imports jsonschema, which takes a second to compile a grammar for IRIs where this package is installed; notebooks hold none to check.
sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]


def load_ipython_extension(shell: "InteractiveShell") -> None:
    """Give a notebook the magics `%check`, `%hint`, `%solution` and `%progress`, and the course's plot style (`%load_ext course`)."""
    from course.study.magics import register

    register(shell)
