"""What the registry refuses, by name."""

from platform_kit.problems import Refusal, Text


class CodeTaken(Refusal):
    says = Text("A unit with the code {code} exists already.", "代码为 {code} 的单位已存在。")


class IdNumberTaken(Refusal):
    says = Text("This ID number is registered already.", "该身份证号已登记。")


class UnitMisplaced(Refusal):
    status = 422
    says = Text(
        "A {kind} with the code {code} cannot stand there in the tree.",
        "代码为 {code} 的{kind}不能放在该位置。",
    )
