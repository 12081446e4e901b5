"""The lists that measures count by. They are named here and nowhere else, and docs/scorecard.md shows them."""

from collections.abc import Mapping
from typing import Final

STRUCTURED: Final = frozenset(
    {
        *("arrow", "csv", "feather", "geojson", "gml", "json", "jsonl", "jsonld", "kml", "ndjson", "ods"),
        *("parquet", "rdf", "sqlite", "tsv", "ttl", "xlsx", "xml", "yaml", "yml"),
    }
)
"""The endings of files whose parts a program can tell apart, whether or not they were read as tables."""

OPEN_LICENCES: Final = frozenset(
    {
        *("CC0-1.0", "CC-BY-4.0", "CC-BY-SA-4.0", "CC-BY-3.0", "CC-BY-SA-3.0"),
        *("PDDL-1.0", "ODC-By-1.0", "ODbL-1.0", "ODC-PDDL-1.0", "ODC-BY-1.0", "ODC-ODbL-1.0"),
        *("OGL-UK-3.0", "OGL-Canada-2.0", "etalab-2.0", "DL-DE-BY-2.0", "DL-DE-ZERO-2.0"),
    }
)
"""Licences of data that let everybody use, change and pass it on, by the identifiers of SPDX and Open Definition."""

DAYS: Final[Mapping[str, int]] = {
    "每日": 1,
    "每周": 7,
    "每月": 31,
    "每季度": 92,
    "每半年": 184,
    "每年": 366,
}
"""The most days between two releases, by the declared frequency."""

UNTIMED: Final = frozenset({"实时", "不定期", "不更新"})
"""Frequencies that no date of a release can break."""

INTERVALS: Final = 12
"""How many intervals between releases are held against the frequency: the newest."""

TINY: Final = 1000
"""The most rows of a dataset that may be a fragment."""

PIECES: Final = 3
"""From how many datasets of the same columns on each of them is a fragment."""

ASKED_OF_API: Final = 0.3
"""The share of open datasets that the national pilot of 2018 asks to be had by an interface."""
