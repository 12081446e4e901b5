"""What a request for a chart asks of which table, and all that is made of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, BinaryIO, Final, Self

import orjson

from minshu.bilingual import localized
from minshu.browse import Release, Table
from minshu.charts.chart import Chart, Look
from minshu.charts.choices import OWN, chosen, look_of
from minshu.charts.points import Points, is_full, points_of
from minshu.charts.renderer import Picture, Renderer
from minshu.charts.spec import Spec, spec_of
from minshu.charts.statements import Statement, select_points, select_totals
from minshu.exports import export_key
from minshu.http.links import Links, with_query
from minshu.reports import Language
from minshu.sql import Asker, SqlAnswer, SqlQuery, SqlService

Params = Sequence[tuple[str, str]]

DRAWING: Final = 1
"""Raised when the same chart is to look otherwise than before."""


@dataclass(frozen=True)
class ChartRequest:
    """A chart of a table that the reader may see, and how it is to look."""

    release: Release
    table: Table
    chart: Chart
    look: Look
    filters: tuple[tuple[str, str], ...]

    @classmethod
    def of(cls, params: Params, release: Release, table: Table) -> Self:
        """The parameters, parsed. Raises BadParameter, BadFilter or ColumnNotFound."""
        chart = chosen(params, table.entry, table.stats())
        return cls(release, table, chart, look_of(params), filters_of(params))

    @property
    def statement(self) -> Statement:
        """The SQL of its points."""
        return select_points(self.table.entry, self.chart)

    @cached_property
    def names(self) -> Mapping[str, str]:
        """What people call the columns, in the language of the chart."""
        return names_of(self.table, self.look.language)

    def points(self, sql: SqlService, asker: Asker) -> Points:
        """Its points, and how many there are besides. Raises what the SQL service does."""
        rows = orjson.loads(self._run(sql, asker, self.statement).body)
        if not is_full(self.chart, rows):
            return points_of(self.chart, rows)
        [totals] = orjson.loads(self._run(sql, asker, select_totals(self.table.entry, self.chart)).body)
        return points_of(self.chart, rows, totals)

    def csv(self, sql: SqlService, asker: Asker) -> bytes:
        """Its points as a file."""
        return self._run(sql, asker, self.statement, "csv").body

    def spec(self, points: Points) -> Spec:
        """The Vega-Lite specification."""
        return spec_of(points, self.look, self.names, self.source)

    def write(self, sql: SqlService, asker: Asker, renderer: Renderer, picture: Picture, out: BinaryIO) -> None:
        """Draw it."""
        out.write(renderer.draw(self.spec(self.points(sql, asker)), picture))

    def key(self, picture: Picture) -> str:
        """The name under which its picture is kept: a digest of all that it is made of."""
        question = orjson.dumps([DRAWING, self.chart.params, self.chart.query.text, self._looks]).decode()
        return export_key(self.release.sha256, self.table.entry.name, f"chart{picture.suffix}", question)

    @property
    def source(self) -> str:
        """Where its data is from."""
        title = self.release.manifest.title
        name = f"{self.release.name} {self.release.version}"
        return f"{localized(self.look.language, title)} · {name}" if title else name

    def seen_as(self, **look: Any) -> "ChartRequest":
        """The same chart, looking otherwise."""
        return replace(self, look=replace(self.look, **look))

    def url(self, links: Links, suffix: str = "") -> str:
        """Its address for good: every choice is in it. That of a file tells how it looks as well."""
        query = [*self.chart.params, *self.filters, *(self._looks if suffix not in ("", ".csv") else ())]
        return links.chart(self.release.name, self.release.version, self.table.entry.name, query, suffix)

    def rows_url(self, links: Links) -> str:
        """Where the rows are that it is of."""
        return links.rows(self.release.name, self.release.version, self.table.entry.name, self.filters)

    def sql_url(self, links: Links) -> str:
        """Where anybody may run its SQL."""
        statement = self.statement
        asked = [("dataset", self.release.name), ("version", self.release.version), ("q", statement.sql)]
        return with_query(links.to("sql"), [*asked, *statement.parameters.items()])

    @property
    def _looks(self) -> list[tuple[str, str]]:
        look = self.look
        return [("_lang", look.language.value), ("_theme", look.theme), ("_width", look.width)]

    def _run(self, sql: SqlService, asker: Asker, statement: Statement, output: str | None = None) -> SqlAnswer:
        database = self.release.folder / self.release.manifest.database
        query = SqlQuery(
            statement.sql, database, parameters=statement.parameters, format=output, sha256=self.release.sha256
        )
        return sql.run(query, asker)


def filters_of(params: Params) -> tuple[tuple[str, str], ...]:
    """The parameters that say of which rows a chart is."""
    return tuple(pair for pair in params if pair[0] not in OWN)


def names_of(table: Table, language: Language) -> dict[str, str]:
    """What people call the columns that have a title, by column."""
    return {column.name: localized(language, column.title) for column in table.released_columns if column.title}
