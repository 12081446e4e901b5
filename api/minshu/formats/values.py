"""The one form of every value, as text and in JSON, batch by batch.

Text is the default lexical form of Table Schema wherever that has one.
"""

import base64
import itertools
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as pt

from minshu.formats.columns import EXACT, Column, exceeds, is_list, json_type


def json_values(array: pa.Array, column: Column) -> list[Any]:
    """The values of an array, ready for orjson."""
    if column.type == "JSON":
        return [None if text is None else _raw_json(text) for text in array.to_pylist()]
    if pt.is_nested(array.type):
        return _nested(array, column.type)
    if column.json in ("boolean", "number"):
        return _numbers(array) if pt.is_floating(array.type) else array.to_pylist()
    if pt.is_string(array.type):
        return array.to_pylist()  # type: ignore[no-any-return]
    return _few_texts(array) or text_values(array, column.type).to_pylist()


FEW = 8
"""Up to how many values are written sooner one by one than Arrow is told to write them all."""

_FEW: Mapping[int, Callable[[Any], str]] = {
    pa.lib.Type_DATE32: str,
    pa.lib.Type_DECIMAL128: lambda value: f"{value:f}",
    pa.lib.Type_INT32: str,
    pa.lib.Type_INT64: str,
}


def _few_texts(array: pa.Array) -> list[str | None]:
    """What `text_values` gives, for a few values of a common type; nothing for others."""
    form = _FEW.get(array.type.id)
    if form is None or len(array) > FEW:
        return []
    try:
        return [None if value is None else form(value) for value in array.to_pylist()]
    except (OverflowError, ValueError):
        return []  # A date that Python has none for, such as the infinite one.


def json_texts(array: pa.Array, column: Column) -> pa.Array:
    """The values of an array as JSON texts, which say what `json_values` says; null stays null."""
    if column.type == "JSON" or pt.is_nested(array.type) or not _all_finite(array):
        return _dumped(json_values(array, column))
    text = text_values(array, column.type)
    if column.json in ("boolean", "number"):
        return text
    if pt.is_primitive(array.type) or not _JSON_SPECIAL.search(raw_bytes(text)):
        return joined('"', text, '"')
    special = pc.fill_null(pc.match_substring_regex(text, _JSON_SPECIAL.pattern.decode()), False)
    return pc.replace_with_mask(joined('"', text, '"'), special, _dumped(text.filter(special).to_pylist()))


_JSON_SPECIAL = re.compile(rb'[\x00-\x1f"\\]')


def _dumped(values: Iterable[Any]) -> pa.Array:
    return pa.array([None if value is None else orjson.dumps(value).decode() for value in values], pa.large_string())


def _all_finite(array: pa.Array) -> bool:
    return not pt.is_floating(array.type) or pc.all(pc.is_finite(array)).as_py() is not False


def joined(*parts: pa.Array | str, null: str | None = None, separator: str = "") -> pa.Array:
    """Large strings joined element by element; a null part makes the whole null, or is replaced by `null`."""
    strings = [pa.scalar(part, pa.large_string()) if isinstance(part, str) else part for part in (*parts, separator)]
    if null is None:
        return pc.binary_join_element_wise(*strings)
    return pc.binary_join_element_wise(*strings, null_handling="replace", null_replacement=null)


def joined_data(lines: pa.Array) -> memoryview:
    """The data of joined strings, one after the other: a file's own text."""
    return memoryview(lines.buffers()[2])[: pc.sum(pc.binary_length(lines)).as_py()]


def raw_bytes(text: pa.Array) -> bytes:
    """All the bytes that lie under an array of strings, to be searched at once before any string is."""
    data = text.buffers()[2]
    return b"" if data is None else data.to_pybytes()


def _raw_json(text: str) -> object:
    """JSON text embedded as it is; as a string, where DuckDB's JSON (`NaN`, `[1,]`) isn't everyone's."""
    try:
        orjson.loads(text)
    except orjson.JSONDecodeError:
        return text
    # Newlines are only blanks in valid JSON, but they would end a line of NDJSON.
    return orjson.Fragment(text.replace("\n", " ").replace("\r", " "))


