"""Who takes a request up: the first rule that fits, by priority; where none does, what its category says.

Rules are data of the district's staff. Each change is a rule's next version, and a request keeps the version by which it was routed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from platform_kit.problems import InvalidInput, Text
from resident_requests.problems import CategoryUnknown
from resident_requests.rules.category import Category
from resident_requests.rules.emergency import Urgency
from resident_requests.rules.questions import Answers

_NO_CATEGORY = Text("Answers are those of a category: name it.", "按答案分办时必须指定类别。")
_NOT_ASKED = Text("{category} has no list with this option.", "类别“{category}”没有带此选项的问题。")
_NO_SKILL = Text("Only volunteers are asked for a skill.", "只有志愿服务可以要求技能。")
_NO_SERVICE = Text("Only a paid service can be named.", "只有低偿服务可以指定服务项目。")
_UNKNOWN_SERVICE = Text("There is no service {service}.", "没有代码为 {service} 的服务。")


@dataclass(frozen=True, slots=True)
class RoutingRule:
    """`unit_id`: it holds there and below, None: everywhere. `categories`, `urgencies`: one of these, none: any. `answers`: each of
    these questions is answered by that option. `auto`: nobody needs to look first. Lower priorities go before.

    `unit_code` is the place of `unit_id` in the tree, as it is read.
    """

    code: str
    version: int
    priority: int
    unit_id: UUID | None
    categories: tuple[str, ...]
    urgencies: tuple[Urgency, ...]
    answers: Mapping[str, str]
    route: str
    skill: str | None
    service: str | None
    auto: bool
    open: bool
    unit_code: str | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    """What rules ask of a request; `unit_code` is None of a unit that is not known yet."""

    category: str
    unit_code: str | None
    urgency: Urgency
    answers: Answers


@dataclass(frozen=True, slots=True)
class Proposal:
    """Who should take it up, and by which rule; without one, the category says so, or somebody did. `service` is the paid one."""

    route: str
    skill: str | None = None
    service: str | None = None
    auto: bool = False
    rule: str | None = None
    rule_version: int | None = None


def propose(rules: Sequence[RoutingRule], facts: Facts, category: Category) -> Proposal:
    for rule in sorted(rules, key=lambda each: (each.priority, each.code)):
        if fits(rule, facts):
            return Proposal(rule.route, rule.skill, rule.service, rule.auto, rule.code, rule.version)
    return Proposal(category.route, category.skill)


def fits(rule: RoutingRule, facts: Facts) -> bool:
    return (
        rule.open
        and (not rule.categories or facts.category in rule.categories)
        and (not rule.urgencies or facts.urgency in rule.urgencies)
        and (rule.unit_id is None or _lies_in(facts.unit_code, rule.unit_code))
        and all(_answered(facts.answers.get(question), option) for question, option in rule.answers.items())
    )


def checked(
    rule: RoutingRule, categories: Mapping[str, Category | None], *, service_known: bool
) -> RoutingRule:
    """The rule, if all that it names is there: `categories` are those that it names, as they are now. A refusal otherwise."""
    for place, code in enumerate(rule.categories):
        category = categories.get(code)
        if category is None:
            raise CategoryUnknown(field=f"categories[{place}]", category=code)
        for question, option in rule.answers.items():
            if not _is_asked(category, question, option):
                raise InvalidInput(field=f"answers.{question}", reason=_NOT_ASKED, category=code)
    if rule.answers and not rule.categories:
        raise InvalidInput(field="categories", reason=_NO_CATEGORY)
    if rule.skill is not None and rule.route != "volunteers":
        raise InvalidInput(field="skill", reason=_NO_SKILL)
    if rule.service is not None and rule.route != "paid_service":
        raise InvalidInput(field="service", reason=_NO_SERVICE)
    if rule.service is not None and not service_known:
        raise InvalidInput(field="service", reason=_UNKNOWN_SERVICE, service=rule.service)
    return rule


def orphaned(rules: Sequence[RoutingRule], category: Category) -> RoutingRule | None:
    """Of the rules that name this category, one that asks it for what it asks nobody any more."""
    for rule in rules:
        if rule.open and not all(_is_asked(category, *each) for each in rule.answers.items()):
            return rule
    return None


def _lies_in(code: str | None, top: str | None) -> bool:
    return code is not None and top is not None and (code == top or code.startswith(f"{top}/"))


def _answered(answer: object, option: str) -> bool:
    return option in answer if isinstance(answer, list) else answer == option


def _is_asked(category: Category, question: str, option: str) -> bool:
    return any(
        asked.code == question and any(each.code == option for each in asked.options)
        for asked in category.questions
    )
