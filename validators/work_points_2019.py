"""What must be true of `work-points-2019` beyond its schemas: of single tables as models, across tables as rules."""

import pandera.polars as pa
import polars as pl

from minshu.checks import Rule

MEASURED = ["comparator", "comparator_basis", "value", "unit"]
WHOLE = ["complete", "complete_unconfirmed_join"]


def _given(column: str) -> pl.Expr:
    return pl.col(column).is_not_null()


class WorkPoints(pa.DataFrameModel):
    """A point's status says which of its parts are in the source."""

    number: int
    status: str

    @pa.dataframe_check
    @classmethod
    def title_and_text_agree_with_the_status(cls, data: pa.PolarsData) -> pl.LazyFrame:
        """A title where the status has a heading, a text where it has measures."""
        headed = pl.col("status").is_in([*WHOLE, "truncated", "heading_only"])
        measured = pl.col("status").is_in([*WHOLE, "truncated", "tail_only", "middle_only"])
        return data.lazyframe.select((_given("title") == headed) & (_given("text") == measured))

    @pa.dataframe_check
    @classmethod
    def unconfirmed_join_is_not_proven(cls, data: pa.PolarsData) -> pl.LazyFrame:
        """A join that no copy shows leaves the point less than proven."""
        unconfirmed = pl.col("status") == "complete_unconfirmed_join"
        return data.lazyframe.select(~unconfirmed | (pl.col("confidence") != "proven"))


class Targets(pa.DataFrameModel):
    """Only a quantitative target has a figure, and it has all of it."""

    kind: str
    quote: str

    @pa.dataframe_check
    @classmethod
    def quantitative_has_comparator_value_and_unit(cls, data: pa.PolarsData) -> pl.LazyFrame:
        """All four columns or, for the other kinds, none."""
        quantitative = pl.col("kind") == "quantitative"
        measured = [_given(column) == quantitative for column in MEASURED]
        return data.lazyframe.select(pl.all_horizontal(measured))

    @pa.dataframe_check
    @classmethod
    def deadline_is_given_where_it_is_stated(cls, data: pa.PolarsData) -> pl.LazyFrame:
        """No deadline is taken from elsewhere."""
        return data.lazyframe.select(_given("deadline") == (pl.col("deadline_basis") == "stated"))

    @pa.dataframe_check
    @classmethod
    def number_without_a_word_of_comparison_is_eq(cls, data: pa.PolarsData) -> pl.LazyFrame:
        """A bare number is read as what is to be reached exactly."""
        bare = pl.col("comparator_basis").fill_null("") == "bare_number"
        return data.lazyframe.select(~bare | (pl.col("comparator") == "eq"))


class Spans(pa.DataFrameModel):
    """Spans hold text."""

    start: int
    end: int

    @pa.dataframe_check
    @classmethod
    def end_is_behind_the_start(cls, data: pa.PolarsData) -> pl.LazyFrame:
        """Offsets are exclusive at the end."""
        return data.lazyframe.select(pl.col("end") > pl.col("start"))


class OpenQuestions(pa.DataFrameModel):
    """An answer is one of the candidates."""

    candidates: str

    @pa.dataframe_check
    @classmethod
    def chosen_is_a_candidate(cls, data: pa.PolarsData) -> pl.LazyFrame:
        """Or nothing was chosen."""
        among = pl.col("candidates").str.split("; ").list.contains(pl.col("chosen"))
        return data.lazyframe.select(pl.col("chosen").is_null() | among)


MODELS = {"work_points": WorkPoints, "targets": Targets, "spans": Spans, "open_questions": OpenQuestions}