def _numbers(array: pa.Array) -> list[Any]:
    if pt.is_float32(array.type):
        # 0.1, not 0.10000000149011612: the shortest text that is this float.
        array = pc.cast(pc.cast(array, pa.string()), pa.float64())
    if _all_finite(array):
        return array.to_pylist()  # type: ignore[no-any-return]
    names = text_values(array, "DOUBLE").to_pylist()
    finite = pc.is_finite(array).to_pylist()
    return [value if plain else name for value, name, plain in zip(array.to_pylist(), names, finite, strict=True)]


def _nested(array: pa.Array, name: str) -> list[Any]:
    """Lists, structs, maps and unions, part by part, so that a date within has the same form as one without."""
    kind = array.type
    if pt.is_map(kind):
        values: Iterable[Any] = _maps(array)
    elif is_list(kind):
        inside = _inside(array.flatten(), re.sub(r"\[\d*\]\Z", "", name))
        lengths = pc.fill_null(pc.list_value_length(array), 0).to_pylist()
        ends = list(itertools.accumulate(lengths))
        values = (inside[end - length : end] for end, length in zip(ends, lengths, strict=True))
    elif pt.is_struct(kind):
        names = [item.name for item in kind]
        values = (dict(zip(names, row, strict=True)) for row in zip(*map(_inside, array.flatten()), strict=True))
    else:
        parts = [_inside(array.field(index)) for index in range(kind.num_fields)]
        return [parts[code][row] for row, code in enumerate(array.type_codes.to_pylist())]
    return [value if valid else None for value, valid in zip(values, array.is_valid().to_pylist(), strict=True)]


def _maps(array: pa.Array) -> Iterator[dict[str, Any]]:
    offsets = array.offsets.to_pylist()
    keys, items = text_values(array.keys, "").to_pylist(), _inside(array.items)
    start = offsets[0] if offsets else 0
    # `keys` and `items` begin at the first offset in some releases of pyarrow, and at 0 in others.
    shift = start if len(keys) == (offsets[-1] - start if offsets else 0) else 0
    for begin, end in itertools.pairwise(offsets):
        yield dict(zip(keys[begin - shift : end - shift], items[begin - shift : end - shift], strict=True))


def _inside(array: pa.Array, name: str = "") -> list[Any]:
    """Values within a nested one. No column declares them, so each number beyond 2^53 is a string by itself."""
    column = Column("", name, json_type(array.type, name))
    values = json_values(array, column)
    if exceeds(array):
        return [str(value) if value is not None and abs(value) > EXACT else value for value in values]
    return values


def text_values(array: pa.Array, name: str) -> pa.Array:
    """The lexical form of every value, as large strings (a batch may hold more than 2 GiB); null stays null."""
    kind = array.type
    if pt.is_dictionary(kind):
        return pc.cast(array.dictionary_decode(), pa.large_string())
    for matches, form in _FORMS:
        if matches(kind):
            return form(array, name)
    return pc.cast(array, pa.large_string())


def _each(array: pa.Array, form: Callable[[Any], str]) -> pa.Array:
    return pa.array([None if value is None else form(value) for value in array.to_pylist()], pa.large_string())


def _floats(array: pa.Array, _: str) -> pa.Array:
    text = pc.cast(array, pa.large_string())
    # Arrow writes 5.0 as 5, and -0.0 as the whole number that has no sign.
    if pc.any(pc.equal(array, pc.floor(array))).as_py():
        whole = pc.invert(pc.match_substring_regex(text, "[^-0-9]"))
        text = pc.if_else(whole, joined(text, ".0"), text)
    for arrow, ours in () if _all_finite(array) else _FLOATS:
        text = pc.if_else(pc.equal(text, arrow), pa.scalar(ours, pa.large_string()), text)
    return text


_FLOATS = (("nan", "NaN"), ("-nan", "NaN"), ("inf", "INF"), ("-inf", "-INF"))


def _decimals(array: pa.Array, _: str) -> pa.Array:
    # Arrow writes 0.0000001 as 1E-7.
    return pc.cast(array, pa.large_string()) if array.type.scale <= 6 else _each(array, lambda value: f"{value:f}")


