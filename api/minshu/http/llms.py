"""`/llms.txt`: what a language model is to know of the service, in the form of llmstxt.org.

What publishers say stands on one line each, cut, and with nothing in it that Markdown would take for its own: data that
is described must not read like words of the service.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from minshu.bilingual import localized
from minshu.http.directory import Entry
from minshu.http.finding import newest_first
from minshu.http.links import Links
from minshu.opening import Attribute
from minshu.reports import Language

MOST: Final = 100
"""How many datasets are listed: the newest. Of the others it is told where they are."""

LONGEST: Final = 160
"""Characters of a dataset's title, and of its description."""

OPENINGS: Final = {Attribute.conditional: "open on conditions", Attribute.closed: "not opened"}
"""What is said of data that not everybody is given."""

_OWN: Final = re.compile(r"([\\`*_\[\]<>#|!~&])")


@dataclass(frozen=True)
class Llms:
    """Writes the file for whoever sees the service at these addresses, in a language."""

    links: Links
    language: Language

    def text(self, entries: Sequence[Entry]) -> str:
        """The whole file."""
        standing = newest_first(entry for entry in entries if not entry.is_gone)
        return "\n".join([*self._head(), "", *self._data(standing), "", *self._ways(), "", *self._optional()]) + "\n"

    def _head(self) -> Iterator[str]:
        say = self._say
        yield say("# 闽数", "# Minshu")
        yield ""
        yield say(
            "> 开放数据：每一行都经过校验，每个版本发布后不再改变。可下载、按行取用、用 SQL 查询，无须登录。",
            "> Open data: every row is checked, and a version never changes once it is published. Download it, read it "
            "by rows, query it in SQL; there is no account.",
        )
        yield ""
        yield say(
            "- 引用数据时请写明版本：`/datasets/{name}/versions/{version}` 永不改变；`latest` 会转到最新版本。",
            "- Cite a version: `/datasets/{name}/versions/{version}` answers the same for good; `latest` leads to the "
            "newest.",
        )
        yield say(
            "- 同一地址对程序返回 JSON，对浏览器返回网页，由 `Accept` 决定；错误为带 `code` 的 problem+json。",
            "- An address gives JSON to programs and a page to browsers, by `Accept`; errors are problem+json with a "
            "stable `code`.",
        )
        yield say(
            "- 有条件开放的数据需要授权（401），不予开放的不提供（403），已撤回的返回 410 并说明原因和替代版本。",
            "- Data that is open on conditions asks for a grant (401), what is closed is given to nobody (403), and "
            "what is withdrawn answers 410 with the reason and what replaces it.",
        )

    def _data(self, standing: Sequence[Entry]) -> Iterator[str]:
        yield self._say("## 数据集", "## Datasets")
        yield ""
        for entry in standing[:MOST]:
            yield self._line(entry)
        if len(standing) > MOST:
            left = len(standing) - MOST
            yield self._link(
                self._say(f"另有 {left} 个数据集", f"{left} more datasets"),
                f"{self.links.to('datasets')}?page=2&size={MOST}&sort=newest",
                self._say("JSON 目录，`next` 为下一页", "the catalogue as JSON; `next` is the next page"),
            )

    def _line(self, entry: Entry) -> str:
        version = entry.release.version if entry.release else ""
        pinned = self.links.release(entry.name, version)
        counts = self._say(
            f"{len(entry.tables)} 张表，{entry.rows} 行，版本 {version}，固定地址 {pinned}",
            f"{_count(len(entry.tables), 'table')}, {_count(entry.rows, 'row')}, version {version}, pinned at {pinned}",
        )
        about = self._told(str(entry.told.get("description", ""))).rstrip("。.")
        parts = [*([about] if about else []), counts]
        if entry.attribute in OPENINGS:
            parts.append(self._say(entry.attribute.term, OPENINGS[entry.attribute]))
        return self._link(self._told(entry.title), self.links.dataset(entry.name), self._say("；", "; ").join(parts))

    def _ways(self) -> Iterator[str]:
        links, say = self.links, self._say
        yield say("## 查询", "## Queries")
        yield ""
        sql = f"{links.to('sql')}?dataset=NAME&version=VERSION&q=SELECT%20..."
        yield self._link(
            "SQL",
            links.to("sql"),
            say(
                f"只读 SELECT，例如 {sql}；`format=csv` 等",
                f"one read-only SELECT, as {sql}; `format=csv` and others",
            ),
        )
        yield self._link(
            say("可查询的表和列", "Tables and columns"),
            links.to("sql", "tables"),
            say("带 `dataset` 和 `version`", "with `dataset` and `version`"),
        )
        yield self._link(
            say("搜索", "Search"),
            links.to("search"),
            say("带 `q`：数据集、表、列和行", "with `q`: datasets, tables, columns and rows"),
        )
        yield self._link(
            say("按行取用", "Rows"),
            links.to("docs"),
            say(
                "`/datasets/{name}/versions/{version}/{table}/rows?column__gte=1&_sort=column&_size=100`，"
                "`next` 为下一页；整表：`{table}.csv`、`.json`、`.parquet`、`.xlsx`",
                "`/datasets/{name}/versions/{version}/{table}/rows?column__gte=1&_sort=column&_size=100`, `next` "
                "is the next page; whole tables: `{table}.csv`, `.json`, `.parquet`, `.xlsx`",
            ),
        )
        yield self._link(
            "MCP",
            links.to("mcp"),
            say(
                "供助手使用的工具：检索、描述表、查询",
                "tools for assistants, to search, to describe tables and to query",
            ),
        )
        yield self._link("OpenAPI", links.to("openapi.json"), say("接口说明", "the interface, described"))

    def _optional(self) -> Iterator[str]:
        links, say = self.links, self._say
        yield "## Optional"
        yield ""
        yield self._link(say("目录", "Catalogue"), links.to("datasets"), "JSON")
        yield self._link("DCAT-AP", f"{links.to('catalog')}.ttl", "Turtle")
        yield self._link("Data Package", links.to("datapackage.json"), "frictionless")
        yield self._link(say("更新", "Feed"), links.to("feed.json"), "JSON Feed")
        yield self._link(say("限额", "Limits"), links.to("limits"), "JSON")

    def _link(self, title: str, url: str, note: str) -> str:
        return f"- [{title}]({url}): {note}"

    def _told(self, text: str) -> str:
        """A publisher's text on one line, cut, as Markdown."""
        line = " ".join(localized(self.language, text).split())
        return _OWN.sub(r"\\\1", line if len(line) <= LONGEST else f"{line[: LONGEST - 1]}…")

    def _say(self, zh: str, en: str) -> str:
        return zh if self.language is Language.zh else en


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
