"""What becomes of a message that is due: sent now, held until the quiet hours end, or not sent at all."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from resident_gateway.rules.notification import Preferences
from resident_gateway.rules.occasions import Occasion, Urgency
from resident_gateway.rules.quiet_hours import allowed_from

# A provider that is away for longer than this has lost the message: what it says is old.
GIVE_UP = timedelta(hours=48)


@dataclass(frozen=True, slots=True)
class Decision:
    """Exactly one of: `text` is to be sent; `until` is when to look again; `dropped` and `failed` say why never."""

    text: str | None = None
    until: datetime | None = None
    dropped: str | None = None
    failed: str | None = None


def decide(
    occasion: Occasion,
    preferences: Preferences,
    *,
    number: str | None,
    state: str | None,
    has_phone: bool,
    zone: ZoneInfo,
    made_at: datetime,
    at: datetime,
) -> Decision:
    """`state` is where its subject stands now, None where it has none."""
    if not has_phone:
        return Decision(dropped="no phone")
    if state is not None and not occasion.still_worth_sending(state):
        return Decision(dropped="overtaken")
    if occasion.urgency is not Urgency.AT_ONCE:
        if not preferences.sms:
            return Decision(dropped="not wanted")
        if at - made_at > GIVE_UP:
            return Decision(failed="too late")
        if (until := allowed_from(at, preferences.quiet, zone)) > at:
            return Decision(until=until)
    return Decision(text=f"【邻里】{occasion.text(preferences.language, number)}")
