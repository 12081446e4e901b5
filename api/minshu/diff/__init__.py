"""The difference between two states of a data package: what changed, and how much of a version that takes.

`package`, `fields` and `constraints` tell it of descriptors and Table Schemas, `rows` of what the tables hold, and
`rules` says what each change means for the version. `docs/versions.md` lists the rules.
"""

from minshu.diff.bump import Bump
from minshu.diff.cells import RowChange
from minshu.diff.compare import Comparison, compared, comparing
from minshu.diff.model import Change, Difference, SideName, TableDifference
from minshu.diff.side import Side, released_side

__all__ = [
    "Bump",
    "Change",
    "Comparison",
    "Difference",
    "RowChange",
    "Side",
    "SideName",
    "TableDifference",
    "compared",
    "comparing",
    "released_side",
]
