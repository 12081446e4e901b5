"""Names in SQL."""


def quoted(name: str) -> str:
    """The name as an SQL identifier, whatever characters it is made of."""
    return '"' + name.replace('"', '""') + '"'
