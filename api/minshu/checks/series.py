"""Checks that need more than a cell: a row's sum, and those of a whole column or table, as polars expressions.

All but `adds_up` see every row, so a rules file declares the pandera checks that use them in `ALL_ROWS`.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import polars as pl

# Iglewicz and Hoaglin, "How to Detect and Handle Outliers" (1993): 0.6745 is the third quartile of the normal
# distribution, 3.5 the bound that they recommend; 1.253314 does for the mean deviation what 1 / 0.6745 does for MAD.
QUARTILE, MEAN_DEVIATION = 0.6745, 1.253314


def rising(column: str, *, strictly: bool = True) -> "pl.Expr":
    """No cell is below (or, strictly, equal to) the last given one before it."""
    import polars as pl

    value = pl.col(column)
    before = value.forward_fill().shift(1)
    return ((value > before) if strictly else (value >= before)) | before.is_null()


def gap_free(column: str, step: str | int = 1) -> "pl.Expr":
    """Each cell is one step after the cell before it: a whole number, or such as `1d`, `1mo`, `1y` for dates."""
    import polars as pl

    before = pl.col(column).shift(1)
    expected = before.dt.offset_by(step) if isinstance(step, str) else before + step
    return (pl.col(column) == expected) | before.is_null()


def adds_up(total: str, parts: Sequence[str], tolerance: float = 0) -> "pl.Expr":
    """The parts of a row add up to its total, within a tolerance. Empty parts count nothing; an empty total passes."""
    import polars as pl

    difference = pl.sum_horizontal(pl.col(part).fill_null(0) for part in parts) - pl.col(total)
    return difference == 0 if tolerance == 0 else difference.abs() <= tolerance


def no_outlier(column: str, bound: float = 3.5) -> "pl.Expr":
    """No cell is further from the median than `bound` robust deviations (MAD; the mean deviation where MAD is 0)."""
    import polars as pl

    value = pl.col(column).cast(pl.Float64)
    distance = (value - value.median()).abs()
    scale = (
        pl.when(distance.median() > 0).then(distance.median() / QUARTILE).otherwise(distance.mean() * MEAN_DEVIATION)
    )
    return distance <= bound * scale


def no_near_duplicate(columns: Sequence[str]) -> "pl.Expr":
    """No row repeats an earlier one but for case, width, blanks and punctuation (compared in the form NFKC)."""
    import polars as pl

    texts = (pl.col(column).cast(pl.String).fill_null("") for column in columns)
    plain = [text.str.normalize("NFKC").str.to_lowercase().str.replace_all(r"[\s\p{P}]", "") for text in texts]
    return pl.struct(text.alias(str(place)) for place, text in enumerate(plain)).is_first_distinct()
