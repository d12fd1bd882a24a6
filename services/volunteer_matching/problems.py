"""What volunteer matching refuses, by name."""

from platform_kit.problems import Refusal, Text


class TaskTaken(Refusal):
    says = Text("Somebody else has accepted it.", "已被他人接单。")


class OfferGone(Refusal):
    """`state`: declined, expired or withdrawn."""

    says = Text("This offer is {state}.", "该邀约已失效({state})。")


class AlreadyVolunteer(Refusal):
    says = Text("You are a volunteer already.", "您已登记为志愿者。")


class TimeClash(Refusal):
    """`task_id` is the commitment that it overlaps."""

    says = Text("You have another task at that time.", "该时段您已有其他任务。")
