"""Structure: what a package's descriptor, schemas and dialects say, held against its files.

`check` gives the findings for each resource, `checked` with what else its one reading told, `tables` the typed rows of
each table, `insert_typed` the same by SQL alone. Two engines stand behind them: `engine` judges delimited text in
DuckDB; `reference` is frictionless, which takes all else and settles what is meant. Either is given descriptors that
are self-contained, so it fetches nothing.
"""

from minshu.structure.reference import Row, SourceTable, tables
from minshu.structure.typed import Stored, insert_typed
from minshu.structure.verdict import Checked, check, checked

__all__ = ["Checked", "Row", "SourceTable", "Stored", "check", "checked", "insert_typed", "tables"]
