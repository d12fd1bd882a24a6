"""What this service refuses, by name."""

from platform_kit.problems import Refusal, Text


class CategoryUnknown(Refusal):
    status = 422
    says = Text("There is no category {category}.", "没有“{category}”这一类别。")


class ReopenWindowPassed(Refusal):
    """`until` is the last instant at which it could have been reopened."""

    says = Text(
        "It could be reopened until {until}; please file a new request.",
        "可重新打开的期限已于 {until} 结束,请重新提交。",
    )


class WantedTimeEndsEarly(Refusal):
    status = 422
    says = Text("The wanted time ends before it begins.", "期望时间的结束早于开始。")


class AttachmentsFull(Refusal):
    says = Text("It has {most} pictures already.", "图片已满 {most} 张。")
