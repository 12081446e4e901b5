"""Field types as Table Schema 2.0 has them, where frictionless lacks something: classes that it takes for its own."""

import operator
import re
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any, ClassVar

import attrs
import jsonschema
from frictionless import Field, FrictionlessException, fields
from frictionless import errors as kinds
from jsonschema.validators import extend, validator_for
from jsonschema_specifications import REGISTRY

from minshu.structure.standard.durations import holds
from minshu.structure.standard.matching import Matcher, is_tame

Check = Callable[[Any], bool]
define = attrs.define(kw_only=True, repr=False)
BOUNDS = {
    "minimum": operator.ge,
    "maximum": operator.le,
    "exclusiveMinimum": operator.gt,
    "exclusiveMaximum": operator.lt,
}
CATEGORIES: dict[str, Any] = {
    "properties": {"categories": {"type": "array", "minItems": 1}, "categoriesOrdered": {"type": "boolean"}}
}


class More(Field):
    """Constraints beside those that frictionless knows, told of in its words."""

    more_constraints: ClassVar[tuple[str, ...]] = ()

    def more_checks(self) -> Iterator[tuple[str, object, Check]]:
        """The name, the value and the check of each further constraint that the field has."""
        yield from ()

    @classmethod
    def more_notes(cls, descriptor: Mapping[str, Any]) -> Iterator[str]:  # noqa: ARG003  # for those that have some
        """What is wrong with the further constraints of a descriptor."""
        yield from ()

    def create_cell_reader(self) -> Any:
        """Frictionless's reader, and the further checks after it."""
        read = super().create_cell_reader()
        checks = list(self.more_checks())
        if not checks:
            return read

        def reader(cell: Any) -> tuple[Any, dict[str, str] | None]:
            value, notes = read(cell)
            if value is not None and not (notes and "type" in notes):
                broken = {name: said for name, said, check in checks if not check(value)}
                if broken:
                    notes = (notes or {}) | {name: f'constraint "{name}" is "{said}"' for name, said in broken.items()}
            return value, notes

        return reader

    @classmethod
    def metadata_validate(  # type: ignore[override]  # as frictionless's own fields have it
        cls, descriptor: Any, *, context: Any = None
    ) -> Iterator[Any]:
        """Frictionless's errors of a descriptor, without those of constraints that it does not know."""
        constraints = descriptor.get("constraints")
        if isinstance(constraints, dict):
            known = {name: value for name, value in constraints.items() if name not in cls.more_constraints}
            yield from super().metadata_validate({**descriptor, "constraints": known}, context=context)
        else:
            yield from super().metadata_validate(descriptor, context=context)
        yield from (kinds.FieldError(note=note) for note in cls.more_notes(descriptor))


class Categorical(More):
    """A field whose values may be limited to categories: values, or objects with a `value` and a `label`."""

    def more_checks(self) -> Iterator[tuple[str, object, Check]]:
        """The value is one of the categories."""
        if values := category_values(self):
            read = self.create_value_reader()
            known = {read(value) for value in values}
            yield "categories", values, known.__contains__

    @classmethod
    def more_notes(cls, descriptor: Mapping[str, Any]) -> Iterator[str]:
        """Categories are alike, and none stands twice."""
        categories = descriptor.get("categories")
        if not isinstance(categories, list):
            return
        values = [item.get("value") if isinstance(item, dict) else item for item in categories]
        if not all(isinstance(value, str | int) for value in values):
            yield '"categories" must be texts or integers, or objects with a "value" that is one'
        elif len(set(map(str, values))) < len(values):
            yield '"categories" must not repeat a value'


def category_values(field: Any) -> list[Any]:
    """The values of a field's categories, none where it has no categories."""
    categories = getattr(field, "categories", None) or []
    return [item["value"] if isinstance(item, dict) else item for item in categories]


class JsonSchema(More):
    """A field whose values may have to satisfy a JSON Schema."""

    more_constraints: ClassVar[tuple[str, ...]] = ("jsonSchema",)

    def more_checks(self) -> Iterator[tuple[str, object, Check]]:
        """The value satisfies the schema."""
        schema = self.constraints.get("jsonSchema")
        if schema is not None:
            patient = extend(validator_for(schema), {"pattern": _pattern_keyword()})
            yield "jsonSchema", schema, partial(_satisfies, patient(schema, registry=REGISTRY))

    @classmethod
    def more_notes(cls, descriptor: Mapping[str, Any]) -> Iterator[str]:
        """The schema is one, and refers to nothing outside of itself."""
        constraints = descriptor.get("constraints")
        schema = constraints.get("jsonSchema") if isinstance(constraints, dict) else None
        if schema is None:
            return
        if not isinstance(schema, dict):
            yield 'constraint "jsonSchema" must be an object'
        elif any(not reference.startswith("#") for reference in _found(schema, "$ref", "$dynamicRef")):
            yield 'constraint "jsonSchema" refers to another document, and nothing is fetched'
        elif not all(map(is_tame, _found(schema, "patternProperties"))):
            yield 'constraint "jsonSchema" has a pattern of names that may take for ever'
        else:
            try:
                validator_for(schema).check_schema(schema)
            except jsonschema.SchemaError as error:
                yield f'constraint "jsonSchema" is no JSON Schema: {error.message}'