# Every record that can have a span, by table and key. `kept` marks those that must have one: a point is known by its
# heading or its units; where both are missing it is known by its measures alone, or not at all. `words` is what the
# record quotes.
RECORDS = """
records as (
    select 'sections' as table_name, number::varchar as record_key, true as kept, title as words, _row from sections
    union all
    select 'work_points', number::varchar, status not in ('missing', 'middle_only'), title, _row from work_points
    union all select 'measures', id, true, text, _row from measures
    union all select 'organizations', id, true, null, _row from organizations
    union all select 'assignments', concat_ws('/', point_number, position), true, as_written, _row from assignments
    union all select 'targets', id, true, quote, _row from targets
    union all select 'systems', id, true, null, _row from systems
    union all select 'instruments', id, true, title, _row from instruments
    union all select 'places', id, true, null, _row from places
    union all select 'open_questions', id, false, null, _row from open_questions
)"""
NAMED = ("targets", "systems", "instruments", "places")
RECORDED = ("sections", "work_points", "measures", "organizations", "assignments", *NAMED)

# Every span with its words, and every stretch of text that belongs to a point: its measures and its heading.
QUOTED = """
quoted as (
    select s.*, substring(n.text, s.start + 1, s."end" - s.start) as quote from spans s, notice n
)"""
HOLDERS = """
holders as (
    select m.point_number, m.id as measure_id, s.start, s."end"
    from spans s join measures m on s.table_name = 'measures' and s.record_key = m.id
    union all
    select w.number, null, s.start, s."end"
    from quoted s join work_points w on s.table_name = 'work_points' and s.record_key = w.number::varchar
    where contains(s.quote, w.title)
)"""


def _must_have_a_span(table: str) -> Rule:
    """Every record of a table stands somewhere in the source."""
    return Rule(
        name=f"every-record-of-{table.replace('_', '-')}-has-a-span",
        table=table,
        description=f"Every record of {table} that the source shows has a span.",
        sql=f"""
            with {RECORDS}
            select _row, record_key from records r
            where table_name = '{table}' and kept and not exists (
                select 1 from spans s where s.table_name = r.table_name and s.record_key = r.record_key)
            order by _row""",
    )


def _words_stand_at_their_spans(table: str) -> Rule:
    """What a record quotes is what each of its spans holds."""
    return Rule(
        name=f"words-of-{table}-stand-at-their-spans",
        table=table,
        description=f"The source reads the words of {table} at each of their spans.",
        sql=f"""
            with {RECORDS}, {QUOTED}
            select r._row, words, q.start, q.quote from records r join quoted q using (table_name, record_key)
            where table_name = '{table}' and q.quote <> words order by r._row, q.start""",
    )


def _title_stands_in_a_span(table: str) -> Rule:
    """The title of a record is part of one of its spans."""
    return Rule(
        name=f"titles-of-{table.replace('_', '-')}-stand-in-the-source",
        table=table,
        description=f"A span of each record of {table} holds its title.",
        sql=f"""
            with {RECORDS}, {QUOTED}
            select _row, record_key, words from records r
            where table_name = '{table}' and words is not null and not exists (
                select 1 from quoted q
                where q.table_name = r.table_name and q.record_key = r.record_key and contains(q.quote, r.words))
            order by _row""",
    )


def _stands_in_its_point(table: str) -> Rule:
    """A record has the point whose measure or heading holds its spans, or none where no point holds them."""
    return Rule(
        name=f"{table}-stand-in-their-points",
        table=table,
        description=f"Every span of {table} lies in a measure or in the heading of its point.",
        sql=f"""
            with {QUOTED}, {HOLDERS}
            select t._row, t.id, t.point_number, h.point_number as found from {table} t
            join spans s on s.table_name = '{table}' and s.record_key = t.id
            left join holders h on s.start >= h.start and s."end" <= h."end"
            where t.point_number is distinct from h.point_number order by t._row, s.start""",
    )


def _numbered_from_one(table: str) -> Rule:
    """Positions count up without a gap."""
    return Rule(
        name=f"{table}-are-numbered-from-one",
        table=table,
        description="The positions within a point are 1, 2, 3 …",
        sql=f"""
            select _row, point_number, position from {table}
            qualify position <> row_number() over (partition by point_number order by position, _row) order by _row""",
    )


