"""Builds the tables of `data/` from `notice.txt` and its reviewed annotation.

The annotation, `annotations/*.yaml`, is the only place of judgement. This program adds none: it checks the source's
digest and every quotation against the source at its offsets, sees that no text is left over, and writes the tables.

    python datasets/work-points-2019/source/build.py

Offsets are code points of the source, the end exclusive.
"""

import csv
import hashlib
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

SOURCE = Path(__file__).resolve().parent
DATA = SOURCE.parent / "data"

Record = dict[str, Any]
Row = tuple[str | int | None, ...]

COLUMNS = {
    "sections": ("number", "title", "status"),
    "work_points": ("number", "section_number", "title", "status", "confidence", "text"),
    "measures": ("id", "point_number", "position", "text", "confidence"),
    "organizations": ("id", "name", "kind", "level"),
    "assignments": ("point_number", "position", "group_number", "organization_id", "as_written"),
    "targets": (
        "id",
        "point_number",
        "kind",
        "metric",
        "comparator",
        "comparator_basis",
        "value",
        "unit",
        "deadline",
        "deadline_basis",
        "scope",
        "quote",
    ),
    "systems": ("id", "name", "kind"),
    "system_mentions": ("system_id", "point_number", "measure_id"),
    "instruments": ("id", "title", "kind", "point_number", "action"),
    "places": ("id", "name", "level", "code", "code_note"),
    "place_mentions": ("place_id", "point_number", "measure_id"),
    "spans": ("table_name", "record_key", "start", "end", "quote_sha256"),
    "open_questions": ("id", "question", "candidates", "chosen", "reason"),
}

# Records of the annotation whose own quotation stands for one record of a table: table and the field of its key.
KEYS = {
    "sections": ("sections", "number"),
    "points": ("work_points", "number"),
    "unit_lists": ("work_points", "point"),
    "measures": ("measures", "id"),
    "targets": ("targets", "id"),
    "systems": ("systems", "id"),
    "instruments": ("instruments", "id"),
    "places": ("places", "id"),
    "questions": ("open_questions", "id"),
    "mentions": ("organizations", "organization"),
    "frame": ("", "name"),
}
# Of these the annotation must name every copy in the source; shorter quotations may stand elsewhere in another sense.
WHOLE = ("frame", "sections", "points", "measures", "unit_lists")


class AnnotationError(ValueError):
    """The annotation and the source do not agree."""


@dataclass(frozen=True)
class Quotation:
    """A stretch of the source that the annotation names, and the record that stands there (no table: a frame)."""

    place: str
    table: str
    key: str
    quote: str
    start: int
    end: int


@dataclass(frozen=True)
class Annotation:
    """The records of every annotation file by their heading, and the file each heading stands in."""

    records: dict[str, list[Record]]
    files: dict[str, str]
    source: Record

    def quotations(self) -> Iterator[Quotation]:
        """Every quotation of the annotation, in the annotation's order."""
        for heading, (table, field) in KEYS.items():
            for record in self.records[heading]:
                if record[field] is not None:
                    yield from self._quoted(heading, table, str(record[field]), record)
                yield from self._members(heading, record)

    def _members(self, heading: str, record: Record) -> Iterator[Quotation]:
        """Who is named in a list of units, once as an assignment and once as an organization."""
        for position, member in enumerate(record.get("members", ()), start=1):
            if record["point"] is not None:
                yield from self._quoted(heading, "assignments", f"{record['point']}/{position}", member)
            yield from self._quoted(heading, "organizations", member["organization"], member)

    def _quoted(self, heading: str, table: str, key: str, record: Record) -> Iterator[Quotation]:
        """The record's own quotation, and those of its mentions, at each of their copies."""
        place = f"{self.files[heading]}: {table or heading} {key}"
        for part in (record, *record.get("mentions", ())):
            quote = part.get("quote", part.get("as_written"))
            for start, end in part.get("at", ()):
                yield Quotation(place, table, key, quote, start, end)


def load(folder: Path) -> Annotation:
    """The annotation files of a folder, as one."""
    records: dict[str, list[Record]] = {}
    files: dict[str, str] = {}
    source: Record = {}
    for path in sorted(folder.glob("*.yaml")):
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
        source |= content.pop("source", {})
        records |= content
        files |= dict.fromkeys(content, path.name)
    return Annotation(records, files, source)


def read(path: Path, source: Record) -> str:
    """The source text, if it is the one that was annotated."""
    raw = path.read_bytes()
    digest = hashlib.sha256(raw).hexdigest()
    if digest != source["sha256"]:
        raise AnnotationError(f"{path.name} is not the annotated source: SHA-256 {digest}, not {source['sha256']}.")
    return raw.decode("utf-8")


def verify(text: str, annotation: Annotation) -> None:
    """Refuse a quotation that the source does not hold, a copy that is not named, and text that nothing names."""
    for found in annotation.quotations():
        actual = text[found.start : found.end]
        if actual != found.quote:
            raise AnnotationError(
                f"{found.place} at {found.start}-{found.end} quotes {found.quote!r}, but the source reads {actual!r}."
            )
    verify_copies(text, annotation)
    verify_runs(text, annotation.records["runs"])
    verify_coverage(text, annotation)


def verify_copies(text: str, annotation: Annotation) -> None:
    """Refuse an annotation that misses a copy of a heading, a measure, a list of units or a frame."""
    for heading in WHOLE:
        for record in annotation.records[heading]:
            quote, named = record.get("quote"), len(record.get("at", ()))
            if quote and text.count(quote) != named:
                place = f"{annotation.files[heading]}: {quote!r}"
                raise AnnotationError(f"{place} stands {text.count(quote)} times in the source, not {named}.")


