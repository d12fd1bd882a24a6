"""What people are told of, in which words, and how much it matters. A new occasion is one line here and one in `notices.py`.

The words name a case by its number and its state alone: whoever reads over a shoulder learns nothing of anybody.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from platform_kit.problems import Text


class Audience(StrEnum):
    """Who is told: whom it is about, whose own was merged into it, who else follows it or acts for them, or who holds such a post for its
    unit."""

    OWNER = "owner"
    JOINED = "joined"
    FOLLOWERS = "followers"
    WORKERS = "worker"
    STREET = "street"
    DISTRICT = "district"


# What a person can be to one thing, the nearest first: each may know what those behind it may.
_NEARNESS = (Audience.OWNER, Audience.JOINED, Audience.FOLLOWERS)


def at_least(audience: Audience) -> Sequence[Audience]:
    """It, and whatever is nearer; nothing is nearer than a post, or as near."""
    if audience not in _NEARNESS:
        return (audience,)
    return _NEARNESS[: _NEARNESS.index(audience) + 1]


class Urgency(StrEnum):
    """Shown only; also sent, outside of quiet hours; sent at once, at any hour."""

    SHOWN = "shown"
    SENT = "sent"
    AT_ONCE = "at_once"


@dataclass(frozen=True, slots=True)
class Occasion:
    """`words` take `{number}`, which brings its own space. `while_in`: in other states of its subject there is no need to send
    it any more. `also_to_actor`: to whoever brought it about as well. `by_phone`: the words for whoever has no account to sign in
    with, where they are others."""

    name: str
    to: Audience
    words: Text
    urgency: Urgency = Urgency.SENT
    while_in: frozenset[str] = frozenset()
    also_to_actor: bool = False
    by_phone: Text | None = None

    def text(self, language: str, number: str | None, *, signs_in: bool = True) -> str:
        words = self.words if signs_in or self.by_phone is None else self.by_phone
        return words.in_language(language, {"number": f" {number}" if number else ""})

    def still_worth_sending(self, state: str) -> bool:
        return not self.while_in or state in self.while_in


@dataclass(frozen=True, slots=True)
class Reminder:
    """Told `after` it came into a state, if it still is in it. `timer` is its kind."""

    timer: str
    occasion: Occasion
    after: timedelta


def _owner(
    name: str,
    zh: str,
    en: str,
    *while_in: str,
    urgency: Urgency = Urgency.SENT,
    by_phone: Text | None = None,
) -> Occasion:
    return Occasion(name, Audience.OWNER, Text(en, zh), urgency, frozenset(while_in), by_phone=by_phone)


def _joined(name: str, zh: str, en: str, *while_in: str) -> Occasion:
    return Occasion(name, Audience.JOINED, Text(en, zh), Urgency.SENT, frozenset(while_in))


def _followers(name: str, zh: str, en: str, urgency: Urgency = Urgency.SHOWN) -> Occasion:
    return Occasion(name, Audience.FOLLOWERS, Text(en, zh), urgency)


def _staff(name: str, to: Audience, zh: str, en: str, urgency: Urgency = Urgency.SHOWN) -> Occasion:
    return Occasion(name, to, Text(en, zh), urgency)


RECEIVED = Occasion(
    "request_received",
    Audience.OWNER,
    Text("We have received your request{number}.", "您的求助{number} 已收到。"),
    also_to_actor=True,
)
# fmt: off
TAKEN_UP = _owner("request_taken_up", "您的求助{number} 已有人接手。", "Somebody has taken up your request{number}.",
                  "assigned", "in_progress")
QUESTION = _owner("request_question", "您的求助{number} 需要您补充说明,请登录邻里答复。",
                  "We have a question about your request{number}; please sign in to Linli to answer.", "awaiting_resident",
                  by_phone=Text("We have a question about your request{number}; please call your community to answer.",
                                "您的求助{number} 需要您补充说明,请联系社区答复。"))
QUESTION_WAITS = _owner("request_question_waits", "您的求助{number} 仍在等待您的答复。",
                        "Your request{number} is still waiting for your answer.", "awaiting_resident")
COMMENTED = _owner("request_commented", "您的求助{number} 有新的回复。", "There is an answer about your request{number}.")
RESOLVED = _owner("request_resolved", "您的求助{number} 已办结,请登录邻里确认是否解决。",
                  "Your request{number} is done; please sign in to Linli to confirm.", "resolved",
                  by_phone=Text("Your request{number} is done; please call your community if it is not.",
                                "您的求助{number} 已办结,如未解决请联系社区。"))
CONFIRMATION_WAITS = _owner("request_confirmation_waits", "您的求助{number} 即将自动关闭,如未解决请登录邻里告诉我们。",
                            "Your request{number} will be closed soon; please tell us if it is not done.", "resolved",
                            by_phone=Text("Your request{number} will be closed soon; please call your community if it is not done.",
                                          "您的求助{number} 即将自动关闭,如未解决请联系社区。"))
REOPENED = _owner("request_reopened", "您的求助{number} 已重新办理。", "Your request{number} has been reopened.", "reopened", "triaged")
REJECTED = _owner("request_rejected", "您的求助{number} 未被受理,原因请登录邻里查看。",
                  "Your request{number} was declined; please sign in to Linli for the reason.",
                  by_phone=Text("Your request{number} was declined; please call your community for the reason.",
                                "您的求助{number} 未被受理,原因请联系社区了解。"))
WITHDRAWN = _owner("request_withdrawn", "您的求助{number} 已撤回。", "Your request{number} has been withdrawn.")
CLOSED = _owner("request_closed", "您的求助{number} 已关闭。", "Your request{number} has been closed.")
CONFIRMED = _owner("request_confirmed", "您的求助{number} 已确认解决。", "Your request{number} has been confirmed as done.",
                   urgency=Urgency.SHOWN)
MERGED = _owner("request_merged", "您的求助{number} 已与相同的求助合并办理。", "Your request{number} goes on together with another about the same.")

# Whose own was merged into another is told what its resident is told, at the same moments, in words that are not of somebody else's.
JOINED_COMMENTED = _joined("joined_commented", "您的求助所并入的求助{number} 有新的回复。",
                           "There is an answer about request{number}, which yours was joined with.")
JOINED_RESOLVED = _joined("joined_resolved", "您的求助所并入的求助{number} 已办结,如未解决请登录邻里告诉我们。",
                          "Request{number}, which yours was joined with, is done; please tell us if it is not.", "resolved")
JOINED_REOPENED = _joined("joined_reopened", "您的求助所并入的求助{number} 已重新办理。",
                          "Request{number}, which yours was joined with, has been reopened.", "reopened", "triaged")
JOINED_REJECTED = _joined("joined_rejected", "您的求助所并入的求助{number} 未被受理,原因请登录邻里查看。",
                          "Request{number}, which yours was joined with, was declined; please sign in to Linli for the reason.")
JOINED_WITHDRAWN = _joined("joined_withdrawn", "您的求助所并入的求助{number} 已撤回。",
                           "Request{number}, which yours was joined with, has been withdrawn.")
JOINED_CLOSED = _joined("joined_closed", "您的求助所并入的求助{number} 已关闭。", "Request{number}, which yours was joined with, has been closed.")

# What is public of it, and no more; only that it is said to be done rings: they may say that it is not.
FOLLOWED_RESOLVED = Occasion("followed_resolved", Audience.FOLLOWERS,
                             Text("Request{number}, which you follow, is done; please tell us if it is not.",
                                  "您关注的求助{number} 已办结,如未解决请登录邻里告诉我们。"), while_in=frozenset({"resolved"}),
                             by_phone=Text("Request{number}, which you follow, is done; please call your community if it is not.",
                                           "您关注的求助{number} 已办结,如未解决请联系社区。"))
FOLLOWED_REOPENED = _followers("followed_reopened", "您关注的求助{number} 已重新办理。", "Request{number}, which you follow, was reopened.")
FOLLOWED_REJECTED = _followers("followed_rejected", "您关注的求助{number} 未被受理。", "Request{number}, which you follow, was declined.")
FOLLOWED_WITHDRAWN = _followers("followed_withdrawn", "您关注的求助{number} 已撤回。", "Request{number}, which you follow, was withdrawn.")
FOLLOWED_CLOSED = _followers("followed_closed", "您关注的求助{number} 已关闭。", "Request{number}, which you follow, was closed.")

TO_TRIAGE = _staff("request_to_triage", Audience.WORKERS, "新求助{number} 待分办。", "A new request{number} waits for triage.")
REOPENED_TO_TRIAGE = _staff("request_reopened_to_triage", Audience.WORKERS, "求助{number} 已重开,待分办。",
                            "Request{number} was reopened and waits for triage.")
FILED_OTHERWISE = _staff("request_filed_otherwise", Audience.WORKERS, "求助{number} 又收到一份内容不同的登记,请核对。",
                         "Something else came in under the same id as request{number}; please look.")
COMMENT_TO_READ = _staff("request_comment_to_read", Audience.WORKERS, "求助{number} 有居民留言。",
                         "The resident has written about request{number}.")
ANSWER_TO_READ = _staff("request_answer_to_read", Audience.WORKERS, "求助{number} 居民已答复。",
                        "The resident has answered about request{number}.")
NOT_TAKEN_UP = _staff("request_not_taken_up", Audience.WORKERS, "求助{number} 无人接手,请处理。",
                      "Nobody has taken up request{number}; please look.", Urgency.SENT)
NOT_BEGUN = _staff("request_not_begun", Audience.WORKERS, "求助{number} 有人接手但未按时开始,请处理。",
                   "Request{number} was taken up, and nobody has come; please look.", Urgency.SENT)
MISSED_STREET = _staff("request_missed_street", Audience.STREET, "求助{number} 已超过承诺时限。",
                       "A promise about request{number} was missed.", Urgency.SENT)
MISSED_DISTRICT = _staff("request_missed_district", Audience.DISTRICT, "求助{number} 超过承诺时限,街道尚未处理。",
                         "A promise about request{number} was missed, and the street has not seen to it.", Urgency.SENT)

# Somebody who opens an account in another's name must not have the night for it.
ACCOUNT_OPENED = _owner("account_opened", "您的邻里账号已开通或更新。如非本人要求,请联系社区。",
                        "Your Linli account was opened or changed. If you did not ask for it, call your community.",
                        urgency=Urgency.AT_ONCE)
# fmt: on

OCCASIONS = {each.name: each for each in list(globals().values()) if isinstance(each, Occasion)}

# By kind and state: the day after a question; the day before seven days of silence close what was resolved.
REMINDERS = {
    ("request", "awaiting_resident"): Reminder("remind_to_answer", QUESTION_WAITS, timedelta(hours=24)),
    ("request", "resolved"): Reminder("remind_to_confirm", CONFIRMATION_WAITS, timedelta(days=6)),
}
