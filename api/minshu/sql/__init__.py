"""SQL for strangers, behind three walls: a guard, a locked DuckDB, and a process that may be killed."""

from minshu.sql.functions import CALLABLE
from minshu.sql.query import Asker, Attachment, SqlAnswer, SqlQuery
from minshu.sql.service import SqlService

__all__ = ["CALLABLE", "Asker", "Attachment", "SqlAnswer", "SqlQuery", "SqlService"]
