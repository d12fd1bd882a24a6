"""What a category of the tree is: who takes it up, what it asks, what is promised. Each change is its next version, and a request
keeps the version that it was filed under."""

from dataclasses import dataclass
from datetime import timedelta

from platform_kit.problems import InvalidInput, Text
from resident_requests.rules.clocks import Promise
from resident_requests.rules.emergency import Number
from resident_requests.rules.questions import Question

_OWN_PARENT = Text("A category cannot stand under itself.", "类别不能放在自己之下。")
_NO_PARENT = Text(
    "There is no such category, or it stands under another itself.", "没有该类别,或它本身已在其他类别之下。"
)
_HAS_CHILDREN = Text(
    "Others stand under this category, so it cannot stand under one itself.",
    "该类别下已有其他类别,不能再放到别的类别之下。",
)


@dataclass(frozen=True, slots=True)
class Category:
    """`parent` makes a tree of two levels. `private`: requests of it are for whoever may see them, and never public. `call` is who
    must be called first."""

    code: str
    version: int
    name_zh: str
    name_en: str
    parent: str | None
    route: str
    skill: str | None
    private: bool
    call: Number | None
    open: bool
    respond_hours: int
    resolve_hours: int
    escalate_hours: int
    questions: tuple[Question, ...]

    @property
    def promise(self) -> Promise:
        return Promise(
            timedelta(hours=self.respond_hours),
            timedelta(hours=self.resolve_hours),
            timedelta(hours=self.escalate_hours),
        )


def placed(category: Category, parent: Category | None, *, has_children: bool) -> Category:
    """The category, if it can stand under what was found of its parent; `has_children`: others stand under it. InvalidInput
    otherwise."""
    if category.parent is None:
        return category
    if category.parent == category.code:
        raise InvalidInput(field="parent", reason=_OWN_PARENT)
    if parent is None or parent.parent is not None:
        raise InvalidInput(field="parent", reason=_NO_PARENT)
    if has_children:
        raise InvalidInput(field="parent", reason=_HAS_CHILDREN)
    return category
