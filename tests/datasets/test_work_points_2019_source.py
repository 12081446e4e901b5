"""How the tables of the work points are built, and what is claimed of the order of their source."""

import hashlib
import itertools
import re
from copy import deepcopy
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

Tables = dict[str, list[dict[str, str]]]


def numbered(runs: list[dict[str, Any]]) -> list[int]:
    """The place in the notice of each sentence of the file."""
    return [number for run in runs for number in range(run["notice"][0], run["notice"][1] + 1)]


def keeps_order(places: list[int], found: list[str]) -> bool:
    """Whether the same place always holds the same sentence, and the same sentence always the same place."""
    pairs = set(zip(places, found, strict=True))
    return len(pairs) == len({place for place, _ in pairs}) == len({sentence for _, sentence in pairs})


# The build


def test_the_committed_tables_equal_a_rebuild_byte_for_byte(builder: ModuleType, package: Path, tmp_path: Path) -> None:
    builder.build(data=tmp_path)
    rebuilt = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert rebuilt == {path.name: path.read_bytes() for path in (package / "data").iterdir()}


def test_the_builder_refuses_a_source_that_was_not_annotated(
    builder: ModuleType, annotation: Any, package: Path, tmp_path: Path
) -> None:
    changed = tmp_path / "notice.txt"
    changed.write_bytes((package / "source" / "notice.txt").read_bytes() + b"\n")
    with pytest.raises(builder.AnnotationError, match=r"notice\.txt is not the annotated source"):
        builder.read(changed, annotation.source)


def test_a_wrong_quotation_is_refused_and_its_place_named(builder: ModuleType, annotation: Any, notice: str) -> None:
    wrong = deepcopy(annotation)
    wrong.records["measures"][6]["quote"] = "推动IPv6规模部署，提升IPv4用户占比。"
    with pytest.raises(builder.AnnotationError, match=r"measures\.yaml: measures m007 at 1825-1847 quotes .*IPv4"):
        builder.verify(notice, wrong)


def test_a_copy_that_is_not_annotated_is_refused(builder: ModuleType, annotation: Any, notice: str) -> None:
    wrong = deepcopy(annotation)
    wrong.records["measures"][0]["at"].pop()
    with pytest.raises(builder.AnnotationError, match="stands 2 times in the source, not 1"):
        builder.verify(notice, wrong)


def test_text_that_no_annotation_covers_is_refused(builder: ModuleType, annotation: Any, notice: str) -> None:
    wrong = deepcopy(annotation)
    del wrong.records["measures"][6]
    with pytest.raises(builder.AnnotationError, match="No annotation covers the source at 1825"):
        builder.verify(notice, wrong)


def test_runs_that_leave_a_gap_are_refused(builder: ModuleType, annotation: Any, notice: str) -> None:
    wrong = deepcopy(annotation)
    del wrong.records["runs"][4]
    with pytest.raises(builder.AnnotationError, match="the run at 886-1074"):
        builder.verify(notice, wrong)


@given(data=st.data())
def test_any_quotation_that_is_moved_is_refused(
    builder: ModuleType, annotation: Any, notice: str, data: st.DataObject
) -> None:
    heading_ = data.draw(st.sampled_from(["points", "measures", "targets", "systems", "places", "instruments"]))
    records = annotation.records[heading_]
    parts = [part for record in records for part in (record, *record.get("mentions", ())) if "at" in part]
    part = data.draw(st.sampled_from(parts))
    before, by = part["at"], data.draw(st.integers(-200, 200).filter(bool))
    part["at"] = [[before[0][0] + by, before[0][1] + by], *before[1:]]
    try:
        if notice[max(before[0][0] + by, 0) : before[0][1] + by] != part["quote"]:
            with pytest.raises(builder.AnnotationError):
                builder.verify(notice, annotation)
    finally:
        part["at"] = before


# The source and its order


