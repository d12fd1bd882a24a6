"""The words of the timeline in the languages that Linli speaks. Where one is missing the code itself is better than nothing."""


def _by_language(table: dict[str, tuple[str, str]]) -> dict[str, dict[str, str]]:
    """From (zh, en) of each code to the codes of each language."""
    return {
        language: {code: text[place] for code, text in table.items()}
        for place, language in enumerate(("zh", "en"))
    }


KINDS = _by_language(
    {
        "request": ("求助", "Request"),
        "followed": ("关注的求助", "Request that you follow"),
        "task": ("志愿任务", "Volunteer task"),
        "application": ("救助申请", "Relief application"),
        "payment": ("救助金发放", "Relief payment"),
        "order": ("服务订单", "Service order"),
        "job": ("服务派单", "Service job"),
    }
)

STATES = _by_language(
    {
        "submitted": ("已提交", "Submitted"),
        "triaged": ("已分办", "Being arranged"),
        "assigned": ("已派单", "Somebody will come"),
        "in_progress": ("进行中", "In progress"),
        "awaiting_resident": ("等待您的答复", "Waiting for your answer"),
        "resolved": ("已办结", "Done"),
        "closed": ("已关闭", "Closed"),
        "reopened": ("已重开", "Reopened"),
        "merged": ("已与其他求助合并", "Joined with another"),
        "withdrawn": ("已撤回", "Withdrawn"),
        "rejected": ("未通过", "Declined"),
        "offered": ("待接单", "Waiting for your answer"),
        "accepted": ("已接单", "Accepted"),
        "taken": ("已被他人接单", "Accepted by somebody else"),
        "lapsed": ("已失效", "Lapsed"),
        "checked_in": ("服务中", "Checked in"),
        "done": ("已完成", "Done"),
        "confirmed": ("已确认", "Confirmed"),
        "cancelled": ("已取消", "Cancelled"),
        "verified": ("社区已核实", "Verified by the community"),
        "on_notice": ("公示中", "In public notice"),
        "reviewed": ("街道已审核", "Reviewed by the street office"),
        "approved": ("区级已批准", "Approved by the district"),
        "returned": ("已退回", "Returned"),
        "due": ("待发放", "To be paid"),
        "sent": ("已送银行", "Sent to the bank"),
        "paid": ("已支付", "Paid"),
        "reissued": ("重新发放", "Paid again"),
        "quoted": ("已报价", "Quoted"),
        "booked": ("已预订", "Booked"),
        "in_service": ("服务中", "Being served"),
        "completed": ("已完成", "Completed"),
        "disputed": ("有异议", "Disputed"),
        "refunded": ("已退款", "Refunded"),
    }
)

# Of one's own request: which other it goes on as.
JOINED = {"zh": "已并入求助 {number}", "en": "Joined with case {number}"}

# An icon beside the word: colour is never the only signal.
ICONS = {
    "submitted": "✉", "triaged": "…", "assigned": "☺", "in_progress": "▶", "awaiting_resident": "?", "resolved": "✔", "closed": "✔",
    "merged": "⇉", "paid": "¥", "offered": "?", "accepted": "☺", "taken": "✖", "rejected": "✖", "returned": "↩", "on_notice": "📢",
    "approved": "✔", "confirmed": "✔", "done": "✔", "completed": "✔",
}  # fmt: skip