def _mention_rules(table: str, one: str) -> tuple[Rule, ...]:
    """What holds for a table of mentions: no mention twice, none that the source lacks, none left out."""
    many, dashed = f"{one}s", table.replace("_", "-")
    found = f"""
        with {QUOTED}, {HOLDERS}, found as (
            select distinct s.record_key, h.point_number, h.measure_id
            from spans s join holders h on s.start >= h.start and s."end" <= h."end" where s.table_name = '{many}')"""
    same = f"f.record_key = m.{one}_id and f.point_number = m.point_number and f.measure_id is not distinct from"
    return (
        Rule(
            name=f"{dashed}-are-unique",
            table=table,
            description=f"A measure, or a heading, mentions a {one} once.",
            sql=f"""
                select _row, {one}_id, point_number, measure_id from {table}
                qualify row_number() over (partition by {one}_id, point_number, measure_id order by _row) > 1
                order by _row""",
        ),
        Rule(
            name=f"{dashed}-stand-in-the-source",
            table=table,
            description=f"A span of the {one} lies in the measure, or in the heading, that mentions it.",
            sql=f"""
                {found}
                select m._row, m.{one}_id, m.point_number, m.measure_id from {table} m
                where not exists (select 1 from found f where {same} m.measure_id) order by m._row""",
        ),
        Rule(
            name=f"{dashed}-leave-none-out",
            table=many,
            description=f"Every span of a {one} in a measure or a heading is a mention.",
            sql=f"""
                {found}
                select t._row, f.point_number, f.measure_id from found f join {many} t on t.id = f.record_key
                where not exists (select 1 from {table} m where {same} m.measure_id) order by all""",
        ),
    )


