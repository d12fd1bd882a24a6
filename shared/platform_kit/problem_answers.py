"""How refusals become answers: RFC 9457 application/problem+json, in the caller's language, naming the field at fault."""

from typing import Any

from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict
from starlette.exceptions import HTTPException

from platform_kit.problems import (
    InProgress,
    NotFound,
    NotSignedIn,
    Overloaded,
    Refusal,
    Unavailable,
)

MEDIA_TYPE = "application/problem+json"
RETRY_SECONDS = {InProgress: 1, Overloaded: 1, Unavailable: 2}

_TITLES = {
    400: ("Bad request", "请求有误"),
    401: ("Not signed in", "未登录"),
    403: ("Not permitted", "没有权限"),
    404: ("Not found", "未找到"),
    405: ("Method not allowed", "方法不允许"),
    409: ("Conflict", "状态冲突"),
    413: ("Too large", "内容过大"),
    415: ("Unsupported media type", "不支持的内容类型"),
    422: ("Invalid input", "输入有误"),
    429: ("Too many requests", "请求过多"),
    431: ("Headers too large", "请求头过大"),
    500: ("Internal error", "内部错误"),
    503: ("Unavailable", "暂不可用"),
}

# The kinds of fault that people meet; anything else is told in pydantic's English.
_REASONS_ZH = {
    "missing": "必填",
    "value_error": "内容不正确",
    "string_unicode": "不是有效的文本",
    "model_attributes_type": "必须是对象",
    "list_type": "必须是列表",
    "dict_type": "必须是对象",
    "extra_forbidden": "不允许的字段",
    "string_too_short": "内容过短(至少 {min_length} 个字符)",
    "string_too_long": "内容过长(最多 {max_length} 个字符)",
    "greater_than": "必须大于 {gt}",
    "greater_than_equal": "不能小于 {ge}",
    "less_than": "必须小于 {lt}",
    "less_than_equal": "不能大于 {le}",
    "too_short": "数量过少(至少 {min_length} 项)",
    "too_long": "数量过多(最多 {max_length} 项)",
    "int_parsing": "必须是整数",
    "int_type": "必须是整数",
    "int_from_float": "必须是整数",
    "string_type": "必须是文本",
    "bool_parsing": "必须是 true 或 false",
    "uuid_parsing": "编号格式不正确",
    "date_from_datetime_parsing": "日期不正确",
    "date_parsing": "日期不正确",
    "datetime_parsing": "时间不正确",
    "datetime_from_date_parsing": "时间不正确",
    "timezone_aware": "时间必须带时区",
    "enum": "必须是以下之一:{expected}",
    "literal_error": "必须是以下之一:{expected}",
    "json_invalid": "不是有效的 JSON",
    "string_pattern_mismatch": "格式不正确",
}


class Fault(BaseModel):
    """`path` is where in the input, e.g. ``body.members[0].phone``."""

    path: str
    reason: str


class Problem(BaseModel):
    model_config = ConfigDict(extra="allow")

    type: str
    title: str
    status: int
    detail: str
    errors: list[Fault] = []


def problem_of(refusal: Refusal, language: str) -> Problem:
    detail = refusal.detail(language)
    return Problem(
        type=f"/problems/{refusal.slug()}",
        title=_title(refusal.status, language),
        status=refusal.status,
        detail=detail,
        errors=[Fault(path=refusal.field, reason=detail)] if refusal.field else [],
        **{name: value for name, value in refusal.facts.items() if name not in Problem.model_fields},
    )


def answer(problem: Problem, headers: dict[str, str] | None = None) -> Response:
    return Response(problem.model_dump_json(), problem.status, headers, MEDIA_TYPE)


def refused(refusal: Refusal, language: str) -> Response:
    headers = {}
    if seconds := refusal.facts.get("retry_after") or RETRY_SECONDS.get(type(refusal)):
        headers["Retry-After"] = str(seconds)
    if isinstance(refusal, NotSignedIn):
        headers["WWW-Authenticate"] = "Bearer"
    return answer(problem_of(refusal, language), headers)


def invalid(error: RequestValidationError, language: str) -> Response:
    faults = [Fault(path=_path(fault["loc"]), reason=_reason(fault, language)) for fault in error.errors()]
    malformed = any(fault["type"] == "json_invalid" for fault in error.errors())
    status = 400 if malformed else 422
    return answer(
        Problem(
            type="/problems/malformed-json" if malformed else "/problems/invalid-input",
            title=_title(status, language),
            status=status,
            detail="; ".join(f"{fault.path}: {fault.reason}" for fault in faults[:5]),
            errors=faults,
        )
    )


def http_error(error: HTTPException, language: str) -> Response:
    """What the framework itself refuses: no such path, wrong method, an unreadable body."""
    if error.status_code == 404:
        return refused(NotFound(what="page"), language)
    title = _title(error.status_code, language)
    return answer(
        Problem(type="about:blank", title=title, status=error.status_code, detail=title),
        dict(error.headers or {}),
    )


def _title(status: int, language: str) -> str:
    english, chinese = _TITLES.get(status, ("Refused", "已拒绝"))
    return english if language == "en" else chinese


def _path(location: tuple[int | str, ...]) -> str:
    path = ""
    for part in location:
        path += f"[{part}]" if isinstance(part, int) else f".{part}" if path else part
    return path.removeprefix("body.")


def _reason(fault: dict[str, Any], language: str) -> str:
    if language == "zh" and (template := _REASONS_ZH.get(fault["type"])):
        return template.format_map(fault.get("ctx", {}))
    return str(fault["msg"])
