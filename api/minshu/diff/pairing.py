"""Which resource and which field of one side is which of the other: by name, and by proof where a name changed."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from minshu.descriptors import paths_of
from minshu.diff.side import Side
from minshu.manifest import ReleasedColumn


@dataclass(frozen=True)
class Pairing:
    """Old names by new ones: of resources, and for each pair of tables, by its new name, of fields."""

    resources: Mapping[str, str]
    fields: Mapping[str, Mapping[str, str]]


def paired_resources(old: Side, new: Side) -> dict[str, str]:
    """The resources of the new side that were there before, with their old names.

    One is renamed for certain where the names alone differ: the files are the same, and no other's.
    """
    pairs = {name: name for name in new.resources if name in old.resources}
    gone = [name for name in old.resources if name not in new.resources]
    come = [name for name in new.resources if name not in old.resources]
    for name in come:
        found = [other for other in gone if _is_renamed(old, other, new, name)]
        rivals = [other for other in come if _digests(new, other) == _digests(new, name)]
        if len(found) == 1 and len(rivals) == 1:
            pairs[name] = found[0]
    return {name: pairs[name] for name in new.resources if name in pairs}


def _is_renamed(old: Side, was: str, new: Side, name: str) -> bool:
    digests = _digests(old, was)
    return bool(digests) and digests == _digests(new, name) and _schema(old, was) == _schema(new, name)


def _digests(side: Side, name: str) -> list[str | None]:
    return [side.files.get(path) for path in paths_of(side.resources[name])]


def _schema(side: Side, name: str) -> object:
    return side.resources[name].get("schema")


def paired_fields(old: Sequence[ReleasedColumn], new: Sequence[ReleasedColumn]) -> dict[str, str]:
    """The fields that both have by name, the old name of each being its own."""
    known = {column.name for column in old}
    return {column.name: column.name for column in new if column.name in known}


def renaming_candidates(old: Sequence[ReleasedColumn], new: Sequence[ReleasedColumn]) -> dict[str, str]:
    """Fields that could be others renamed, old names by new: of the same type, in the same place among the rest.

    Whether they are is for their values to prove.
    """
    return {
        there.name: here.name for here, there in _in_the_same_place(old, new) if here.field_type == there.field_type
    }


def _in_the_same_place(
    old: Sequence[ReleasedColumn], new: Sequence[ReleasedColumn]
) -> Iterator[tuple[ReleasedColumn, ReleasedColumn]]:
    before, after = [column.name for column in old], [column.name for column in new]
    for tag, i, j, k, m in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if tag == "replace" and j - i == m - k:
            pairs = zip(old[i:j], new[k:m], strict=True)
            yield from ((here, there) for here, there in pairs if here.name not in after and there.name not in before)
