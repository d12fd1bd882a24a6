"""What a person was told, how they want to be told, and for the operator what reached nobody."""

from fastapi import APIRouter, Response

from platform_kit.edge import ByCaller, ForCaller, refusals
from platform_kit.paging import Cursor, Limit, Page
from platform_kit.problems import InvalidInput
from platform_kit.sealing import Erased
from resident_gateway import actions, store
from resident_gateway import notification_schemas as schemas
from resident_gateway.forwarding import PREFIX
from resident_gateway.views.notifications import notification_page

router = APIRouter(prefix=PREFIX)


@router.get("/me/notifications", response_model=schemas.NotificationPage, responses=refusals())
async def list_notifications(
    read: ForCaller, limit: Limit = 50, cursor: Cursor = None
) -> schemas.NotificationPage:
    return await notification_page(
        read.tx, read.caller.subject, limit=limit, cursor=cursor, language=read.language
    )


@router.post("/me/notifications/read", response_model=schemas.UnreadLeft, responses=refusals())
async def mark_notifications_read(body: schemas.NotificationsSeen, command: ByCaller) -> Response:
    me = command.caller.subject
    left = await actions.mark_read(command.tx, me, body.ids)
    return command.answer(schemas.UnreadLeft(unread=left), about=[me])


@router.get("/me/notification-settings", response_model=schemas.NotificationSettings, responses=refusals())
async def read_notification_settings(read: ForCaller) -> schemas.NotificationSettings:
    return schemas.NotificationSettings.of(await store.preferences(read.tx, read.caller.subject))


@router.put("/me/notification-settings", response_model=schemas.NotificationSettings,
            responses=refusals(InvalidInput, Erased))  # fmt: skip
async def set_notification_settings(body: schemas.NotificationSettings, command: ByCaller) -> Response:
    saved = await actions.set_preferences(command.tx, body.preferences(), by=command.caller)
    return command.answer(schemas.NotificationSettings.of(saved), about=[command.caller.subject])


@router.get("/notifications/failed", response_model=Page[schemas.FailedNotification], responses=refusals())
async def list_failed_notifications(
    read: ForCaller, limit: Limit = 50, cursor: Cursor = None
) -> Page[schemas.FailedNotification]:
    rows, following = await store.failed_deliveries(read.tx, limit, cursor)
    items = [schemas.FailedNotification.model_validate(dict(row)) for row in rows]
    return Page(items=items, next=following)
