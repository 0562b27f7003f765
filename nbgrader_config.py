"""nbgrader's settings for this course. Each line has its reason; everything else is nbgrader's default."""

import os

from nbgrader.converters import Autograde, GenerateAssignment, GenerateFeedback
from nbgrader.preprocessors import ClearSolutions, Execute

from course.authoring.release import EmptyTasks, TakeAuthorCells
from course.grading.exchange import Collect
from course.grading.nbgrader import FeedbackPage, Grade, HideTests, SubmissionExporter, Summarise
from course.paths import search_path

c = get_config()

# nbgrader starts `alembic` by name for a new gradebook: it must be found when the environment is not activated.
os.environ["PATH"] = search_path()

# The exchange (release, collect) files everything under this name.
c.CourseDirectory.course_id = "ai-data-scientist"

# Everyone can write into the exchange: a submission under another's name is refused, links are not followed.
c.ExchangeFactory.collect = Collect

# Source texts (.py) hold the solutions: they are never copied into release/ or beside a graded notebook.
c.CourseDirectory.ignore = [".ipynb_checkpoints", "*.pyc", "__pycache__", "feedback", "*.py", "*.new"]

# Hints travel inside the release, explanations stay in the source; written tasks begin as a comment.
after = {ClearSolutions: [ClearSolutions, EmptyTasks]}
c.GenerateAssignment.preprocessors = [TakeAuthorCells, *(own for step in GenerateAssignment.preprocessors.default() for own in after.get(step, [step]))]

# Autograding: damaged files are repaired from the source, the course's engine runs the notebook and decides; nbgrader keeps the books.
c.Autograde.exporter_class = SubmissionExporter
c.Autograde.autograde_preprocessors = [Grade if step is Execute else step for step in Autograde.autograde_preprocessors.default()]

# Feedback shows the points by exercise and what each test says, never a hidden test.
c.GenerateFeedback.exporter_class = FeedbackPage
c.GenerateFeedback.preprocessors = [HideTests, *GenerateFeedback.preprocessors.default(), Summarise]