RULES = (
    Rule(
        name="quotations-equal-the-source",
        table="spans",
        description="The digest of every span is that of the source at its offsets.",
        sql=f"""
            with {QUOTED} select _row, quote from quoted where sha256(quote) <> quote_sha256 order by _row""",
    ),
    Rule(
        name="spans-refer-to-records",
        table="spans",
        description="Every span belongs to a record that there is.",
        sql=f"""
            with {RECORDS}
            select _row, table_name, record_key from spans s
            where (table_name, record_key) not in (select (table_name, record_key) from records) order by _row""",
    ),
    *(_must_have_a_span(table) for table in RECORDED),
    *(_words_stand_at_their_spans(table) for table in ("measures", "assignments", "targets", "instruments")),
    *(_title_stands_in_a_span(table) for table in ("sections", "work_points")),
    Rule(
        name="measures-name-every-copy",
        table="measures",
        description="A measure has a span for every copy of it in the source.",
        sql="""
            select m._row, m.id, count(s.start) as spans from measures m cross join notice n
            left join spans s on s.table_name = 'measures' and s.record_key = m.id
            group by m._row, m.id, m.text, n.text
            having count(s.start) * length(m.text) <> length(n.text) - length(replace(n.text, m.text, ''))
            order by m._row""",
    ),
    Rule(
        name="points-follow-their-sections",
        table="work_points",
        description="The numbers of the points run on through the sections.",
        sql="""
            select _row, number, section_number from work_points
            qualify section_number < lag(section_number, 1, section_number) over (order by number) order by _row""",
    ),
    Rule(
        name="missing-points-have-nothing",
        table="work_points",
        description="A missing point has no measures, assignments, targets or mentions.",
        sql="""
            select w._row, w.number from work_points w
            where status = 'missing' and number in (
                select point_number from measures union all select point_number from assignments
                union all select point_number from targets union all select point_number from instruments
                union all select point_number from system_mentions union all select point_number from place_mentions)
            order by w._row""",
    ),
    Rule(
        name="text-is-the-measures-in-order",
        table="work_points",
        description="The text of a point is its measures, joined by position.",
        sql="""
            select w._row, w.number from work_points w left join measures m on m.point_number = w.number
            group by w._row, w.number, w.text
            having string_agg(m.text, '' order by m.position) is distinct from w.text
            order by w._row""",
    ),
    Rule(
        name="units-agree-with-the-status",
        table="work_points",
        description="A point has assignments if and only if its status says that its units are in the source.",
        sql="""
            select w._row, w.number, w.status from work_points w
            where (status in ('complete', 'complete_unconfirmed_join', 'tail_only', 'units_only'))
                <> (number in (select point_number from assignments))
            order by w._row""",
    ),
    Rule(
        name="point-is-no-surer-than-its-measures",
        table="work_points",
        description="The confidence of a point is not above that of any of its measures.",
        sql="""
            select w._row, w.number, w.confidence from work_points w
            where exists (
                select 1 from measures m where m.point_number = w.number
                and list_position(['proven', 'probable', 'doubtful'], m.confidence)
                    > list_position(['proven', 'probable', 'doubtful'], w.confidence)) order by w._row""",
    ),
    Rule(
        name="doubtful-measures-are-questions",
        table="measures",
        description="An open question stands where a doubtful measure stands.",
        sql="""
            select m._row, m.id from measures m
            where confidence = 'doubtful' and not exists (
                select 1 from spans a join spans b on a.start = b.start and a."end" = b."end"
                where a.table_name = 'measures' and a.record_key = m.id and b.table_name = 'open_questions')
            order by m._row""",
    ),
    *(_numbered_from_one(table) for table in ("measures", "assignments")),
    Rule(
        name="groups-are-numbered-from-one",
        table="assignments",
        description="The groups of a list are 1, 2, 3 …, each without a break.",
        sql="""
            select _row, point_number, position, group_number from assignments
            window list as (partition by point_number order by position, _row)
            qualify group_number - lag(group_number, 1, 0) over list not between (position = 1)::int and 1
            order by _row""",
    ),
    Rule(
        name="as-written-expands-to-the-name",
        table="assignments",
        description="as_written is the name, or lacks the 省 of a unit before it or the 市人民政府 of one after it.",
        sql="""
            select a._row, a.as_written, o.name from assignments a
            join organizations o on o.id = a.organization_id
            where o.name <> a.as_written
            and not exists (
                select 1 from assignments b
                where b.point_number = a.point_number and b.group_number = a.group_number and b.position < a.position
                and starts_with(b.as_written, '省') and o.name = '省' || a.as_written)
            and not exists (
                select 1 from assignments c
                where c.point_number = a.point_number and c.group_number = a.group_number and c.position > a.position
                and ends_with(c.as_written, '市人民政府') and o.name = a.as_written || '市人民政府')
            order by a._row""",
    ),
    *(_stands_in_its_point(table) for table in ("targets", "instruments")),
    Rule(
        name="comparators-follow-the-words",
        table="targets",
        description="超 before the figure is gt, 不少于 before it or 以上 behind it is ge, 全部 or nothing is eq.",
        sql="""
            with figures as (
                select *, value::bigint::varchar as figure from targets where comparator_basis <> 'inferred')
            select _row, quote, comparator, comparator_basis from figures
            where comparator <> case
                when contains(quote, '超' || figure) then 'gt'
                when contains(quote, '不少于' || figure) or contains(quote, figure || unit || '以上') then 'ge'
                else 'eq' end
            or (comparator_basis = 'bare_number') <> (comparator = 'eq' and not contains(quote, '全部' || figure))
            order by _row""",
    ),
    Rule(
        name="figures-stand-in-their-quotations",
        table="targets",
        description="A figure and its unit stand in the quotation, or 千 and the rest of the unit do.",
        sql="""
            select _row, quote, value, unit from targets
            where value is not null and not contains(quote, value::bigint::varchar || unit)
            and not (value = 1000 and contains(quote, '千' || unit)) order by _row""",
    ),
    Rule(
        name="deadlines-stand-in-their-quotations",
        table="targets",
        description="A stated deadline is the end of the year that the quotation names.",
        sql="""
            select _row, deadline, quote from targets
            where deadline is not null and not (
                contains(quote, year(deadline) || '年底') and month(deadline) = 12 and day(deadline) = 31)
            order by _row""",
    ),
    *_mention_rules("system_mentions", "system"),
    *_mention_rules("place_mentions", "place"),
)
