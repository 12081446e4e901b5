"""What all ways of reading end with: what the descriptor declares of a file held against it, and the report."""

import hashlib
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from frictionless import Report as FrictionlessReport
from frictionless import errors as kinds
from frictionless.helpers import parse_resource_hash_v1

CHUNK = 1 << 20


@dataclass
class Outcome:
    """The first `limit` errors of a resource, and how many there are in all."""

    limit: int
    errors: list[Any] = field(default_factory=list)
    total: int = 0
    started: float = field(default_factory=time.perf_counter)

    def add(self, *errors: Any) -> None:
        """Count errors, and keep those that the limit has room for."""
        self.total += len(errors)
        self.errors += errors[: max(self.limit - len(self.errors), 0)]

    @property
    def full(self) -> bool:
        """Whether there are more errors than are kept."""
        return self.total > self.limit

    def report(self, resource: Any, labels: list[str]) -> Any:
        """Frictionless's report on one resource. What is declared of the file is compared whatever the limit."""
        return self._report(resource, labels, *_declared(resource))

    def unread(self, resource: Any) -> Any:
        """The report on a resource that could not be read, and of which nothing can be counted therefore."""
        return self._report(resource, [], [], [])

    def _report(self, resource: Any, labels: list[str], declared: list[Any], warnings: list[str]) -> Any:
        cut = [f"reached error limit: {self.limit}"] if self.full else []
        report = FrictionlessReport.from_validation_task(
            resource,
            time=time.perf_counter() - self.started,
            labels=labels,
            errors=[*self.errors, *declared],
            warnings=[*warnings, *cut],
        )
        total = self.total + len(declared)
        report.stats["errors"] = report.tasks[0].stats["errors"] = total
        return report


def _declared(resource: Any) -> tuple[list[Any], list[str]]:
    """The errors of counts and digests that a descriptor declares, and a warning of a digest that nobody knows."""
    errors: list[Any] = []
    warnings = []
    if resource.hash:
        algorithm, expected = parse_resource_hash_v1(resource.hash)
        if algorithm not in hashlib.algorithms_guaranteed or algorithm.startswith("shake"):
            warnings.append(f"hash is ignored; the algorithm {algorithm} is not known")
        elif (actual := _digest(resource, algorithm)) and actual != expected.lower():
            errors.append(kinds.HashCountError(note=_differs(expected, actual)))
    if resource.bytes:
        _digest(resource, "md5")
    for kind, name in (
        (kinds.ByteCountError, "bytes"),
        (kinds.FieldCountError, "fields"),
        (kinds.RowCountError, "rows"),
    ):
        declared, counted = getattr(resource, name), getattr(resource.stats, name)
        if declared and declared != counted:
            errors.append(kind(note=_differs(declared, counted)))
    return errors, warnings


def _differs(expected: object, actual: object) -> str:
    return f'expected is "{expected}" and actual is "{actual}"'


def _digest(resource: Any, algorithm: str) -> str | None:
    """The digest of the resource's files, one after the other. Those read to their end have told theirs already."""
    known = getattr(resource.stats, algorithm, None)
    if known or not resource.normpath:
        return known
    digest, md5, size = hashlib.new(algorithm), hashlib.md5(usedforsecurity=False), 0
    try:
        for chunk in _chunks(resource):
            digest.update(chunk)
            md5.update(chunk)
            size += len(chunk)
    except OSError:
        return None
    resource.stats.bytes, resource.stats.md5 = size, md5.hexdigest()
    return digest.hexdigest()


def _chunks(resource: Any) -> Iterator[bytes]:
    for path in resource.normpaths:
        with open(path, "rb") as stream:  # noqa: PTH123  # a path of frictionless's
            while chunk := stream.read(CHUNK):
                yield chunk
