"""The form that adds a filter to a table, and the filters that there are, in words."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from minshu.bilingual import localized
from minshu.errors import BadRequest, NotFound
from minshu.filters import kind
from minshu.http.table_state import Columns, Condition
from minshu.http.table_words import FAMILIES, FAMILY_NAMES, family, fault_words, operator_words, said
from minshu.operators import OPERATORS
from minshu.reports import Language

Fault = tuple[Condition, BadRequest | NotFound]


@dataclass(frozen=True)
class FilterForm:
    """The form for a table with these columns. `begun` is what stands in it already, of which a fault may be told."""

    columns: Columns
    language: Language
    begun: Condition
    fault: Fault | None = None

    def shown(self, top: list[Any]) -> dict[str, Any]:
        """What the template needs. `top` has values that are frequent in the column at hand."""
        families = [name for name in FAMILIES if any(family(column) == name for column in self.columns)]
        return {
            "begun": self.begun,
            "fault": fault_words(self.fault[0], self.columns, self.language) if self.fault else None,
            "columns": [
                {
                    "name": column.name,
                    "title": localized(self.language, column.title or ""),
                    "family": family(column),
                    "example": kind(column).example,
                }
                for column in self.columns
            ],
            "families": [self._family(name) for name in families],
            "values": top,
        }

    def title(self, name: str) -> str:
        """What people call a column."""
        title = next((column.title for column in self.columns if column.name == name), None)
        return localized(self.language, title or name)

    def words(self, condition: Condition) -> tuple[str, str, str]:
        """A filter in words: its column, its operator and its value."""
        return self.title(condition.column), operator_words(condition, self.columns, self.language), condition.value

    def _family(self, name: str) -> dict[str, Any]:
        """The operators of a family of columns; those of the column at hand have one chosen among them."""
        at_hand = next((family(column) for column in self.columns if column.name == self.begun.column), None)
        operators = list(self._operators(name))
        chosen = self.begun.operator if self.begun.operator in FAMILIES[name] else operators[0]["name"]
        return {
            "name": name,
            "title": said(FAMILY_NAMES[name], self.language),
            "operators": operators,
            "chosen": chosen if name == at_hand else None,
        }

    def _operators(self, name: str) -> Iterator[dict[str, str]]:
        for operator, words in FAMILIES[name].items():
            yield {"name": operator, "words": said(words, self.language), "arity": OPERATORS[operator].arity}
