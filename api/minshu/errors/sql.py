"""Statements of strangers that were not answered."""

from minshu.errors.base import MinshuError


class SqlError(MinshuError):
    """A stranger's statement was not answered."""

    code = "sql-error"


class SqlSyntaxError(SqlError):
    """The text is not SQL that DuckDB can parse.

    `position` is the code point, counted from 0, at which the parser stopped, where it told one.
    """

    code = "sql-syntax"

    def __init__(self, reason: str, position: int | None = None) -> None:
        self.reason, self.position = reason, position
        super().__init__(reason)


class SqlRefused(SqlError):
    """The statement is SQL, but not one that strangers may run."""

    code = "sql-refused"


class SqlFailed(SqlError):
    """The statement was run and failed: a wrong column, a cast that does not hold, memory used up."""

    code = "sql-failed"


class SqlTimeout(SqlError):
    """The statement was stopped at its deadline."""

    code = "sql-timeout"

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        super().__init__(f"The query was stopped after {seconds:g} s. Ask for less, or download the release instead.")


class SqlTooLarge(SqlError):
    """The answer is larger than one answer may be."""

    code = "sql-too-large"


class SqlOverloaded(SqlError):
    """No worker came free in time. `retry_after` is in seconds."""

    code = "sql-overloaded"

    def __init__(self, retry_after: int) -> None:
        self.retry_after = retry_after
        super().__init__(f"Too many queries at once. Try again in {retry_after} s.")
