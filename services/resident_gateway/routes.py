"""The gateway's own resources: what a person sees of themself. Signing in has a file of its own."""

from typing import Annotated, cast

from fastapi import APIRouter, Query, Response

from platform_kit.clock import now
from platform_kit.edge import ForCaller, Question, questions, refusals
from platform_kit.problems import NotFound
from platform_kit.quick_reads import QuickRead
from platform_kit.subject_keys import subject_keys
from registry_replica.permitted import permitted
from resident_gateway import schemas, store
from resident_gateway.actions.open_account import DISPLAY_NAME
from resident_gateway.policy import POLICY
from resident_gateway.views.kept_pages import LENGTH, PAGES, KeptPages
from resident_gateway.views.timeline import arrived, timeline_page, written

home = APIRouter(route_class=QuickRead)
router = APIRouter()

API = "/api/v1"

Asked = Annotated[Question, questions()]


@router.get(f"{API}/me", response_model=schemas.Me)
async def read_me(read: ForCaller) -> schemas.Me:
    me = read.caller.subject
    account = await store.account_of(read.tx, me)
    keys = await subject_keys(read.tx, read.kit.sealer, [me])
    return schemas.Me(
        subject=me,
        display_name=keys[me].open(account.display_name, for_=DISPLAY_NAME) if account else None,
        roles=sorted(read.caller.roles),
        posts=[
            schemas.AccountPost.model_validate(
                {"role": p.role, "unit_id": p.unit_id, "unit_code": p.unit_code}
            )
            for p in read.caller.posts
        ],
    )


@home.get(f"{API}/me/timeline", response_model=schemas.TimelinePage, responses=refusals())
async def read_timeline(question: Asked, asked: Annotated[schemas.TimelineAsked, Query()]) -> Response:
    db, me = question.kit.db, question.caller.subject
    whose = asked.resident_id or me
    if whose != me:
        async with question.reading() as tx:
            if not await permitted(
                tx, question.caller, POLICY["read_timeline"], owner=whose, at=await now(tx)
            ):
                raise NotFound(what="resident")
    fresh = await arrived(db, me, asked.min_version) if asked.min_version else True
    async with db.connection() as tx:
        if fresh and not asked.cursor and asked.limit == LENGTH:
            pages = cast(KeptPages, question.kit.state[PAGES])
            body = await pages.newest(tx, question.acting, whose, language=question.language)
        else:
            page = await timeline_page(
                tx, question.acting, whose,
                limit=asked.limit, cursor=asked.cursor, fresh=fresh, language=question.language,
            )  # fmt: skip
            body = written(page)
    return Response(body, media_type="application/json")
