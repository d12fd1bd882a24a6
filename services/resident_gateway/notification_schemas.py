"""Bodies and answers about what people are told, and how they want to be."""

from datetime import datetime, time
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, StringConstraints

from platform_kit.schemas import Body, View
from resident_gateway.rules.notification import Preferences
from resident_gateway.rules.quiet_hours import QuietHours

WallTime = Annotated[str, StringConstraints(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]


class NotificationView(View):
    """`text` is in the caller's language; `subject_id` is the request that it is about, `number` its case number."""

    id: UUID
    kind: str
    subject_id: UUID
    number: str | None
    occasion: str
    text: str
    happened_at: datetime
    read: bool


class NotificationPage(View):
    """Newest first. `unread` counts all of them, not this page's."""

    items: list[NotificationView]
    unread: int
    next: str | None


class NotificationsSeen(Body):
    ids: Annotated[list[UUID], Field(min_length=1, max_length=200)]


class UnreadLeft(View):
    unread: int


class QuietTimes(Body):
    """Of a day, on the clock of one's own community; over midnight when they end before they start."""

    starts: WallTime
    ends: WallTime


class NotificationSettings(Body):
    """`channels`: by what one is told beside the list, which always shows it. `quiet_hours` null: at any hour."""

    language: Literal["zh", "en"]
    channels: Annotated[list[Literal["sms"]], Field(max_length=4)]
    quiet_hours: QuietTimes | None

    def preferences(self) -> Preferences:
        quiet = self.quiet_hours
        times = (
            QuietHours(time.fromisoformat(quiet.starts), time.fromisoformat(quiet.ends)) if quiet else None
        )
        return Preferences(self.language, "sms" in self.channels, times)

    @classmethod
    def of(cls, preferences: Preferences) -> "NotificationSettings":
        quiet = preferences.quiet
        return cls(
            language="en" if preferences.language == "en" else "zh",
            channels=["sms"] if preferences.sms else [],
            quiet_hours=QuietTimes(starts=f"{quiet.starts:%H:%M}", ends=f"{quiet.ends:%H:%M}")
            if quiet
            else None,
        )


class FailedNotification(View):
    """A message that reached no phone. `reason` is what the provider answered, or why it was given up."""

    id: UUID
    attempts: int
    reason: str | None
    created_at: datetime
    ended_at: datetime
