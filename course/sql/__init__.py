"""SQL in the course: databases of one schema, queries shown as tables, and the check of a query by its result."""

from course.sql.check import result
from course.sql.company import generate
from course.sql.database import Database, rows, tiny
from course.sql.guard import Refused, query, run
from course.sql.schema import AS_OF, FUNNEL, TABLES
from course.sql.table import Table

__all__ = ["AS_OF", "FUNNEL", "TABLES", "Database", "Refused", "Table", "generate", "query", "result", "rows", "run", "tiny"]
