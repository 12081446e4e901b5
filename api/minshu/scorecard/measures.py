"""The measures: one table, of which the page, the text, the JSON, the CSV and docs/scorecard.md are made.

There is no total and there are no grades: weights would be opinions, and a sum would hide what it is made of.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from minshu.manifest import REPORT
from minshu.reports import Language
from minshu.scorecard import counting
from minshu.scorecard.facts import Facts, Known, Tally
from minshu.scorecard.figure import Counted, Figure, Input, Unit, figure, pooled
from minshu.scorecard.lists import ASKED_OF_API, INTERVALS, PIECES, TINY

MANIFEST: Final = "release.json"
DESCRIPTOR: Final = "datapackage.json"
FEEDBACK: Final = "feedback"


@dataclass(frozen=True)
class Text:
    """Words in both languages."""

    zh: str
    en: str

    def in_(self, language: Language) -> str:
        """The words in one of them."""
        return self.zh if language is Language.zh else self.en


@dataclass(frozen=True)
class Measure:
    """A measure: what people call it, what is counted out of what, and from which public files that can be counted.

    `noted` makes a sentence of the note of an input.
    """

    name: str
    unit: Unit
    title: Text
    how: Text
    sources: tuple[str, ...]
    count: Callable[[Facts, Known], Counted]
    noted: Text = Text("{}", "{}")

    def figure(self, facts: Facts, known: Known) -> Figure:
        """The figure of a dataset. Of one that is withdrawn there is none."""
        counted = Counted(status="withdrawn") if facts.is_gone else self.count(facts, known)
        return figure(self.name, self.unit, counted)


MEASURES: Final[tuple[Measure, ...]] = (
    Measure(
        "machine-readable-files",
        "share",
        Text("机器可读的文件", "Machine-readable files"),
        Text(
            "发布方所给的数据文件中，已被读成表的，或格式有结构的（见清单），除以全部数据文件。写在描述文件里的数据算一个文件。",
            "Of the files that the publisher gave as data, those that were read as a table or whose format has a"
            " structure (see the list), divided by all of them. Data in the descriptor counts as one file.",
        ),
        (DESCRIPTOR, MANIFEST),
        counting.readable_files,
    ),
    Measure(
        "machine-readable-bytes",
        "share",
        Text("机器可读的字节", "Machine-readable bytes"),
        Text("同上，按字节计。", "The same by their bytes."),
        (DESCRIPTOR, MANIFEST),
        counting.readable_bytes,
    ),
    Measure(
        "api",
        "share",
        Text("可用接口取数", "Answered by API"),
        Text(
            "至少有一张表的行可经接口（rows 与 /sql）取得的数据集，除以开放的数据集。有条件开放的，获准者可取，也算。"
            "整体不予开放的数据集不是开放的数据集。"
            f"2018 年公共信息资源开放试点（福建是五个试点之一）要求不低于 {ASKED_OF_API:.0%}。",
            "Datasets of which at least one table is answered row by row (rows and /sql), divided by all open datasets."
            " What is open on conditions is answered to those who were granted it, and counts."
            " A dataset that is closed as a whole is no open one."
            f" The national pilot of 2018, of whose five places Fujian is one, asks for {ASKED_OF_API:.0%} at least.",
        ),
        (DESCRIPTOR, MANIFEST),
        counting.api,
        Text("{} 个资源可按行取数", "{} resources answer row by row"),
    ),
    Measure(
        "no-login",
        "share",
        Text("无需登录", "Without login"),
        Text(
            "人人可取、无需登录或密钥的资源，除以全部资源。",
            "Resources that everybody is given without login or key, divided by all resources.",
        ),
        (DESCRIPTOR,),
        counting.no_login,
    ),
    Measure(
        "licence",
        "share",
        Text("开放许可", "Open licence"),
        Text(
            "无条件开放的资源都采用已知开放许可（按标识，见清单）的数据集，除以有无条件开放资源的数据集。"
            "资源自己的许可先于数据包的；有多个时，一个已知即可。",
            "Datasets of which every resource that is open to all has a licence that is known to be open, by its"
            " identifier (see the list), divided by the datasets with such resources. A resource's own licences go"
            " before its package's; of several, one is enough.",
        ),
        (DESCRIPTOR,),
        counting.licence,
    ),
    Measure(
        "metadata",
        "share",
        Text("元数据完整", "Metadata filled in"),
        Text(
            "下列字段中已填写的，除以全部；各字段同等：" + "、".join(key for _, key in counting.FIELDS) + "。",
            "Of these fields those that are filled in, divided by all of them, each alike: "
            + ", ".join(key for _, key in counting.FIELDS)
            + ".",
        ),
        (DESCRIPTOR,),
        counting.metadata,
    ),
    Measure(
        "core-catalogue",
        "share",
        Text("核心目录各项", "Core catalogue items"),
        Text(
            "核心目录的信息项中已填写的，除以全部；可以不填的关联资源代码不计："
            + "、".join(item.term for item in counting.CORE_ITEMS)
            + "。",
            "Of the items of the core catalogue those that are filled in, divided by all of them, but for the codes of"
            " related resources, which may be left out: "
            + ", ".join(item.english for item in counting.CORE_ITEMS)
            + ".",
        ),
        (DESCRIPTOR, MANIFEST),
        counting.core_catalogue,
    ),
    Measure(
        "capacity",
        "cells",
        Text("数据容量", "Capacity"),
        Text("各表行数乘以列数之和。", "Rows times columns, summed over all tables."),
        (MANIFEST,),
        counting.capacity,
    ),
    Measure(
        "duplicate-rows",
        "share",
        Text("重复的行", "Duplicate rows"),
        Text(
            "每一列都与前面某行相同的行，除以全部行。有主键的表发布时已核对，没有这样的行；"
            "没有主键又非无条件开放的表不予查看，不计入。",
            "Rows that equal an earlier one in every column, divided by all rows. A table with a primary key was held"
            " against it when it was published, and has none; one without that is not open to all is not looked into,"
            " and not counted.",
        ),
        (MANIFEST, "TABLE.parquet"),
        counting.duplicate_rows,
    ),
    Measure(
        "duplicate-datasets",
        "share",
        Text("重复的数据集", "Duplicate datasets"),
        Text(
            "数据文件的 SHA-256 与另一数据集全部相同的数据集，除以有数据文件的数据集。",
            "Datasets whose data files all have the SHA-256 of those of another, divided by all datasets with files.",
        ),
        (DESCRIPTOR, MANIFEST),
        counting.duplicate_dataset,
        Text("与 {} 相同", "the same as {}"),
    ),
    Measure(
        "fragments",
        "share",
        Text("碎片", "Fragments"),
        Text(
            f"一个数据集若总共不超过 {TINY} 行，且连同自身至少有 {PIECES} 个这样小的数据集，各表的列名与类型依次相同，"
            "即为碎片：它们本可合为一个。除以有表的数据集。",
            f"A dataset is a fragment if it has at most {TINY} rows in all, and at least {PIECES} such small ones,"
            " itself among them, have tables of the same columns, by name, type and order: they could be one. Divided"
            " by the datasets with tables.",
        ),
        (MANIFEST,),
        counting.fragment,
        Text("与 {} 的列相同", "the same columns as {}"),
    ),
    Measure(
        "on-time",
        "share",
        Text("按期更新", "Updated on time"),
        Text(
            f"最近 {INTERVALS} 个发布间隔（按日，任何版本都算，最后一个到今天为止）中，不长于所声明更新周期的，"
            "除以全部间隔。实时、不定期与不更新没有期限，不计；未声明周期的不计。",
            f"Of the newest {INTERVALS} intervals between days with a release, of whatever version, the last of which"
            " ends today, those that are no longer than the declared frequency allows, divided by all of them."
            " Data that is updated continuously, irregularly or never is set no time,"
            " and counts no more than what declares no frequency.",
        ),
        (DESCRIPTOR, MANIFEST),
        counting.on_time,
    ),
    Measure(
        "errors",
        "count",
        Text("校验错误", "Validation errors"),
        Text(
            "发布时校验报告中的错误数。有错误的不能发布，所以应为 0。",
            "Errors in the report that it was published with. Nothing is published with errors: there should be none.",
        ),
        (REPORT,),
        counting.errors,
    ),
    Measure(
        "warnings",
        "count",
        Text("校验警告", "Validation warnings"),
        Text("同一报告中的警告数。", "Warnings in the same report."),
        (REPORT,),
        counting.warnings,
    ),
    Measure(
        "documents",
        "share",
        Text("说明文档", "Documents"),
        Text(
            "README 与更新日志中本版本的条目，二者中有几项，除以二。",
            "A README, and an entry for this version in the changelog: how many of the two there are, divided by two.",
        ),
        (MANIFEST, counting.CHANGELOG),
        counting.documents,
    ),
    Measure(
        "column-titles",
        "share",
        Text("有标题的列", "Columns with a title"),
        Text("有标题的列，除以各表全部列。", "Columns with a title, divided by all columns of all tables."),
        (MANIFEST,),
        counting.titles,
    ),
    Measure(
        "column-descriptions",
        "share",
        Text("有说明的列", "Columns with a description"),
        Text("有说明的列，除以各表全部列。", "Columns with a description, divided by all columns of all tables."),
        (MANIFEST,),
        counting.descriptions,
    ),
    Measure(
        FEEDBACK,
        "share",
        Text("已答复的反馈", "Feedback answered"),
        Text(
            "收到的反馈与数据需求中有答复的，除以全部未被驳回的；不指某个数据集的需求计入目录。",
            "Feedback and requests for data that have an answer, divided by all that came and were not rejected."
            " Requests that are about no dataset count for the catalogue.",
        ),
        ("/feedback",),
        counting.feedback,
    ),
)
"""Every measure, in the order in which they are shown."""

BY_NAME: Final[Mapping[str, Measure]] = {measure.name: measure for measure in MEASURES}


def figures(facts: Facts, known: Known) -> tuple[Figure, ...]:
    """Every figure of a dataset."""
    return tuple(measure.figure(facts, known) for measure in MEASURES)


def pooled_figures(found: Sequence[tuple[str, tuple[Figure, ...]]], tally: Tally | None = None) -> tuple[Figure, ...]:
    """Every figure of a catalogue, of those of its datasets by name, and of what was asked of none of them."""
    return tuple(
        pooled(
            measure.name,
            measure.unit,
            [*((name, own[index]) for name, own in found), *_asked_of_none(measure, tally or {})],
        )
        for index, measure in enumerate(MEASURES)
    )


def _asked_of_none(measure: Measure, tally: Tally) -> Iterator[tuple[str, Figure]]:
    """Requests for data that is not there: they are the catalogue's."""
    told = tally.get(None)
    if measure.name == FEEDBACK and told and told.asked:
        yield "", figure(FEEDBACK, "share", Counted((Input("", told.answered, told.asked),)))
