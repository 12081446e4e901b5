"""What a row of a table is in JSON, as a JSON Schema made of the manifest and of the publisher's descriptor."""

from collections.abc import Mapping
from typing import Any, Final

from minshu.descriptors import fields_of, resources_of
from minshu.manifest import ReleasedColumn, ReleasedTable

Schema = dict[str, Any]

# Field types whose text in JSON has a form of a name that OpenAPI's registry knows.
TEXT_FORMATS: Final[Mapping[str, str]] = {
    "DATE": "date",
    "TIMESTAMPTZ": "date-time",
    "TIMESTAMP WITH TIME ZONE": "date-time",
}
CHOICES: Final = 50
"""The most values of an enumeration that are listed."""


def row_schema(table: ReleasedTable, descriptor: Mapping[str, Any], example: Mapping[str, Any] | None) -> Schema:
    """The schema of a whole row. `example` is one that the table holds."""
    fields = _fields(table, descriptor)
    schema: Schema = {
        "type": "object",
        "title": table.title or table.name,
        "required": [column.name for column in table.columns],
        "properties": {
            column.name: cell_schema(column, fields.get(column.name, {}), _never_null(column, table, fields))
            for column in table.columns
        },
    }
    if table.description:
        schema["description"] = table.description
    return {**schema, "examples": [example]} if example else schema


def cell_schema(column: ReleasedColumn, field: Mapping[str, Any], required: bool) -> Schema:
    """The schema of a column's values. What a publisher's field says is taken only where it has the standard's form."""
    schema: Schema = {"type": [*_types(column), *([] if required else ["null"])]}
    if len(schema["type"]) == 1:
        (schema["type"],) = schema["type"]
    if column.json_type == "string":
        schema |= _text_form(column)
    for told in ("title", "description"):
        if text := getattr(column, told):
            schema[told] = text
    choices = _texts(_mapping(field.get("constraints")).get("enum"))
    if column.field_type == "string" and 0 < len(choices) <= CHOICES:
        schema["enum"] = [*choices, *([] if required else [None])]
    return schema


def _types(column: ReleasedColumn) -> list[str]:
    if column.type == "JSON":
        return [column.json_type, "string"]  # Text, where it is JSON to DuckDB alone.
    if column.type == "DOUBLE":
        return ["number", "string"]  # `NaN` and the infinities are texts.
    if column.json_type == "number":
        return ["integer"]
    return [column.json_type]


def _text_form(column: ReleasedColumn) -> Schema:
    if column.field_type in ("integer", "year"):
        return {"pattern": "^-?[0-9]+$"}
    if column.type.startswith("DECIMAL"):
        return {"format": "decimal", "pattern": r"^-?[0-9]+(\.[0-9]+)?$"}
    return {"format": TEXT_FORMATS[column.type]} if column.type in TEXT_FORMATS else {}


def _never_null(column: ReleasedColumn, table: ReleasedTable, fields: Mapping[str, Mapping[str, Any]]) -> bool:
    constraints = _mapping(fields.get(column.name, {}).get("constraints"))
    return column.name in table.primary_key or constraints.get("required") is True


def _fields(table: ReleasedTable, descriptor: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """The fields that the package declares for a table, by their names."""
    own = (resource for resource in resources_of(descriptor) if resource.get("name") == table.name)
    return fields_of(next(own, {}))


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _texts(value: object) -> list[str]:
    """A list of nothing but texts; an empty one where it is something else."""
    texts = [item for item in value if isinstance(item, str)] if isinstance(value, list) else []
    return texts if isinstance(value, list) and len(texts) == len(value) else []
