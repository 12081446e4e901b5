"""What a release was held against, and what was found: its report, for people."""

from collections.abc import Sequence
from dataclasses import dataclass

from minshu.browse import Release
from minshu.manifest import ReleasedRule
from minshu.reports import Language
from minshu.reports.phrases import say_warning


@dataclass(frozen=True)
class Quality:
    """Counts of what was checked, the rules, and the warnings in words. Errors there are none: it was published."""

    tables: int
    rows: int
    columns: int
    primary_keys: int
    foreign_keys: int
    rules: Sequence[ReleasedRule]
    rules_sha256: str | None
    warnings: Sequence[tuple[str, str]]
    """Each with the table that it is about, or nothing."""

    def is_warned(self, rule: ReleasedRule) -> bool:
        """Whether a warning is about this rule."""
        return any(f"({rule.name})" in words for table, words in self.warnings if table == rule.table)


def quality(release: Release, language: Language) -> Quality | None:
    """What is to be told of a release; None where its report is gone."""
    report = release.report
    if report is None:
        return None
    found = [("", warning) for warning in report.warnings]
    found += [(task.name, warning) for task in report.tasks for warning in task.warnings]
    tables = release.manifest.tables
    return Quality(
        tables=len(tables),
        rows=sum(table.rows for table in tables),
        columns=sum(len(table.columns) for table in tables),
        primary_keys=sum(bool(table.primary_key) for table in tables),
        foreign_keys=sum(len(table.foreign_keys) for table in tables),
        rules=release.manifest.rules,
        rules_sha256=release.manifest.rules_sha256,
        warnings=[(table, say_warning(warning, language)) for table, warning in found],
    )
