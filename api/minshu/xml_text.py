"""Texts that may stand in XML."""

import re
from typing import Final

# XML 1.0, "Char": what it cannot hold, in whatever way it is written.
_NOT_XML: Final = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def xml_text(text: str) -> str:
    """A text with the replacement character for each that XML cannot hold."""
    return _NOT_XML.sub("\ufffd", text)
