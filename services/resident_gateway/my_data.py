"""All that is held about whoever asks: one part for each service, and the gateway's own."""

from fastapi import APIRouter

from platform_kit.edge import ForCaller
from platform_kit.personal_data import Held
from platform_kit.schemas import View
from resident_gateway.actions.open_account import DISPLAY_NAME, PURPOSE
from resident_gateway.forwarding import PREFIX, documents, operations

HELD = (
    Held(
        "account",
        "subject = $1",
        ("id", "kind", "roles", "created_at"),
        sealed={"account": PURPOSE, "display_name": DISPLAY_NAME},
    ),
    Held(
        "timeline_item",
        "person_id = $1",
        ("subject_id", "kind", "number", "detail", "state", "amount_minor", "currency", "happened_at"),
    ),
    Held(
        "notification",
        "person_id = $1",
        ("id", "subject_id", "kind", "occasion", "number", "happened_at", "created_at", "read_at"),
    ),
    Held("subject_follower", "person_id = $1", ("subject_id", "joined")),
    Held(
        "notification_setting",
        "person_id = $1",
        ("language", "sms", "quiet_from", "quiet_until", "changed_at"),
    ),
)
PARTS = "/me/data/"

router = APIRouter(prefix=PREFIX)


class MyDataParts(View):
    """Each of them is read by itself: one that does not answer just now hides nothing of the others."""

    parts: list[str]


@router.get("/me/data", response_model=MyDataParts)
async def list_my_data(_: ForCaller) -> MyDataParts:
    forwarded = [each.path for each in operations(documents()) if each.path.startswith(PARTS)]
    return MyDataParts(parts=[PREFIX + path for path in sorted((*forwarded, f"{PARTS}gateway"))])
