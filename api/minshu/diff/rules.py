"""What each change takes of a version: the one table, which `docs/versions.md` prints.

The Data Package standard's recipe "Data Package Version", made computable: what it leaves to judgement is decided here
once, for the side of those whom a change could break.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from minshu.diff.bump import Bump


@dataclass(frozen=True)
class Rule:
    """A kind of change. `meaning` stands in the documentation; `english` and `chinese` say of one change what it is.

    They may name `{field}`, `{property}`, `{old}`, `{new}` and `{count}`.
    """

    id: str
    bump: Bump
    meaning: str
    english: str
    chinese: str


_ALL = (
    Rule(
        "package-renamed",
        Bump.major,
        "The `name` or the `id` of the package is another.",
        "The package's {property} was {old} and is {new}.",
        "数据包的 {property} 由 {old} 改为 {new}。",
    ),
    Rule(
        "opening-narrowed",
        Bump.major,
        "The opening attribute lets fewer people have the data.",
        "The opening attribute was {old} and is {new}.",
        "开放属性由 {old} 收紧为 {new}。",
    ),
    Rule(
        "resource-removed",
        Bump.major,
        "A resource is gone.",
        "The resource is gone.",
        "资源已删除。",
    ),
    Rule(
        "resource-renamed",
        Bump.major,
        "A resource is gone, and a new one has the same files, byte for byte, and the same schema.",
        "The resource was called {old}.",
        "资源原名 {old}。",
    ),
    Rule(
        "resource-path-changed",
        Bump.major,
        "The files of a resource stand at other paths.",
        "The path was {old} and is {new}.",
        "路径由 {old} 改为 {new}。",
    ),
    Rule(
        "file-format-changed",
        Bump.major,
        "The files of a resource must be read in another way: `format`, `mediatype`, `encoding`, `dialect`, …",
        "The {property} was {old} and is {new}.",
        "{property} 由 {old} 改为 {new}。",
    ),
    Rule(
        "field-removed",
        Bump.major,
        "A field is gone.",
        "The field is gone.",
        "字段已删除。",
    ),
    Rule(
        "field-added",
        Bump.major,
        "There is a new field.",
        "The field is new.",
        "新增字段。",
    ),
    Rule(
        "field-renamed",
        Bump.major,
        "A field is gone, and a new one of the same type stands in its place and has, in all paired rows, its values.",
        "The field was called {old}.",
        "字段原名 {old}。",
    ),
    Rule(
        "fields-reordered",
        Bump.major,
        "The fields that were there before stand in another order.",
        "The fields stand in another order: {new}.",
        "字段顺序改变：{new}。",
    ),
    Rule(
        "field-type-narrowed",
        Bump.major,
        "The type of a field takes only some of the values that it took.",
        "The type was narrowed from {old} to {new}.",
        "类型由 {old} 收窄为 {new}。",
    ),
    Rule(
        "field-type-widened",
        Bump.major,
        "The type of a field takes all values that it took, and more.",
        "The type was widened from {old} to {new}.",
        "类型由 {old} 放宽为 {new}。",
    ),
    Rule(
        "field-type-changed",
        Bump.major,
        "The type of a field is another, neither wider nor narrower.",
        "The type was {old} and is {new}.",
        "类型由 {old} 改为 {new}。",
    ),
    Rule(
        "field-format-changed",
        Bump.major,
        "The values of a field are written in another way: `format`, `decimalChar`, `trueValues`, `missingValues`, …",
        "The {property} was {old} and is {new}.",
        "{property} 由 {old} 改为 {new}。",
    ),
    Rule(
        "constraint-tightened",
        Bump.major,
        "A constraint is new, or cannot be shown to allow all that it allowed: `required`, `enum`, `pattern`, …",
        "The constraint {property} was tightened from {old} to {new}.",
        "约束 {property} 由 {old} 收紧为 {new}。",
    ),
    Rule(
        "primary-key-changed",
        Bump.major,
        "Rows are named by another primary key, or by none.",
        "The primary key was {old} and is {new}.",
        "主键由 {old} 改为 {new}。",
    ),
    Rule(
        "key-added",
        Bump.major,
        "There is a new unique or foreign key.",
        "There is a new key in {property}: {new}.",
        "{property} 新增：{new}。",
    ),
    Rule(
        "rows-removed",
        Bump.major,
        "Rows are gone. In a table without a primary key, a corrected row is one gone and one new.",
        "{count} rows are gone.",
        "删除 {count} 行。",
    ),
    Rule(
        "licence-changed",
        Bump.minor,
        "The licences are others.",
        "The licences were {old} and are {new}.",
        "许可由 {old} 改为 {new}。",
    ),
    Rule(
        "opening-widened",
        Bump.minor,
        "The opening attribute lets more people have the data.",
        "The opening attribute was {old} and is {new}.",
        "开放属性由 {old} 放宽为 {new}。",
    ),
    Rule(
        "resource-added",
        Bump.minor,
        "There is a new resource.",
        "The resource is new.",
        "新增资源。",
    ),
    Rule(
        "constraint-loosened",
        Bump.minor,
        "A constraint is gone, or allows all that it allowed, and more.",
        "The constraint {property} was loosened from {old} to {new}.",
        "约束 {property} 由 {old} 放宽为 {new}。",
    ),
    Rule(
        "key-removed",
        Bump.minor,
        "A unique or foreign key is gone.",
        "A key in {property} is gone: {old}.",
        "{property} 删除：{old}。",
    ),
    Rule(
        "foreign-key-redirected",
        Bump.minor,
        "The fields of a foreign key point at another resource or at other fields.",
        "A foreign key was {old} and is {new}.",
        "外键由 {old} 改为 {new}。",
    ),
    Rule(
        "rows-added",
        Bump.minor,
        "There are new rows.",
        "{count} rows are new.",
        "新增 {count} 行。",
    ),
    Rule(
        "cells-changed",
        Bump.patch,
        "Rows that were there before have other values.",
        "{count} cells have another value, in {new}.",
        "{count} 个单元格的值改变：{new}。",
    ),
    Rule(
        "metadata-changed",
        Bump.patch,
        "A property that describes the package, a resource or a field is another: titles, descriptions, sources, …",
        "The {property} was {old} and is {new}.",
        "{property} 由 {old} 改为 {new}。",
    ),
    Rule(
        "resources-reordered",
        Bump.patch,
        "The resources that were there before stand in another order.",
        "The resources stand in another order: {new}.",
        "资源顺序改变：{new}。",
    ),
    Rule(
        "file-changed",
        Bump.patch,
        "A file that is no table has other bytes. What they mean is not compared.",
        "The file {property} has other bytes.",
        "文件 {property} 的内容改变。",
    ),
    Rule(
        "file-rewritten",
        Bump.patch,
        "The file of a table has other bytes, such as another order of rows, and says the same.",
        "The file {property} was written anew and holds the same rows.",
        "文件 {property} 重新写出，数据行相同。",
    ),
)

RULES: Mapping[str, Rule] = {rule.id: rule for rule in _ALL}
"""Every rule by its id, the heaviest first."""
