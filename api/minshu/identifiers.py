"""Names and texts in SQL, where they cannot be bound as parameters."""


def quoted(name: str) -> str:
    """The name as an SQL identifier, whatever characters it is made of."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """The text as an SQL string: for the path of an ATTACH or COPY, which DuckDB does not let us bind."""
    return "'" + text.replace("'", "''") + "'"
