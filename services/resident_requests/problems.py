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


class CategoryClosed(Refusal):
    status = 422
    says = Text("Nothing is filed under {category} any more.", "“{category}”类别已停用。")


class CallFirst(Refusal):
    """`numbers` are whom to call; once it is said that they were called (`called`) it is filed."""

    status = 422
    says = Text(
        "This may be an emergency: call {told} first. Then say that you have called.",
        "情况可能紧急,请先拨打 {told},拨打后再确认提交。",
    )

    def __init__(self, *, field: str, numbers: list[str]) -> None:
        super().__init__(field=field, numbers=numbers, told=" / ".join(numbers))


class IdTaken(Refusal):
    says = Text(
        "There is a request with this id already; if it was yours, send it again.",
        "该编号已被使用;如果是您刚才提交的,请重新发送。",
    )


class OtherFilingsFull(Refusal):
    says = Text(
        "So many other filings came under this id that no more is kept: file it under an id of its own, or tell your community.",
        "该编号下已收到过多不同内容,不再保留更多;请使用新的编号提交,或联系社区工作人员。",
    )


class OthersConcerned(Refusal):
    says = Text(
        "Others asked for the same, and theirs was joined with it: only staff can end it.",
        "其他居民的相同求助已并入本求助,只能由工作人员结束。",
    )


class NobodyToAsk(Refusal):
    says = Text(
        "No resident filed this: there is nobody to ask, and the clock runs on.",
        "本求助不是居民提交的,无人可询问,时限继续计算。",
    )


class RatedAlready(Refusal):
    says = Text("This has been rated already.", "本次办理已评价过。")


class OnlyStaffKeepNotes(Refusal):
    status = 403
    says = Text(
        "Only staff can write what the resident does not see.", "只有工作人员可以写居民不可见的备注。"
    )


class NotOfItsStaff(Refusal):
    status = 422
    says = Text("Nobody of that id works for the unit where it lies.", "该人员不是本求助所属单位的工作人员。")


class WantedTimeEndsEarly(Refusal):
    status = 422
    says = Text("The wanted time ends before it begins.", "期望时间的结束早于开始。")


class AttachmentsFull(Refusal):
    says = Text("It has {most} pictures already.", "图片已满 {most} 张。")


class ShowsNothingDone(Refusal):
    status = 422
    says = Text(
        "Picture {number} does not show what was done: it is the resident's, or was added before the work began.",
        "图片 {number} 不能作为办理结果:它由居民上传,或在开始办理之前上传。",
    )


class JurisdictionUnknown(Refusal):
    status = 404
    says = Text("There is no jurisdiction {jurisdiction_id}.", "没有辖区“{jurisdiction_id}”。")


class ServiceUnknown(Refusal):
    """Also of a category that is private, or under which nothing is filed from outside."""

    status = 404
    says = Text("There is no service {service_code}.", "没有服务类别“{service_code}”。")


class KeyRefused(Refusal):
    """Missing, unknown and withdrawn are told alike."""

    status = 403
    says = Text("Missing or invalid api_key.", "api_key 缺失或无效。")
