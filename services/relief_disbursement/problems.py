"""What relief refuses, by name."""

from platform_kit.problems import Refusal, Text


class AlreadyOpen(Refusal):
    says = Text(
        "This household already has an open application in this programme.",
        "该家庭在此救助项目中已有未结束的申请。",
    )


class RequestNotWaiting(Refusal):
    """Also of a request of somebody else."""

    status = 422
    says = Text(
        "No request of this resident with that id waits for relief.", "所填编号不是该居民正在等待救助的诉求。"
    )


class AppliedForAlready(Refusal):
    says = Text("There is an application for this request already.", "该诉求已有对应的救助申请。")


class CodeTaken(Refusal):
    says = Text(
        "There is already a programme {code} for {year}.", "{year} 年度已有代码为 {code} 的救助项目。"
    )


class ProgrammeEnded(Refusal):
    says = Text(
        "The programme was for {year}; it takes no more applications.",
        "该项目为 {year} 年度项目,不再受理申请。",
    )


class NoticeStillOpen(Refusal):
    says = Text("The public notice runs until {until}.", "公示期至 {until},期满后方可复审。")


class NoticeOver(Refusal):
    says = Text("The public notice ended at {until}.", "公示已于 {until} 结束。")


class FiledByYou(Refusal):
    says = Text(
        "Nobody reviews an application of their own or one that they filed.",
        "本人的申请或由本人代办的申请,须由他人审核。",
    )


class ReviewedByYou(Refusal):
    says = Text(
        "You have reviewed this application already; the next level is another person's.",
        "您已审核过该申请,下一级审核须由他人进行。",
    )


class GrantAboveCap(Refusal):
    status = 422
    says = Text("At most {cap} can be granted per month.", "每月最多可核定 {cap}。")


class BudgetExhausted(Refusal):
    says = Text("This needs {needed}; {left} of the budget is left.", "需要 {needed},预算仅剩 {left}。")


class NothingDue(Refusal):
    says = Text("Nothing is due for {period}: everything is in a run already.", "{period} 没有待发放的款项。")


class ReleaseNeedsAnother(Refusal):
    says = Text(
        "Whoever calculated a run may not release it; another person must.",
        "批次的计算人不能放行该批次,须由他人放行。",
    )


class OutsideBankCharset(Refusal):
    """The export stops; nothing is dropped or shortened. `line` is the number in the bank file."""

    says = Text(
        "Line {line}: {what} is empty or has characters that the bank cannot take ({charset}).",
        "第 {line} 行:{what} 为空或含有银行字符集({charset})之外的字符。",
    )


class ControlSumDiffers(Refusal):
    says = Text(
        "The lines add up to {lines_count} and {lines_total}, the run says {count} and {total}; no export.",
        "明细合计为 {lines_count} 笔 {lines_total},批次记载为 {count} 笔 {total},未导出。",
    )


class PayeeErased(Refusal):
    says = Text(
        "What was kept of the payee of line {line} has been erased; the file cannot be made.",
        "第 {line} 行收款人的资料已被删除,无法生成银行文件。",
    )


class BankFileDiffers(Refusal):
    says = Text(
        "The file of this run can no longer be made as it was sent.", "该批次的银行文件与已发送的内容不一致。"
    )


class UnreadableLine(Refusal):
    status = 422
    says = Text("The line cannot be read: {fault}.", "该行无法识别:{fault}。")


class UnknownPayment(Refusal):
    status = 422
    says = Text("The run has no such payment.", "该批次中没有这笔发放。")


class WrongAmount(Refusal):
    status = 422
    says = Text("The payment is of {amount}, not {given}.", "该笔发放金额为 {amount},而非 {given}。")


class AnsweredOtherwise(Refusal):
    says = Text("The payment was answered before, as {state}.", "该笔发放此前已回盘为“{state}”。")
