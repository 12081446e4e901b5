"""One field's type, constraints and missing values as SQL: pure functions from frictionless's fields to text."""

from dataclasses import dataclass, replace
from typing import Any

from minshu.structure.lexical import Lexical, among, lexical, matches
from minshu.structure.patterns import as_re2
from minshu.structure.standard.fields import category_values

COMPARISONS = {"minimum": ">=", "maximum": "<=", "exclusiveMinimum": ">", "exclusiveMaximum": "<"}


class NotCompiled(Exception):
    """SQL cannot judge this table as frictionless does."""


@dataclass(frozen=True)
class Compiled:
    """One field in SQL. `form` is None where only Python reads its cells.

    `missing` tells that a cell holds no value; `holds` that a value is certainly of its type and keeps every
    constraint.
    """

    field: Any
    cell: str
    missing: str
    required: bool
    form: Lexical | None
    holds: str

    def fine(self, otherwise: str | None = None) -> str:
        """SQL: the cell has certainly no error. `otherwise` stands in for `holds` where Python read the values."""
        holds = otherwise or self.holds
        return f"(not {self.missing} and {holds})" if self.required else f"({holds} or {self.missing})"

    @property
    def key(self) -> str:
        """SQL: the cell's value, null where it has none. Raises NotCompiled where SQL does not know it."""
        if self.form is None:
            raise NotCompiled
        return f"(case when {self.missing} then null when {self.form.clean} then {self.form.value} end)"

    @property
    def proven(self) -> "Compiled":
        """The same field, where each cell is missing or known to be clean."""
        return replace(self, form=self.form and replace(self.form, clean="true"))

    def over(self, value: str) -> "Compiled":
        """The same field, where a column holds its `key`."""
        form = self.form and replace(self.form, clean=f"{value} is not null", value=value)
        return self if python_only(self) else _compiled(self.field, self.cell, form)

    @property
    def odd(self) -> str:
        """SQL: whether the cell's value, if it has one, is not known to SQL."""
        clean = "false" if self.form is None else self.form.clean
        return f"(case when {self.missing} or {clean} then false else true end)"


def compiled(field: Any, cell: str) -> Compiled:
    """The field in SQL, over `cell`: the name of a text column."""
    return _compiled(field, cell, lexical(field, cell))


def _compiled(field: Any, cell: str, form: Lexical | None) -> Compiled:
    missing = _missing(field, cell)
    required = bool(field.constraints.get("required"))
    if form is not None:
        conditions = _constraints(field, cell, form)
        if conditions is not None:
            return Compiled(field, cell, missing, required, form, f"({' and '.join([form.clean, *conditions])})")
    return Compiled(field, cell, missing, required, form, "false")


def python_only(field: Compiled) -> bool:
    """Whether SQL tells nothing of the field's cells, so that all its values are to be read by Python."""
    return field.holds == "false"


def _missing(field: Any, cell: str) -> str:
    values = field.missing_values
    if not field.has_defined("missing_values") and field.schema:
        values = field.schema.missing_values
    texts = ", ".join("'" + value.replace("'", "''") + "'" for value in values)
    return f"({cell} is null or {cell} in ({texts}))" if texts else f"({cell} is null)"


def _constraints(field: Any, cell: str, form: Lexical) -> list[str] | None:
    """SQL for each constraint of the field that its type supports; None where one of them has none."""
    conditions = []
    for name in field.supported_constraints:
        constraint = field.constraints.get(name)
        if constraint is None or name == "required":
            continue
        condition = _constraint(field, cell, form, name, constraint)
        if condition is None:
            return None
        conditions.append(condition)
    if categories := category_values(field):
        conditions.append(_enum(field, form, categories) or "false")
    return conditions


def _constraint(field: Any, cell: str, form: Lexical, name: str, constraint: Any) -> str | None:
    if name == "enum":
        return _enum(field, form, constraint)
    if name == "pattern":
        pattern = as_re2(constraint)
        return None if pattern is None else matches(cell, pattern)
    if name in ("minLength", "maxLength"):
        sign = ">=" if name == "minLength" else "<="
        return f"length({cell}) {sign} {constraint}" if type(constraint) is int else None
    if name in COMPARISONS and form.ordered:
        limit = field.create_value_reader()(constraint)
        bound = form.constant(limit)
        if bound is None:
            return None
        compared = f"{form.value} {COMPARISONS[name]} {bound}"
        # Most numbers have no sign, and no lower bound of 0 or less needs their values.
        return f"({form.unsigned} or {compared})" if form.unsigned and name == "minimum" and limit <= 0 else compared
    return None


def _enum(field: Any, form: Lexical, constraint: Any) -> str | None:
    """Values that SQL cannot say are left out: a cell that has one of them is put to Python."""
    read = field.create_value_reader()
    values = [form.constant(value) for value in map(read, constraint) if value is not None]
    known = [value for value in values if value is not None]
    return among(form.value, known) if known else None
