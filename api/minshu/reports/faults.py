"""Faults of descriptors in Chinese. In English, `minshu.profiles` has put them into words already."""

import re
from collections.abc import Iterable

_SENTENCE = re.compile(r"(?P<pointer>/\S*?): (?P<note>.*?)\.(?: (?P<hint>[A-Z].*))?", re.DOTALL)
_NOTES = (
    (r"must be one of (.*), not (.*)", "应为 {} 之一，而不是{}"),
    (r"must be (.*), not (.*)", "应为{}，而不是{}"),
    (r"must be at least (.*), not (.*)", "应不小于 {}，而不是 {}"),
    (r"must have at least (\d+) items?", "至少应有 {} 项"),
    (r"must not be empty", "不能为空"),
    (r"must hold either values or objects with `value`, not both", "只能全是值，或全是带 `value` 的对象"),
    (r"(`\w+`) or (`\w+`) is missing", "缺少 {} 或 {}"),
    (r"(`[^`]+`) is missing", "缺少 {}"),
    (r"(`\w+`) and (`\w+`) exclude each other", "{} 与 {} 不能并存"),
    (r"repeats item (\d+) of the list, counted from 0", "与列表的第 {} 项（从 0 数起）重复"),
    (r"is no regular expression: (.*)", "不是正则表达式：{}"),
    (r"is no property of the standard", "不是标准中的属性"),
    (r"is read by nobody", "没有程序读取它"),
    (r"is that of (.*), but the classification is (.*)", "属于{}，而分类是{}"),
    (r"is the code of the resource itself", "是本资源自己的代码"),
    (r"is (.*), but the data is (.*)", "为{}，而数据是{}"),
    (r"is before (.*), the first day of the term", "早于期限的起始日期 {}"),
    (r"is after (.*), the last day of the term", "晚于期限的截止日期 {}"),
    (r"must name a resource of the package, not (.*)", "应为本数据包的资源名，而不是 {}"),
    (r"is open to all, which nobody needs an authorisation for", "已无条件开放，无须授权"),
    (r"is about data that is open to all, which nobody .*", "所涉数据已无条件开放，无须授权"),
)
_HINTS = (
    (r"Did you mean (`[^`]+`) by (`[^`]+`)\?", "是否应把 {1} 写作 {0}？"),
    (r"Did you mean (`[^`]+`)\?", "是否应为 {}？"),
    (r"Write (.*) without quotes\.", "{} 不加引号。"),
    (r"Write (.*) without brackets\.", "{} 不加方括号。"),
    (r"Name the file relative to the descriptor, .*", "请写相对于描述文件的路径，前面不加 `./`。"),
    (r"It says (.*), which the core catalogue asks for\.", "核心目录要求在此说明{}。"),
    (r"It says ([^ ]*)\.", "请在此说明{}。"),
    (r"It belongs to the package, not to a resource\.", "应写在数据包中，而不是资源中。"),
    (r"There is no such day\.", "历法中没有这一天。"),
    (r"Write its figures alone, in quotes: .*", "只写数字并加引号，不带单位、分隔符与正负号。"),
    (
        r"Name as `resources` what is not open, .*",
        "请在 `resources` 中列出未开放的资源，或以 `ended` 说明授权何时终止，或删去此记录。",
    ),
    (r"It is 类 \(1, 2 or 3\).*", "前段依次为类（1、2 或 3）、项（2 位）、目（3 位）、细目，`/` 之后为顺序码。"),
    (r"Write it in capitals and without blanks\.", "字母须大写，前后不留空白。"),
    (
        r"After its first 17 characters the last must be (.): one is mistyped\.",
        "按前 17 位推算，末位应为 {}：有一位写错。",
    ),
    (r"It has 18 characters: .*", "应为 18 位：数字，以及 I、O、S、V、Z 以外的大写字母。"),
    (r"Version 2 allows it: declare (.*)\.", "标准第 2 版允许，请声明 {}。"),
)
_WORDS = {
    "a text": "文本",
    "true or false": "true 或 false",
    "a whole number": "整数",
    "a number": "数字",
    "a list": "列表",
    "an object": "对象",
    "null": "null",
    "a path relative to the descriptor, without `..` and not hidden": "相对于描述文件、不含 `..`、不以点开头的路径",
    "a name of a-z, 0-9, `.`, `_`, `-` and `/`": "由 a-z、0-9、`.`、`_`、`-`、`/` 组成的名称",
    "a name of letters, digits, `.`, `_` and `-`": "由字母、数字、`.`、`_`、`-` 组成的名称",
    "an e-mail address": "电子邮箱",
    "a media type such as text/csv": "媒体类型，如 text/csv",
    "a digest such as sha256:…": "校验值，如 sha256:…",
    "a path or a list of paths": "路径或路径列表",
    "an object or a path to one": "对象或其路径",
    "the name of a field or a list of them": "字段名或字段名列表",
    "a text that is not blank": "非空白的文本",
    "a code such as 307001000012/000001": "形如 307001000012/000001 的代码",
    "a unified social credit code": "统一社会信用代码",
    "an amount as text such as 1200000.00": "以文本写出的金额，如 1200000.00",
    "a day such as 2026-01-31": "形如 2026-01-31 的日期",
    "a currency code of ISO 4217 such as CNY": "ISO 4217 的币种代码，如 CNY",
    "a number or a text": "数字或文本",
    "a whole number or a text": "整数或文本",
    "a value or an object with `value` and `label`": "值，或带 `value` 与 `label` 的对象",
}


def in_chinese(sentence: str) -> str | None:
    """The sentence of a fault in Chinese; None for any other sentence."""
    whole = _SENTENCE.fullmatch(sentence)
    note = _said(whole["note"], _NOTES) if whole else None
    if whole is None or note is None:
        return None
    hint = _said(whole["hint"], _HINTS) if whole["hint"] else ""
    return f"{whole['pointer']}：{note}。{whole['hint'] if hint is None else hint}"


def _said(words: str, table: Iterable[tuple[str, str]]) -> str | None:
    for pattern, chinese in table:
        if match := re.fullmatch(pattern, words, re.DOTALL):
            return chinese.format(*(_WORDS.get(group, group) for group in match.groups()))
    return None
