"""What is wrong with a statement, in Chinese, for the faults that people meet most. DuckDB tells the rest."""

import re
from collections.abc import Mapping
from typing import Final

_SENTENCES: Final[Mapping[re.Pattern[str], str]] = {
    re.compile(pattern): sentence
    for pattern, sentence in {
        r'Referenced column "(.+?)" not found': "这里没有名为“{}”的列。",
        r'Table "(.+?)" does not have a column named "(.+?)"': "表“{}”没有名为“{}”的列。",
        r"There is no table '(.+?)'": "没有名为“{}”的表。",
        r'Referenced table "(.+?)" not found': "语句的 FROM 里没有“{}”。",
        r'Ambiguous reference to column name "(.+?)"': "有几张表都有列“{}”，请写成 表名.列名。",
        r'column "(.+?)" must appear in the GROUP BY': "列“{}”既不在 GROUP BY 里，也没有用在汇总函数中。",
        r"The function (\S+) is not allowed": "没有函数 {}，或它不允许使用：只能用对值计算的函数。",
        r"No function matches .*? '(.+?)'\.": "没有接受这些类型的函数或运算：{}。请用 列::类型 转换。",
        r"Could not convert string '(.*?)' to (\w+)": "文字“{}”不能转换为 {}。存疑的值请用 try_cast。",
        r'syntax error at or near "(.+?)"': "“{}”附近有语法错误。",
        r"syntax error at end of input": "语句没有写完。",
        r"unterminated": "引号没有闭合。",
        r"There are (\d+) statements in the text": "一次只能运行一条语句，这里有 {} 条。",
        r"There is no statement in the text": "这里没有语句。",
        r"The query needs more memory .*? \((.+?)\)": "查询所需的内存超过了上限（{}）。请缩小范围，或先汇总。",
        r"The answer is larger than (\d+) bytes": "结果超过了 {} 字节。请减少行或列，或下载整个版本。",
        r"is not allowed: a release never changes": "不允许修改：版本发布后不再改变。",
    }.items()
}


def said_of_sql(detail: str) -> str | None:
    """The sentence in Chinese that says the same; None where there is none."""
    for pattern, sentence in _SENTENCES.items():
        if found := pattern.search(detail):
            return sentence.format(*found.groups())
    return None
