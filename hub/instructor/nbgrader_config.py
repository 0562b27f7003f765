"""An instructor's nbgrader settings: formgrader works on the instructor's own copy of the course."""

from pathlib import Path

c = get_config()

c.CourseDirectory.root = str(Path.home() / "ai-data-scientist")
