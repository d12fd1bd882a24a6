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
    """`text` is to be sent now; or it is `held` until then, or tried `again` at that time; or it ends here, as `failed` or because
    nobody needs it. `reason` is a code."""

    text: str | None = None
    held: datetime | None = None
    again: datetime | None = None
    failed: bool = False
    reason: str | None = None


def decide(
    occasion: Occasion | None,
    preferences: Preferences,
    *,
    number: str | None,
    state: str | None,
    has_phone: bool,
    signs_in: bool,
    zone: ZoneInfo,
    made_at: datetime,
    at: datetime,
) -> Decision:
    """`occasion` is None for one that there is no more; `state` is where its subject stands now, None where it has none; `signs_in`:
    they have an account, by whatever means."""
    if occasion is None:
        return Decision(failed=True, reason="unknown occasion")
    if not has_phone:
        return Decision(reason="no phone")
    if state is not None and not occasion.still_worth_sending(state):
        return Decision(reason="overtaken")
    if occasion.urgency is not Urgency.AT_ONCE:
        if not preferences.sms:
            return Decision(reason="not wanted")
        if at - made_at > GIVE_UP:
            return Decision(failed=True, reason="too late")
        if (until := allowed_from(at, preferences.quiet, zone)) > at:
            return Decision(held=until)
    return Decision(text=f"【邻里】{occasion.text(preferences.language, number, signs_in=signs_in)}")
