"""Refusals: named types with a status, a reason in the caller's language, and the facts behind it (RFC 9457).

A service names its own refusals in its `problems.py`; `app.py` renders every one as application/problem+json.
"""

import re
from dataclasses import dataclass
from typing import Any, ClassVar

LANGUAGES = ("zh", "en")


@dataclass(frozen=True, slots=True)
class Text:
    """One sentence in the languages that Linli speaks; `{name}` is filled from the refusal's facts."""

    en: str
    zh: str

    def in_language(self, language: str, facts: dict[str, Any]) -> str:
        return str(getattr(self, language)).format_map(facts)


class Refusal(Exception):
    """A command that is refused; nothing has changed. Facts given by keyword go into the answer as members.

    `field` names the input at fault, as a JSON path such as ``household.members[0].phone``.
    """

    status: ClassVar[int] = 409
    says: ClassVar[Text] = Text("This is not possible now.", "当前状态下不能这样做。")

    def __init__(self, *, field: str | None = None, **facts: Any) -> None:
        self.field = field
        self.facts = facts
        super().__init__(self.detail("en"))

    @classmethod
    def slug(cls) -> str:
        return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", cls.__name__).lower()

    def detail(self, language: str) -> str:
        return self.says.in_language(language, self.facts)


class WrongState(Refusal):
    """A transition that the state machine does not have: `state` is where the thing stands, `wanted` the verb."""

    says = Text("It is {state}; it cannot be {wanted} now.", "当前为“{state}”，不能执行“{wanted}”。")

    def __init__(self, *, state: str, wanted: str, **facts: Any) -> None:
        super().__init__(state=state, wanted=wanted, **facts)


class NotFound(Refusal):
    """Also the answer to a caller who may not know that the thing exists."""

    status = 404
    says = Text("There is no such {what}.", "找不到该{what}。")

    def __init__(self, *, what: str = "record", **facts: Any) -> None:
        super().__init__(what=what, **facts)


class NotYours(Refusal):
    """The caller's role has no right to this verb at all (about a thing that they may see)."""

    status = 403
    says = Text("You do not have the right to do this.", "您没有权限执行此操作。")


class NotSignedIn(Refusal):
    status = 401
    says = Text("Please sign in.", "请先登录。")


class InvalidInput(Refusal):
    """One field is wrong in a way that the schema cannot say. Give `field`; `reason` is shown as it is."""

    status = 422
    says = Text("{reason}", "{reason}")

    def __init__(self, *, field: str, reason: str | Text, **facts: Any) -> None:
        self.reason = reason if isinstance(reason, Text) else Text(reason, reason)
        super().__init__(field=field, reason=self.reason.en, **facts)

    def detail(self, language: str) -> str:
        return self.reason.in_language(language, self.facts)


class ChangedMeanwhile(Refusal):
    """`version` is what it is at now; further facts may say what the sender wanted and what is there."""

    says = Text(
        "Somebody else has changed it; it is at version {version} now.",
        "该记录已被他人修改,当前版本为 {version}。",
    )


class VersionMissing(Refusal):
    status = 428
    says = Text(
        'A change needs the header If-Match with the version that you saw, such as "3".',
        '修改时必须带有请求头 If-Match,内容为您所见的版本,例如 "3"。',
    )


class KeyMissing(Refusal):
    status = 400
    says = Text(
        "An unsafe call needs the header Idempotency-Key, once (1 to 200 printable ASCII characters).",
        "该操作必须带有一个请求头 Idempotency-Key(1 至 200 个可见 ASCII 字符)。",
    )


class KeyReused(Refusal):
    status = 422
    says = Text("This Idempotency-Key was used for another call.", "该 Idempotency-Key 已用于另一个请求。")


class InProgress(Refusal):
    says = Text("The same call is being worked on; ask again shortly.", "相同请求正在处理中,请稍后重试。")


class BodyTooSlow(Refusal):
    status = 408
    says = Text("The request did not arrive in time.", "请求未能及时送达,请重试。")


class BodyTooLarge(Refusal):
    status = 413
    says = Text("The body is larger than {limit} bytes.", "请求内容超过 {limit} 字节。")


class QueryTooLong(Refusal):
    status = 400
    says = Text("The query has more than {limit} parameters.", "请求参数超过 {limit} 个。")


class PathUnreadable(Refusal):
    status = 400
    says = Text("The address ends with a line break.", "地址末尾含有换行符。")


class HeadTooLarge(Refusal):
    """The request's line and headers; told by the server itself, which has read nothing else."""

    status = 431
    says = Text("The headers are larger than {limit} bytes.", "请求头超过 {limit} 字节。")


class TooManyRequests(Refusal):
    """Sent with Retry-After: after so many seconds the next call is let in."""

    status = 429
    says = Text("Too many requests; please try again in {seconds} s.", "请求过于频繁,请 {seconds} 秒后重试。")

    def __init__(self, *, seconds: int) -> None:
        super().__init__(seconds=seconds, retry_after=seconds)
        self.seconds = seconds


class Unstorable(Refusal):
    status = 422
    says = Text("A value in this call cannot be stored.", "请求中含有无法保存的内容。")


class OurFault(Refusal):
    """Something that should not have happened; nothing was changed."""

    status = 500
    says = Text("Something went wrong on our side; nothing was changed.", "系统出错,未做任何更改。")


class Overloaded(Refusal):
    """More came at once than can be answered in good time; it was turned away before anything was done.

    Sent with Retry-After.
    """

    status = 503
    says = Text("Too many people are asking at once; please try again.", "当前访问人数过多,请稍后重试。")


class Unavailable(Refusal):
    """A part that this answer needs is away; nothing was half done. Sent with Retry-After."""

    status = 503
    says = Text("The service is briefly unavailable; please try again.", "服务暂时不可用,请稍后重试。")