def test_the_source_is_the_one_that_was_annotated(package: Path, annotation: Any) -> None:
    raw = (package / "source" / "notice.txt").read_bytes()
    assert hashlib.sha256(raw).hexdigest() == annotation.source["sha256"]
    assert len(raw.decode()) == annotation.source["characters"] == 6204


def test_the_source_has_139_clauses_between_full_stops_and_semicolons_107_of_them_distinct(notice: str) -> None:
    clauses = [clause.strip() for clause in re.split("[。；]", notice)]
    assert (len(clauses), len(set(clauses))) == (139, 107)


def test_the_source_has_138_sentences_106_of_them_distinct(sentences: list[str]) -> None:
    assert (len(sentences), len(set(sentences))) == (138, 106)


def test_own_sentences_stand_at_their_own_place_in_the_notice(annotation: Any) -> None:
    assert all(run["file"] == run["notice"] for run in annotation.records["runs"] if run["stream"] == "own")


def test_copies_go_on_where_the_copy_before_them_stopped(annotation: Any) -> None:
    copies = [run["notice"] for run in annotation.records["runs"] if run["stream"] == "copy"]
    assert copies[0][0] == 1
    assert all(second[0] == first[1] + 1 for first, second in itertools.pairwise(copies))


def test_the_same_place_always_holds_the_same_sentence(annotation: Any, sentences: list[str]) -> None:
    assert keeps_order(numbered(annotation.records["runs"]), sentences)


def test_every_copy_begins_with_the_second_sentence_of_a_line(annotation: Any, notice: str) -> None:
    second = [notice.index("。", match.end()) + 1 for match in re.finditer(r"\A|\n", notice)]
    assert [run["at"][0] for run in annotation.records["runs"] if run["stream"] == "copy"] == second


def test_no_other_length_of_any_copy_but_the_last_keeps_the_order(annotation: Any, sentences: list[str]) -> None:
    runs = annotation.records["runs"]
    copies = [index for index, run in enumerate(runs) if run["stream"] == "copy"]
    for index, by in itertools.product(copies[:-1], (-1, 1)):
        wrong = deepcopy(runs)
        wrong[index]["notice"][1] += by
        wrong[index + 1]["notice"][0] += by
        for later in copies[copies.index(index) + 1 :]:
            wrong[later]["notice"] = [number + by for number in wrong[later]["notice"]]
        assert not keeps_order(numbered(wrong), sentences), runs[index]


def test_the_places_of_32_sentences_that_the_file_lacks_are_known(annotation: Any) -> None:
    lost = set(range(1, 139)) - set(numbered(annotation.records["runs"]))
    assert lost == {*range(66, 71), *range(77, 81), *range(86, 90), *range(96, 100), *range(105, 109)} | {
        *range(115, 119),
        *range(125, 128),
        *range(134, 138),
    }


def test_what_touches_a_seam_that_no_copy_fixes_is_not_proven(annotation: Any) -> None:
    unfixed = {run["at"][1] for run in annotation.records["runs"] if run["fixed"] != "copies"}
    touching = [
        record
        for record in annotation.records["measures"]
        if len(record["at"]) == 1 and unfixed.intersection(record["at"][0])
    ]
    assert len(touching) == 15
    assert all(record["confidence"] != "proven" for record in touching)


def test_every_code_point_belongs_to_a_span_or_a_frame_or_is_a_newline(
    tables: Tables, annotation: Any, notice: str
) -> None:
    covered = {index for record in annotation.records["frame"] for at in record["at"] for index in range(*at)}
    for row in tables["spans"]:
        covered.update(range(int(row["start"]), int(row["end"])))
    assert {notice[index] for index in set(range(len(notice))) - covered} == {"\n"}


def test_only_the_front_matter_is_a_frame(annotation: Any) -> None:
    assert [record["name"] for record in annotation.records["frame"]] == ["letter", "preamble", "resolution"]
