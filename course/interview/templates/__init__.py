"""The templates of questions, one module for each section: `(rng) -> Question`, with fresh numbers, data and wording each time."""

from __future__ import annotations

from course.interview.templates import causal, design, impact, learning, llms, monitoring, queries, revision, statistics
from course.interview.templates.template import TEMPLATES, Template

__all__ = ["MODULES", "TEMPLATES", "Template"]

MODULES = (statistics, learning, llms, causal, queries, monitoring, impact, design, revision)
