"""What is said of one package: its report, what changes for those who use the latest release, and the verdict."""

from dataclasses import dataclass, replace
from pathlib import Path

from minshu.diff import Difference
from minshu.report import Finding, Report, package_error


@dataclass(frozen=True)
class Examined:
    """A package, rehearsed.

    `problems` are what its version and its changelog lack. `base` is the version that it was compared with, None where
    it would be the first. It is `released` where the very same package has been published already. `difference` is None
    where there was nothing to compare.
    """

    path: Path
    report: Report
    name: str | None = None
    version: str | None = None
    base: str | None = None
    difference: Difference | None = None
    problems: tuple[Finding, ...] = ()
    released: bool = False

    @property
    def passes(self) -> bool:
        """Whether the package can be released as it is, or has been."""
        return self.report.valid and not self.problems

    @property
    def whole_report(self) -> Report:
        """The report with the problems as errors of the package."""
        return replace(self.report, errors=(*self.report.errors, *self.problems))

    @property
    def verdict(self) -> str:
        """In a few words, what comes of publishing it."""
        if not self.passes:
            return "cannot be released"
        if self.released:
            return f"{self.version} is released already"
        if self.base is None:
            return f"{self.version} can be released, with nothing before it to compare with"
        bump = self.difference.verdict if self.difference else "none"
        return f"{self.version} can be released after {self.base} ({bump})"


def version_problem(note: str) -> Finding:
    """What is wrong with a version."""
    return {**package_error(note), "type": "version-error", "title": "Version Error"}


def changelog_problem(note: str) -> Finding:
    """What a changelog lacks."""
    return {**package_error(note), "type": "changelog-error", "title": "Changelog Error"}
