"""Errors in Chinese: a sentence for each code, made of the error's data.

What an error tells only in words of English - which filter, which place in a statement - is not translated: those words
go with the sentence, which then is not `whole`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from string import Formatter
from typing import Any, Final


@dataclass(frozen=True)
class Words:
    """How an error is called, and a sentence that takes its data. `whole` where that says all there is to say."""

    title: str
    sentence: str
    whole: bool = True

    @property
    def fields(self) -> set[str]:
        """The names of the data that the sentence takes."""
        return {name for _, name, _, _ in Formatter().parse(self.sentence) if name}

    def said(self, data: Mapping[str, object]) -> str:
        """The sentence with the data of an error."""
        return self.sentence.format_map({name: _value(name, data.get(name)) for name in self.fields})


def _partly(title: str, sentence: str) -> Words:
    return Words(title, sentence, whole=False)


_SERVICE: Final = "服务未能作答。问题不在您的请求；请稍后重试，若仍不行，请把下面的请求编号告诉运营者。"
_GRANT: Final = "{name} 的数据为有条件开放，条件是：{conditions}。"

WORDS: Final[Mapping[str, Words]] = {
    # 找不到
    "not-found": Words("这里没有内容", "这个地址下没有任何内容，可能是写错了，或者内容已经移走。"),
    "dataset-not-found": Words("没有这个数据集", "没有名为“{name}”的数据集。"),
    "release-not-found": Words("没有这个版本", "{name} 没有版本“{version}”。现有版本：{known}。"),
    "resource-not-found": Words("没有这张表", "这个版本里没有名为“{name}”的表。现有的表：{known}。"),
    "file-not-found": Words("没有这个文件", "这个版本里没有文件“{path}”。release.json 列出了全部文件。"),
    "column-not-found": Words("没有这一列", "没有名为“{name}”的列。现有的列：{known}。"),
    "row-not-found": Words("没有这一行", "表“{table}”里没有键为“{key}”的行。"),
    "package-unknown": Words("没有这一项", "没有名称或编号为“{id}”的 {what}。package_list 列出了全部数据集。"),
    "token-not-found": Words("没有这个令牌", "没有编号为“{id}”的令牌。"),
    "application-not-found": Words("没有这份申请", "没有编号为“{id}”的申请。"),
    "feedback-not-found": Words("没有这条留言", "没有编号为“{id}”的留言。"),
    "key-not-found": Words("没有这把密钥", "没有指纹为“{fingerprint}”的密钥。/keys 列出了全部密钥。"),
    "job-not-found": Words("没有这个任务", "没有编号为“{id}”的任务：它从未存在，或一周前已经结束，或上传已被放弃。"),
    # 不再提供
    "gone": Words("数据不再提供", "{name} {version} 的数据不再提供。原因：{reason}"),
    "release-withdrawn": Words("这个版本已撤回", "{name} {version} 已撤回，数据不再提供。原因：{reason}"),
    "release-purged": Words("这个版本已清除", "{name} {version} 的数据已永久删除，只留下记录。原因：{reason}"),
    # 请求有误
    "bad-request": _partly("请求无法理解", "请求无法理解。"),
    "bad-filter": _partly("筛选条件有误", "筛选条件的运算符不存在，或者值不适用于该列。写法为 列名__运算符=值。"),
    "bad-key": _partly("行的键有误", "用来指明一行的键与这张表的主键不符。"),
    "bad-page": _partly("翻页标记无效", "翻页标记不属于这个请求。请回到第一页，再用页面给出的链接翻页。"),
    "bad-parameter": _partly("参数有误", "有参数未知、缺失或超出范围。"),
    "argument-invalid": _partly("参数有误", "参数 {argument} 缺失，或者不是这个动作所要的。"),
    "bad-search": _partly("检索式无法理解", "参数 {argument} 的检索式无法理解。"),
    "action-unknown": Words("没有这个动作", "没有名为“{action}”的动作。现有的动作：{known}。"),
    "column-unfit": Words("这一列不适合", "列“{column}”不适合作{parameter}，这里需要{wanted}。请换一列。"),
    "grouping-unfit": Words("不能这样分组", "列“{column}”的值不能按“{group}”分组。可用：{fitting}。"),
    "column-repeated": Words("同一列用了两次", "列“{column}”已经画出，不能再作{parameter}。请换一列。"),
    "not-acceptable": _partly("没有所要的格式", "这里不能按所要的格式给出内容。"),
    "bad-scope": Words("权限写法有误", "权限“{text}”应写作 动词:数据集，动词为 {verbs} 之一。"),
    "bad-term": Words("期限写法有误", "“{text}”不是期限。请写天数，如 90d，或将来的日期，如 2027-01-31，最长十年。"),
    "nothing-to-apply-for": Words("无需也无从申请", "{name} 为{attribute}，不接受申请。"),
    "already-decided": Words("申请已有结果", "申请 {id} 的状态为{state}，不能再作此决定。"),
    "feedback-decided": Words("留言已处理", "留言 {id} 的状态为{state}，不能再这样处理。"),
    "personal-data-told": Words(
        "请删去个人信息", "内容里有{kinds}。留言会公开，请把它们删去后再提交；刚才的内容没有保存。"
    ),
    "upload-mismatch": Words(
        "上传不连续", "这次上传应从第 {expected_offset} 字节继续，而不是第 {provided_offset} 字节。"
    ),
    "upload-complete": Words("上传已完成", "这次上传已经完整，不再接收内容。"),
    "upload-damaged": Words("上传内容有损", "收到内容的 SHA-256 为 {found}，与声明的 {declared} 不符。请重新上传。"),
    "source-too-long": Words(
        "文本太长", "“{name}”有 {size} 字节，超过 {most} 字节的文本不与记录对照显示。可下载整个文件，位置见各片段表。"
    ),
    "upload-too-large": Words("上传的文件太大", "上传最多 {most} 字节，且不得多于事先声明的大小。"),
    "upload-missing": Words("没有选择文件", "表单里没有文件。请选择一个文件再提交。"),
    "upload-unreadable": Words("不能检查这种文件", "“{name}”不是可以检查的文件类型。可以检查的类型：{known}。"),
    # 权限
    "access-error": _partly("无权访问", "您无权这样做，或尚未证明有权这样做。"),
    "token-missing": Words("需要令牌", "此操作需要令牌，请以 Authorization: Bearer 发送。"),
    "token-invalid": _partly("令牌无效", "所发送的令牌无效：未知、已过期或已吊销。"),
    "scope-missing": Words("令牌权限不足", "此令牌不能用于此操作，需要权限 {scope}。"),
    "exchange-refused": _partly("不能换取令牌", "用来换取令牌的凭证不被接受。"),
    "grant-needed": Words("需要申请", f"{_GRANT}请先申请，获准后凭令牌取用。"),
    "grant-missing": Words("未获授权", f"{_GRANT}您的令牌未获授权，请申请。"),
    "data-closed": Words("数据不予开放", "{name} 的数据不予开放，依据：{legal_basis}。其元数据对所有人公开。"),
    "writing-off": Words("本站只读", "本站只供读取，不接受写入。运营者可以开启（writing = true）。"),
    "validating-off": Words("本站不校验文件", "运营者关闭了文件校验。您可以在自己的电脑上运行 minshu validate。"),
    "feedback-off": Words("本站不接收留言", "本站{cause}。"),
    # 过载
    "budget-exceeded": Words(
        "用量已到上限", "{window} 秒内的{budget}（{quota}）已用完，请在 {retry_after} 秒后重试，或下载整个版本。"
    ),
    "messages-exceeded": Words("留言太多", "您一小时内已留言 {quota} 条，请在 {minutes} 分钟后再提交。"),
    "chart-failed": _partly(
        "图没有画出", "绘图用时过长，或绘图的进程出了问题。可减少要画的点，或取 vl.json 自行绘制。"
    ),
    "exports-overloaded": Words("导出太多", "同时请求的导出太多，请在 {retry_after} 秒后重试。"),
    "applications-overloaded": Words("待办申请太多", "{name} 已有 {most} 份申请在等待办理，请明天再试。"),
    "feedback-overloaded": Words("待处理的留言太多", "已有 {most} 条留言等待处理，请明天再试。"),
    "sql-overloaded": Words("查询太多", "同时进行的查询太多，请在 {retry_after} 秒后重试。"),
    "jobs-overloaded": Words("任务太多", "等待处理的任务太多，请在 {retry_after} 秒后重试。"),
    # SQL
    "sql-error": _partly("查询没有结果", "这条语句没有得到回答。"),
    "sql-syntax": _partly("SQL 语法有误", "这段文字不是 DuckDB 能解析的 SQL。"),
    "sql-refused": _partly("不允许这条语句", "这条语句超出了允许的范围：只能是一条 SELECT，只读本版本的表。"),
    "sql-failed": _partly("查询执行失败", "语句执行失败：例如列名不对、值不能转换，或内存不够。"),
    "sql-timeout": Words("查询超时", "查询在 {seconds} 秒后被停止。请缩小范围，或下载整个版本在本地查询。"),
    "sql-too-large": _partly("结果太大", "结果超过了一次回答的上限。请加上 LIMIT，或缩小范围。"),
    # 数据包与发布
    "descriptor-invalid": _partly("描述文件有误", "描述文件（datapackage.json）不符合数据包标准。"),
    "unsafe-path": _partly("路径不安全", "路径“{path}”指向数据包之外。请把文件放进数据包，并写相对路径。"),
    "archive-refused": _partly("压缩包不被接受", "压缩包已损坏、太大，或含有有害的内容。"),
    "publish-error": _partly("没有发布", "数据包没有发布，读者看不到任何变化。"),
    "invalid-package": Words("数据包无效", "数据包有 {errors} 处错误，因此没有发布。"),
    "identity-missing": Words("缺少名称或版本", "数据包没有声明 {what}。"),
    "identity-mismatch": Words("名称或版本不符", "数据包声明的 {what} 是“{own}”，却以“{given}”发布。"),
    "identity-refused": _partly("名称或版本不可用", "这个名称或版本不能用于发布。"),
    "reserved-path": _partly("路径已被占用", "路径或名称“{path}”由服务自己使用，请改名。"),
    "unstorable-table": _partly("表无法精确保存", "表中有 DuckDB 与 Parquet 无法精确保存的值。"),
    "version-too-small": _partly("版本号升得不够", "从 {base} 到 {version} 的变化属于{verdict}，至少应为 {least}。"),
    "release-conflict": Words(
        "版本已存在", "{name} {version} 已经发布，且内容不同。已发布的版本不会改变，请提高版本号。"
    ),
    "version-spent": Words("版本号已用尽", "{name} {version} {state}，其版本号不再使用。请提高版本号。"),
    "standing-conflict": _partly("与版本状态冲突", "这个版本现在的状态不允许此操作。"),
    # 任务
    "job-error": _partly("没有处理完", "所发送的内容没有处理完。"),
    "job-running": Words("任务正在进行", "任务正在处理，已不能取消。"),
    "job-late": Words("处理超时", "处理在 {seconds} 秒后被停止。请减少内容，或在自己的电脑上运行 minshu validate。"),
    "job-killed": Words(
        "超出内存限制", "处理这份内容所需的内存或时间超过了上限。请减少内容，或在自己的电脑上运行 minshu validate。"
    ),
    "job-interrupted": Words("处理中断", "服务在处理期间中断了 {attempts} 次。请重新发送，或告知运营者。"),
    "job-broken": Words("处理失败", "处理失败，问题在服务一方；运营者可以在日志中查到。"),
    # 服务自身
    "store-error": Words("存储故障", _SERVICE),
    "store-failed": Words("存储暂不可用", _SERVICE),
    "manifest-unreadable": Words("版本清单损坏", _SERVICE),
    "digest-mismatch": Words("文件校验不符", _SERVICE),
    "audit-broken": Words("审计日志损坏", _SERVICE),
    "signature-refused": Words("签名不符", _SERVICE),
    "backup-refused": Words("备份不可用", _SERVICE),
    "internal-error": Words("服务出错", _SERVICE),
    # HTTP 本身的拒绝
    "method-not-allowed": Words("不支持这种请求方法", "这个地址不接受这种请求方法。"),
    "precondition-failed": Words("内容已经改变", "内容已不是您所指的那一份。请重新读取。"),
    "content-too-large": _partly("请求体太长", "请求体超过了上限。"),
    "unsupported-media-type": _partly("不支持这种内容类型", "这里不读取这种类型的请求体。"),
    "range-not-satisfiable": Words("范围超出文件", "请求的范围超出了文件，文件共 {bytes} 字节。"),
    "invalid-request": _partly("请求无法读取", "请求的参数无法读取。"),
}


def words_of(code: str) -> Words:
    """The words of an error; those of a fault of the service for a code that no request is to meet."""
    return WORDS.get(code, WORDS["internal-error"])


# What the program calls things, where that stands in a sentence.
_TERMS: Final[Mapping[str, Mapping[str, str]]] = {
    "budget": {"requests": "请求次数", "rows": "读取行数", "query-seconds": "查询时间"},
    "attribute": {"unconditional": "无条件开放", "conditional": "有条件开放", "closed": "不予开放"},
    "state": {
        "withdrawn": "已撤回",
        "purged": "已清除",
        "received": "等待办理",
        "granted": "已获准",
        "refused": "已拒绝",
        "revoked": "已收回",
        "published": "已公开",
        "answered": "已答复",
        "closed": "已办结",
        "rejected": "未予公开",
    },
    "kinds": {
        "resident identity number": "身份证号码",
        "mobile number": "手机号码",
        "bank card number": "银行卡号",
        "e-mail address": "电子邮箱",
        "number plate": "车牌号码",
    },
    "cause": {"setting": "设为不接收留言", "store": "是只读的副本，不接收留言，请到它的来源站点留言"},
    "verdict": {"major": "主版本变更", "minor": "次版本变更", "patch": "修订"},
    "parameter": {"_x": "横轴", "_y": "数值", "_series": "颜色"},
    "wanted": {
        "numbers": "数值",
        "numbers or dates": "数值或日期",
        "values that can be told apart": "可以相互区分的值",
    },
    "what": {"name": "名称（name）", "version": "版本（version）"},
}


def _value(name: str, value: Any) -> str:
    """A datum as it stands in a sentence."""
    if value is None:
        return "未说明"
    if isinstance(value, str):
        return _TERMS.get(name, {}).get(value, value)
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, Iterable):
        return "、".join(_TERMS.get(name, {}).get(str(one), str(one)) for one in value) or "无"
    return str(value)
