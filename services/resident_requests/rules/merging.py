"""Which two requests can be one: about the same kind of thing, and so that nobody learns of what is private."""

from dataclasses import dataclass

from platform_kit.problems import InvalidInput, Text
from resident_requests.rules.category import Category
from resident_requests.rules.request import Request

_ITSELF = Text("It cannot be merged into itself.", "不能并入自身。")
_OTHER_KIND = Text("They are of different kinds.", "两件求助的类别不同。")
_PRIVATE = Text(
    "What is private is merged only with what the same resident asked for.",
    "非公开的求助只能与同一居民的求助合并。",
)


@dataclass(frozen=True, slots=True)
class Part:
    request: Request
    category: Category
    public: bool


def may_be_merged(one: Part, into: Part) -> None:
    """InvalidInput that names `into` when they cannot."""
    if one.request.id == into.request.id:
        raise InvalidInput(field="into", reason=_ITSELF)
    if _family(one.category) != _family(into.category):
        raise InvalidInput(field="into", reason=_OTHER_KIND)
    same = one.request.resident_id is not None and one.request.resident_id == into.request.resident_id
    if not same and not (one.public and into.public):
        raise InvalidInput(field="into", reason=_PRIVATE)


def _family(category: Category) -> str:
    return category.parent or category.code
