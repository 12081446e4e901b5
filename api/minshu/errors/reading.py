"""What readers are told: names that nothing answers to, what is gone, what makes no sense, and what is too much."""

from collections.abc import Iterable
from datetime import datetime
from typing import ClassVar

from minshu.errors.base import MinshuError


class NotFound(MinshuError):
    """A name that nothing answers to."""

    code = "not-found"


class DatasetNotFound(NotFound):
    """The store has no dataset of this name."""

    code = "dataset-not-found"

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(f"There is no dataset {name!r}. The catalogue lists those there are.")


class ReleaseNotFound(NotFound):
    """The dataset has no release of this version."""

    code = "release-not-found"

    def __init__(self, name: str, version: str, known: Iterable[str]) -> None:
        self.name, self.version, self.known = name, version, tuple(known)
        super().__init__(f"{name} has no release {version!r}. Its releases: {', '.join(self.known) or 'none'}.")


class ResourceNotFound(NotFound):
    """The release has no table of this name."""

    code = "resource-not-found"

    def __init__(self, name: str, known: Iterable[str]) -> None:
        self.name, self.known = name, tuple(known)
        super().__init__(f"There is no table {name!r} in this release. Its tables: {', '.join(self.known) or 'none'}.")


class FileNotInRelease(NotFound):
    """The release holds no file at this path."""

    code = "file-not-found"

    def __init__(self, path: str) -> None:
        self.path = path
        super().__init__(f"The release has no file {path!r}. release.json lists every file.")


class ColumnNotFound(NotFound):
    """The table has no column of this name."""

    code = "column-not-found"

    def __init__(self, name: str, known: Iterable[str]) -> None:
        self.name, self.known = name, tuple(known)
        super().__init__(f"There is no column {name!r}. Known columns: {', '.join(self.known)}.")


class RowNotFound(NotFound):
    """The table has no row of this key."""

    code = "row-not-found"

    def __init__(self, table: str, key: Iterable[str]) -> None:
        self.table, self.key = table, tuple(key)
        super().__init__(f"{table!r} has no row {'/'.join(self.key)!r}.")


class Gone(MinshuError):
    """The data of a release is given to nobody any more.

    `withdrawn` is when that was decided, and `successor` the version to take instead, where there is one.
    """

    code = "gone"
    what: ClassVar[str] = "is gone"

    def __init__(self, name: str, version: str, reason: str, successor: str | None, since: datetime) -> None:
        self.name, self.version, self.reason, self.successor = name, version, reason, successor
        self.withdrawn = since.isoformat(timespec="seconds").replace("+00:00", "Z")
        instead = f" Take {successor} instead." if successor else ""
        super().__init__(f"{name} {version} {self.what} since {self.withdrawn[:10]}: {reason.rstrip('.')}.{instead}")


class ReleaseWithdrawn(Gone):
    """The release was withdrawn; what it was is told still."""

    code = "release-withdrawn"
    what = "is withdrawn"


class ReleasePurged(Gone):
    """The data of the release was deleted for good; a record of it is left."""

    code = "release-purged"
    what = "is purged"


class BadRequest(MinshuError):
    """What was asked makes no sense here."""

    code = "bad-request"


class SourceTooLong(BadRequest):
    """The text is too long to be shown with its records."""

    code = "source-too-long"

    def __init__(self, name: str, size: int, most: int) -> None:
        self.name, self.size, self.most = name, size, most
        super().__init__(
            f"{name!r} has {size} bytes, and a text of more than {most} is not shown with its records. Its file can be "
            "had whole, and the table of spans has every place."
        )


class BadFilter(BadRequest):
    """A filter names no operator that there is, or a value that its column cannot hold."""

    code = "bad-filter"


class BadKey(BadRequest):
    """A row is named by other values than its table's key has, or by one that its column cannot hold."""

    code = "bad-key"


class BadPage(BadRequest):
    """A page token that this service did not give out for this very request."""

    code = "bad-page"


class BadParameter(BadRequest):
    """A query parameter is unknown, missing or out of its range."""

    code = "bad-parameter"


class ArgumentInvalid(BadParameter):
    """An argument of an action is missing, or is not what the action takes. `argument` is its name."""

    code = "argument-invalid"

    def __init__(self, argument: str, reason: str) -> None:
        self.argument, self.reason = argument, reason
        super().__init__(f"{argument} {reason}.")


class BadSearch(BadParameter):
    """A search of packages is written in a way that is not read here. `argument` is where."""

    code = "bad-search"

    def __init__(self, argument: str, reason: str) -> None:
        self.argument, self.reason = argument, reason
        super().__init__(f"{argument} {reason}.")


class ActionUnknown(BadRequest):
    """The action is none of those that are answered here."""

    code = "action-unknown"

    def __init__(self, action: str, known: Iterable[str]) -> None:
        self.action, self.known = action, tuple(known)
        super().__init__(f"Action name not known: {action}. Known: {', '.join(self.known)}.")


class PackageUnknown(NotFound):
    """No package, resource or organisation has this name or id."""

    code = "package-unknown"

    def __init__(self, what: str, id_: str) -> None:
        self.what, self.id = what, id_
        super().__init__(f"There is no {what} {id_!r}. package_list names the packages, package_show tells the rest.")


class ColumnUnfit(BadParameter):
    """A column of a chart holds values that cannot be drawn as is asked. `wanted` is what it must hold."""

    code = "column-unfit"

    def __init__(self, parameter: str, column: str, holds: str, wanted: str) -> None:
        self.parameter, self.column, self.wanted = parameter, column, wanted
        super().__init__(f"{parameter} is {column!r}, which holds {holds}; it must hold {wanted}.")


class GroupingUnfit(BadParameter):
    """The values of a column cannot be grouped in the way that a chart wants. `fitting` are the ways that there are."""

    code = "grouping-unfit"

    def __init__(self, group: str, column: str, holds: str, fitting: Iterable[str]) -> None:
        self.group, self.column, self.fitting = group, column, tuple(fitting)
        known = ", ".join(self.fitting)
        super().__init__(f"_group is {group!r}, which does not fit {column!r}: it holds {holds}. What fits: {known}.")


class ColumnRepeated(BadParameter):
    """A chart is asked to show a column twice."""

    code = "column-repeated"

    def __init__(self, parameter: str, column: str) -> None:
        self.parameter, self.column = parameter, column
        super().__init__(f"{parameter} is {column!r}, which is drawn already. Take another column.")


class NotAcceptable(BadRequest):
    """None of the media types asked for can be given here."""

    code = "not-acceptable"


class BudgetExceeded(MinshuError):
    """One client used all that one may use for now. `retry_after` is in seconds."""

    code = "budget-exceeded"

    def __init__(self, budget: str, quota: int, window: int, retry_after: int) -> None:
        self.budget, self.quota, self.window, self.retry_after = budget, quota, window, max(retry_after, 1)
        super().__init__(f"You have used up your {budget}: {quota} in {window} s. Try again in {self.retry_after} s.")


class ExportsOverloaded(MinshuError):
    """Too many exports are asked for at once. `retry_after` is in seconds."""

    code = "exports-overloaded"

    def __init__(self, retry_after: int) -> None:
        self.retry_after = retry_after
        super().__init__(f"Too many exports at once. Try again in {retry_after} s.")


class ChartFailed(MinshuError):
    """A chart was not drawn: it took too long, or what draws charts failed."""

    code = "chart-failed"
