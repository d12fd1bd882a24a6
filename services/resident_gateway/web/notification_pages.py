"""What somebody was told, and how they want to be told, as a page: one list, one button, one form."""

from typing import Annotated, cast
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Form, Query, Request
from fastapi.responses import RedirectResponse, Response
from pydantic import ValidationError

from platform_kit.calls import language
from platform_kit.edge import Question
from platform_kit.kit import Kit
from platform_kit.problems import InvalidInput, NotSignedIn
from resident_gateway import actions, store
from resident_gateway.notification_schemas import NotificationSettings
from resident_gateway.views.notifications import notification_page
from resident_gateway.web.pages import _HEADERS, Call, Text, _caller, _page, same_origin

router = APIRouter(include_in_schema=False, dependencies=[Depends(same_origin)])

PATH = "/notifications"


@router.get(PATH)
async def notifications_page(
    request: Request,
    cursor: Annotated[str | None, Query(max_length=500)] = None,
    wrong: bool = False,
) -> Response:
    kit, caller = cast(Kit, request.app.state.kit), _caller(request)
    if caller is None:
        return _stay()
    asked = Question(kit=kit, asker=caller, language=language(request))
    async with asked.reading() as tx:
        page = await notification_page(tx, caller.subject, limit=30, cursor=cursor, language=asked.language)
        settings = NotificationSettings.of(await store.preferences(tx, caller.subject))
        zone = ZoneInfo(await store.zone_of(tx, caller.subject))
    return _page(request, "notifications.html", page=page, settings=settings, zone=zone, wrong=wrong)


@router.post(f"{PATH}/read", status_code=303)
async def read_on_page(
    request: Request, call: Call, ids: Annotated[list[UUID], Form(max_length=200)]
) -> Response:
    """Those that the page showed: what came since is still new."""
    call.asker = _caller(request)
    if call.asker is None:
        call.refuse(NotSignedIn())
        return _stay()
    await actions.mark_read(call.tx, call.asker.subject, ids)
    return RedirectResponse(PATH, 303, headers=_HEADERS)


@router.post(f"{PATH}/settings", status_code=303)
async def settings_on_page(
    request: Request,
    call: Call,
    told_in: Text = "zh",
    sms: bool = False,
    starts: Text = "",
    ends: Text = "",
) -> Response:
    """Both times empty: at any hour."""
    call.asker = _caller(request)
    if call.asker is None:
        call.refuse(NotSignedIn())
        return _stay()
    quiet = {"starts": starts, "ends": ends} if starts or ends else None
    form = {"language": told_in, "channels": ["sms"] if sms else [], "quiet_hours": quiet}
    try:
        wanted = NotificationSettings.model_validate(form).preferences()
        await actions.set_preferences(call.tx, wanted, by=call.asker)
    except (ValidationError, InvalidInput):
        call.refuse(InvalidInput(field="quiet_hours", reason="told by the page"))
        return RedirectResponse(f"{PATH}?wrong=true", 303, headers=_HEADERS)
    return RedirectResponse(PATH, 303, headers=_HEADERS)


def _stay() -> Response:
    return RedirectResponse(f"/stay?to={PATH}", 303, headers=_HEADERS)