def verify_runs(text: str, runs: Iterable[Record]) -> None:
    """Refuse runs that leave a gap, or do not begin and end as they say."""
    reached = 0
    for run in runs:
        start, end = run["at"]
        part = text[start:end]
        if start != reached or not (part.startswith(run["begins"]) and part.endswith(run["ends"])):
            raise AnnotationError(f"source.yaml: the run at {start}-{end} reads {part[:8]!r}…{part[-8:]!r}.")
        reached = end
    if reached != len(text):
        raise AnnotationError(f"source.yaml: the runs end at {reached}, the source at {len(text)}.")


def verify_coverage(text: str, annotation: Annotation) -> None:
    """Refuse text that belongs to no record and to no frame; newlines are wraps and belong to none."""
    left = {index for index, character in enumerate(text) if character != "\n"}
    for found in annotation.quotations():
        left.difference_update(range(found.start, found.end))
    if left:
        start = min(left)
        raise AnnotationError(f"No annotation covers the source at {start}: {text[start : start + 20]!r}.")


def tables(text: str, annotation: Annotation) -> dict[str, list[Row]]:
    """The rows of every table."""
    records = annotation.records
    owners = list(owners_of(records))
    return {
        "sections": pick(records["sections"], "number", "title", "status"),
        "work_points": work_points(records),
        "measures": pick(records["measures"], "id", "point", "position", "quote", "confidence"),
        "organizations": pick(records["organizations"], "id", "name", "kind", "level"),
        "assignments": list(assignments(records["unit_lists"])),
        "targets": targets(records["targets"]),
        "systems": pick(records["systems"], "id", "name", "kind"),
        "system_mentions": list(mentions(records["systems"], owners)),
        "instruments": pick(records["instruments"], "id", "title", "kind", "point", "action"),
        "places": pick(records["places"], "id", "name", "level", "code", "code_note"),
        "place_mentions": list(mentions(records["places"], owners)),
        "spans": spans(text, annotation),
        "open_questions": open_questions(records["questions"]),
    }


def pick(records: Iterable[Record], *fields: str) -> list[Row]:
    """The named fields of each record."""
    return [tuple(record.get(field) for field in fields) for record in records]


def work_points(records: dict[str, list[Record]]) -> list[Row]:
    """The points, each with its measures joined in reading order."""
    texts: defaultdict[int, str] = defaultdict(str)
    for measure in sorted(records["measures"], key=lambda record: (record["point"], record["position"])):
        texts[measure["point"]] += measure["quote"]
    rows = pick(records["points"], "number", "section", "title", "status", "confidence")
    return [(*row, texts.get(point["number"])) for row, point in zip(rows, records["points"], strict=True)]


def assignments(unit_lists: Iterable[Record]) -> Iterator[Row]:
    """Who answers for which point; a list that cannot be assigned gives nothing."""
    for units in unit_lists:
        if units["point"] is not None:
            for position, member in enumerate(units["members"], start=1):
                yield units["point"], position, member["group"], member["organization"], member["as_written"]


def targets(records: Iterable[Record]) -> list[Row]:
    """The targets, each telling whether its deadline is stated."""
    basis = {True: "stated", False: "not_stated"}
    stated = [record | {"deadline_basis": basis[record["deadline"] is not None]} for record in records]
    fields = ["point" if column == "point_number" else column for column in COLUMNS["targets"]]
    return pick(stated, *fields)


def open_questions(records: Iterable[Record]) -> list[Row]:
    """The questions, their candidates joined by semicolons."""
    joined = [record | {"candidates": "; ".join(record["candidates"])} for record in records]
    return pick(joined, *COLUMNS["open_questions"])


def owners_of(records: dict[str, list[Record]]) -> Iterator[tuple[int, int, int, str | None]]:
    """Where a mention belongs: start, end, point and measure (none in a heading)."""
    for record in records["measures"]:
        yield from ((start, end, record["point"], record["id"]) for start, end in record["at"])
    for record in records["points"]:
        yield from ((start, end, record["number"], None) for start, end in record.get("at", ()))


def mentions(records: Iterable[Record], owners: Sequence[tuple[int, int, int, str | None]]) -> Iterator[Row]:
    """Each point and measure that mentions a record, once; section titles and the preamble belong to no point."""
    for record in records:
        starts = [start for mention in record["mentions"] for start, _ in mention["at"]]
        held = {owner[2:] for owner in owners for start in starts if owner[0] <= start < owner[1]}
        for point, measure in sorted(held, key=lambda pair: (pair[0], pair[1] or "")):
            yield record["id"], point, measure


def spans(text: str, annotation: Annotation) -> list[Row]:
    """Where every record stands, in the order of the source, the longer span first."""
    found = {(item.start, -item.end, item.table, item.key) for item in annotation.quotations() if item.table}
    return [
        (table, key, start, -end, hashlib.sha256(text[start:-end].encode()).hexdigest())
        for start, end, table, key in sorted(found)
    ]


def write(folder: Path, content: dict[str, list[Row]]) -> None:
    """Write one CSV file for each table: UTF-8, newlines alone, quotes only where they are needed."""
    folder.mkdir(parents=True, exist_ok=True)
    for table, rows in content.items():
        with (folder / f"{table}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(COLUMNS[table])
            writer.writerows(rows)


def build(source: Path = SOURCE, data: Path = DATA) -> None:
    """Check the annotation against the source, and write the tables."""
    annotation = load(source / "annotations")
    text = read(source / annotation.source["path"], annotation.source)
    verify(text, annotation)
    write(data, tables(text, annotation))


if __name__ == "__main__":
    try:
        build()
    except AnnotationError as error:
        sys.exit(f"build.py: {error}")
