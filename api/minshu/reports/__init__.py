"""What a validation report looks like: for people in two languages, and for the programs that read reports.

Each format is one module with a pure function; the table of them is in `formats`. Nothing here judges anything.
"""

from minshu.reports.formats import FORMATS, Format, findings, rendered
from minshu.reports.held import held_against
from minshu.reports.language import Language, locale_language
from minshu.reports.view import Origin, View

__all__ = ["FORMATS", "Format", "Language", "Origin", "View", "findings", "held_against", "locale_language", "rendered"]
