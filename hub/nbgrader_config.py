"""The site's nbgrader settings, for everyone: installed as SITE/env/etc/jupyter/nbgrader_config.py, where every program of the environment finds it."""

import sys
from pathlib import Path

c = get_config()

# SITE/exchange, beside the environment.
c.Exchange.root = str(Path(sys.prefix).parent / "exchange")

# Learners' extensions list this course; the instructor's copy of the course says the same.
c.CourseDirectory.course_id = "ai-data-scientist"
