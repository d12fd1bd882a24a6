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


class ChangedMeanwhile(Refusal):
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
