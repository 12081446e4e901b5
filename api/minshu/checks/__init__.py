"""What a rules file is written with.

A rules file, `validators/NAME.py`, declares `MODELS` (table name → pandera model), `RULES` (a tuple of `Rule`) and
`ALL_ROWS` (table name → name of a check → the columns that it must see at once). Ready checks are polars expressions;
the predicates `is_…` hold a single text against the same standards.
"""

from minshu.checks.codes import is_card, is_identity_number, is_landline, is_mobile, is_plate, is_uscc
from minshu.checks.columns import (
    division_prefix,
    identity_number,
    landline,
    mobile,
    no_control_characters,
    no_formula,
    no_full_width_digits,
    no_mojibake,
    no_outer_blanks,
    url,
    uscc,
)
from minshu.checks.rule import Rule
from minshu.checks.series import adds_up, gap_free, no_near_duplicate, no_outlier, rising
from minshu.checks.yearly import division_code, is_division_code, working_day
from minshu.manifest import Severity

__all__ = [
    "Rule",
    "Severity",
    "adds_up",
    "division_code",
    "division_prefix",
    "gap_free",
    "identity_number",
    "is_card",
    "is_division_code",
    "is_identity_number",
    "is_landline",
    "is_mobile",
    "is_plate",
    "is_uscc",
    "landline",
    "mobile",
    "no_control_characters",
    "no_formula",
    "no_full_width_digits",
    "no_mojibake",
    "no_near_duplicate",
    "no_outer_blanks",
    "no_outlier",
    "rising",
    "url",
    "uscc",
    "working_day",
]
