"""What must be true of `fujian-divisions` beyond its schema: of each row as a model, between rows as rules."""

import pandera.polars as pa
import polars as pl

from minshu.checks import Rule

PROVINCE = "350000"
PREFECTURE = "00"


class Divisions(pa.DataFrameModel):
    """The level and the parent follow from the code, and years run forwards."""

    code: str
    level: str
    parent_code: str

    @pa.dataframe_check
    @classmethod
    def parent_follows_from_the_code(cls, data: pa.PolarsData) -> pl.LazyFrame:
        """The province for a prefecture, and the prefecture of the same four digits for a county."""
        code = pl.col("code")
        above = pl.when(code.str.ends_with(PREFECTURE)).then(pl.lit(PROVINCE)).otherwise(code.str.head(4) + PREFECTURE)
        return data.lazyframe.select(pl.col("parent_code") == above)

    @pa.dataframe_check
    @classmethod
    def level_follows_from_the_code(cls, data: pa.PolarsData) -> pl.LazyFrame:
        """Only a heading may stand at either level."""
        prefecture = pl.col("code").str.ends_with(PREFECTURE)
        heading = pl.col("level") == "heading"
        return data.lazyframe.select(heading | ((pl.col("level") == "prefecture") == prefecture))

    @pa.dataframe_check
    @classmethod
    def last_year_is_not_before_the_first(cls, data: pa.PolarsData) -> pl.LazyFrame:
        """They may be the same: 建阳市 had the code 352105 in 1994 alone."""
        return data.lazyframe.select((pl.col("valid_to") >= pl.col("valid_from")).fill_null(value=True))


MODELS = {"divisions": Divisions}

# Every row with years that can be compared. What has not ended holds to the last year that the table tells of.
YEARS = """
newest as (select max(greatest(valid_from, valid_to)) as year from divisions),
years as (
    select d.*, coalesce(valid_from, 0) as first, coalesce(valid_to, n.year, 0) as last from divisions d, newest n
)"""

RULES = (
    Rule(
        name="parents-exist",
        table="divisions",
        description="The parent of a division is the province, or a code of this table.",
        sql=f"""
            select _row, code, parent_code from divisions
            where parent_code <> '{PROVINCE}' and parent_code not in (select code from divisions) order by _row""",
    ),
    Rule(
        name="validity-nests",
        table="divisions",
        # Years are whole, so a county that moved within one is told of a year in which its prefecture is not any more.
        description="A division holds while its parent does, or a year longer at either end.",
        sql=f"""
            with {YEARS}, parents as (select code, min(first) as first, max(last) as last from years group by code)
            select y._row, y.code, y.valid_from, y.valid_to from years y join parents p on p.code = y.parent_code
            where y.first < p.first - 1 or y.last > p.last + 1 order by y._row""",
    ),
    Rule(
        name="codes-are-unique-at-each-time",
        table="divisions",
        description="A code stands for one name in any year.",
        sql=f"""
            with {YEARS}
            select distinct b._row, b.code, b.name, b.valid_from from years a join years b using (code)
            where a._row < b._row and a.first <= b.last and b.first <= a.last order by b._row""",
    ),
    Rule(
        name="rows-are-in-order",
        table="divisions",
        description="Rows stand by code, and those of one code by year.",
        sql=f"""
            with {YEARS}
            select _row, code, valid_from from years
            qualify (code, first) < lag((code, first), 1, (code, first)) over (order by _row) order by _row""",
    ),
)