def _satisfies(validator: Any, value: Any) -> bool:
    try:
        return bool(validator.is_valid(value))
    except FrictionlessException:
        raise
    except Exception:  # noqa: BLE001  # a pattern that is none, a reference to nowhere or to itself
        return False


def _pattern_keyword() -> Callable[..., Iterator[jsonschema.ValidationError]]:
    """The keyword `pattern` of JSON Schema, which is found anywhere in a text, matched with patience."""
    matchers: dict[str, Matcher] = {}

    def check(_: Any, pattern: str, instance: Any, __: Any) -> Iterator[jsonschema.ValidationError]:
        if not isinstance(instance, str):
            return
        if is_tame(pattern):
            found = re.search(pattern, instance) is not None
        else:
            matcher = matchers.setdefault(pattern, Matcher(f"(?s:.*?)(?:{pattern})(?s:.*)"))
            found = matcher(instance)
        if not found:
            yield jsonschema.ValidationError(f"{instance!r} does not match {pattern!r}")

    return check


def _found(schema: Any, *keys: str) -> Iterator[str]:
    """The texts that stand at these keys, or are the names of what stands there, anywhere in a schema."""
    if isinstance(schema, dict):
        for key in keys:
            value = schema.get(key)
            yield from (value,) if isinstance(value, str) else value if isinstance(value, dict) else ()
        for value in schema.values():
            yield from _found(value, *keys)
    elif isinstance(schema, list):
        for value in schema:
            yield from _found(value, *keys)


@define
class StringField(Categorical, fields.StringField):
    """A text, maybe one of categories, and maybe of a pattern that nobody should wait for."""

    categories: list[Any] | None = None
    categories_ordered: bool = False
    metadata_profile_patch = CATEGORIES

    def create_cell_reader(self) -> Any:
        """Frictionless's reader; where its matcher might not come to an end, with one that does."""
        pattern = self.constraints.get("pattern")
        if not isinstance(pattern, str) or is_tame(pattern):
            return super().create_cell_reader()
        re.compile(f"^{pattern}$")
        kept, self.constraints = self.constraints, {**self.constraints, "pattern": None}
        try:
            read = super().create_cell_reader()
        finally:
            self.constraints = kept
        matches = Matcher(pattern)

        def reader(cell: Any) -> tuple[Any, dict[str, str] | None]:
            value, notes = read(cell)
            if value is not None and not (notes and "type" in notes) and not matches(value):
                notes = (notes or {}) | {"pattern": f'constraint "pattern" is "{pattern}"'}
            return value, notes

        return reader


@define
class IntegerField(Categorical, fields.IntegerField):
    """An integer, maybe one of categories, and maybe with a character between groups of digits."""

    categories: list[Any] | None = None
    categories_ordered: bool = False
    group_char: str = ""
    metadata_profile_patch: ClassVar[dict[str, Any]] = {
        "properties": {**CATEGORIES["properties"], "groupChar": {"type": "string"}}
    }

    def create_value_reader(self) -> Any:
        """Frictionless's reader, without the characters between groups."""
        read: Any = super().create_value_reader()  # type: ignore[no-untyped-call]
        if not self.group_char:
            return read
        return lambda cell: read(cell.replace(self.group_char, "") if isinstance(cell, str) else cell)


@define
class ArrayField(JsonSchema, fields.ArrayField):
    """An array of JSON's."""


@define
class ObjectField(JsonSchema, fields.ObjectField):
    """An object of JSON's."""


@define
class ListField(fields.ListField):
    """A delimited list, maybe one of several."""

    supported_constraints: ClassVar[list[str]] = [*fields.ListField.supported_constraints, "enum"]


@define
class DurationField(More, fields.DurationField):
    """A duration, with bounds."""

    more_constraints: ClassVar[tuple[str, ...]] = tuple(BOUNDS)

    def more_checks(self) -> Iterator[tuple[str, object, Check]]:
        """The value is within its bounds, whatever month it begins in."""
        read: Any = self.create_value_reader()  # type: ignore[no-untyped-call]
        for name, compare in BOUNDS.items():
            said = self.constraints.get(name)
            if said is not None:
                yield name, said, partial(_within, compare, read(said))

    @classmethod
    def more_notes(cls, descriptor: Mapping[str, Any]) -> Iterator[str]:
        """The bounds are durations."""
        constraints = descriptor.get("constraints")
        if not isinstance(constraints, dict):
            return
        read: Any = fields.DurationField(name="bound").read_cell
        for name in BOUNDS:
            if name in constraints and read(constraints[name])[0] is None:
                yield f'constraint "{name}" is no duration: "{constraints[name]}"'


def _within(compare: Callable[[Any, Any], bool], bound: Any, value: Any) -> bool:
    return holds(compare, value, bound)


FIELDS: Mapping[str, Any] = {
    "string": StringField,
    "integer": IntegerField,
    "array": ArrayField,
    "object": ObjectField,
    "list": ListField,
    "duration": DurationField,
}
