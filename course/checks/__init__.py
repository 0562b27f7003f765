"""What test cells call: tolerant comparisons whose failures teach, and the model of section, exercise and outcome."""

from course.checks.compare import AuthoringError, CheckFailed, array, between, choice, close, equal, frame, raises, record

__all__ = ["AuthoringError", "CheckFailed", "array", "between", "choice", "close", "equal", "frame", "raises", "record"]
