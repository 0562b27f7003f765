"""Data that notebooks use: real tables that ship inside installed packages, and seeded simulators. Nothing is downloaded."""

from course.datasets.real import causal, nyc

__all__ = ["causal", "nyc"]