def _dates(array: pa.Array, _: str) -> pa.Array:
    return _infinities(array, pc.cast(array, pa.large_string()), pa.int32())


def _timestamps(array: pa.Array, _: str) -> pa.Array:
    # Arrow counts in UTC whatever the zone's name, so the zone is given as Z.
    naive = pc.cast(array, pa.timestamp(array.type.unit)) if array.type.tz else array
    text = pc.replace_substring(_trimmed(pc.cast(naive, pa.large_string()), naive.type.unit), " ", "T")
    if array.type.tz:
        text = joined(text, "Z")
    return _infinities(array, text, pa.int64())


def _infinities(array: pa.Array, text: pa.Array, integer: pa.DataType) -> pa.Array:
    """DuckDB's infinite dates are the extreme numbers, which Arrow takes for days."""
    bits = integer.bit_width - 1
    numbers = array.view(integer)
    extremes = pc.min_max(numbers)
    if extremes["max"].as_py() != 2**bits - 1 and extremes["min"].as_py() != -(2**bits) + 1:
        return text
    for value, name in ((2**bits - 1, "infinity"), (-(2**bits) + 1, "-infinity")):
        text = pc.if_else(pc.equal(numbers, pa.scalar(value, integer)), pa.scalar(name, pa.large_string()), text)
    return text


def _times(array: pa.Array, _: str) -> pa.Array:
    return _trimmed(pc.cast(array, pa.large_string()), array.type.unit)


def _trimmed(text: pa.Array, unit: str) -> pa.Array:
    return text if unit == "s" else pc.utf8_rtrim(pc.utf8_rtrim(text, "0"), ".")


def _bytes(array: pa.Array, name: str) -> pa.Array:
    return _each(array, _bits if name == "BIT" else lambda value: base64.b64encode(value).decode())


def _bits(value: bytes) -> str:
    """DuckDB's bit string: the number of padding bits, then the padded bits."""
    return "".join(f"{byte:08b}" for byte in value[1:])[value[0] :]


def _intervals(array: pa.Array, _: str) -> pa.Array:
    return _each(array, _duration)


def _duration(value: Any) -> str:
    """An ISO 8601 duration; a part of its own sign keeps it (`P1M-3D`), as ISO 8601-2 allows."""
    months, days, nanoseconds = value.months, value.days, value.nanoseconds
    sign = "-" if max(months, days, nanoseconds) <= 0 and (months or days or nanoseconds) else ""
    if sign:
        months, days, nanoseconds = -months, -days, -nanoseconds
    date = _parts((("Y", _quotient(months, 12)), ("M", _remainder(months, 12)), ("D", days)))
    seconds, fraction = _quotient(nanoseconds, 10**9), _remainder(nanoseconds, 10**9)
    time = _parts((("H", _quotient(seconds, 3600)), ("M", _quotient(_remainder(seconds, 3600), 60))))
    last = _remainder(seconds, 60)
    if last or fraction:
        digits = f".{abs(fraction):09d}".rstrip("0") if fraction else ""
        time += f"{'-' if nanoseconds < 0 else ''}{abs(last)}{digits}S"
    return f"{sign}P{date}" + (f"T{time}" if time else "" if date else "T0S")


def _parts(parts: Iterable[tuple[str, int]]) -> str:
    return "".join(f"{number}{letter}" for letter, number in parts if number)


def _quotient(number: int, by: int) -> int:
    return number // by if number >= 0 else -(-number // by)


def _remainder(number: int, by: int) -> int:
    return number - _quotient(number, by) * by


def _json_text(array: pa.Array, name: str) -> pa.Array:
    return _dumped(_nested(array, name))


_FORMS: tuple[tuple[Callable[[pa.DataType], bool], Callable[[pa.Array, str], pa.Array]], ...] = (
    (pt.is_nested, _json_text),
    (pt.is_floating, _floats),
    (pt.is_decimal, _decimals),
    (pt.is_date, _dates),
    (pt.is_timestamp, _timestamps),
    (pt.is_time, _times),
    (pt.is_binary, _bytes),
    (pt.is_interval, _intervals),
)
