"""The gateway's own resources: signing in, and what a person sees of themself."""

import json
import secrets
from datetime import timedelta
from typing import Annotated, Any, cast
from uuid import UUID

import orjson
from fastapi import APIRouter, Query, Request, Response
from joserfc.jwk import ECKey

from platform_kit.auth import Caller, issue_token
from platform_kit.clock import now
from platform_kit.edge import Command, Question, Read, commands, questions, reads, refusals, unkept
from platform_kit.problem_answers import refused
from platform_kit.problems import NotFound
from platform_kit.quick_reads import QuickRead
from registry_replica.permitted import permitted
from resident_gateway import actions, problems, schemas, store
from resident_gateway.policy import POLICY
from resident_gateway.rules.code import LIFETIME
from resident_gateway.settings import GatewaySettings
from resident_gateway.views.timeline import arrived, timeline_page

home = APIRouter(route_class=QuickRead)
router = APIRouter()

API = "/api/v1"
TOKEN_LIFETIME = timedelta(minutes=30)
OPERATOR = Caller(UUID("00000000-0000-7000-8000-000000000001"), frozenset({"operator"}))

ByCaller = Annotated[Command, commands()]
ForCaller = Annotated[Read, reads()]
Unkept = Annotated[Read, unkept()]
Asked = Annotated[Question, questions()]


@router.get("/.well-known/jwks.json", include_in_schema=False)
async def jwks(request: Request) -> dict[str, Any]:
    settings = cast(GatewaySettings, request.app.state.kit.settings)
    return cast("dict[str, Any]", json.loads(settings.jwks_file.read_text()))


@router.post(f"{API}/auth/accounts", response_model=schemas.AccountView, responses=refusals())
async def open_account(body: schemas.NewAccount, command: ByCaller) -> Response:
    account = await actions.open_account(
        command.tx,
        command.kit.sealer,
        account=body.account,
        display_name=body.display_name,
        kind=body.kind,
        password=body.password.get_secret_value() if body.password else None,
        subject=body.subject,
        roles=list(body.roles),
        posts=[post.model_dump(mode="json") for post in body.posts],
    )
    view = schemas.AccountView(
        id=account.id, subject=account.subject, roles=list(account.roles), version=account.version
    )
    return command.answer(view)


@router.post(f"{API}/auth/otp", status_code=202, response_model=schemas.CodeSent)
async def send_code(body: schemas.CodeWanted, call: Unkept) -> schemas.CodeSent:
    folder = cast(GatewaySettings, call.kit.settings).messages_dir
    await actions.send_code(call.tx, call.kit.sealer, folder, phone=body.phone)
    return schemas.CodeSent(expires_in=int(LIFETIME.total_seconds()))


@router.post(f"{API}/auth/token", response_model=schemas.Token, responses=refusals(problems.WrongCredentials))
async def issue(body: schemas.TokenWanted, call: Unkept) -> Any:
    caller = await signed_in(call, body)
    if caller is None:
        # Answered, not raised: a wrong try must be counted, so the transaction is committed.
        return refused(problems.WrongCredentials(), call.language)
    return token_for(call, caller)


@router.get(f"{API}/me", response_model=schemas.Me)
async def read_me(read: ForCaller) -> schemas.Me:
    account = await store.account_of(read.tx, read.caller.subject)
    return schemas.Me(
        subject=read.caller.subject,
        display_name=read.kit.sealer.open(account.display_name, for_="account.display_name")
        if account
        else None,
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
    fresh = await arrived(db, asked.min_version) if asked.min_version else True
    whose = asked.resident_id or me
    if whose != me:
        async with question.reading() as tx:
            if not await permitted(
                tx, question.caller, POLICY["read_timeline"], owner=whose, at=await now(tx)
            ):
                raise NotFound(what="resident")
    async with db.connection() as tx:
        page = await timeline_page(
            tx,
            question.acting,
            whose,
            limit=asked.limit,
            cursor=asked.cursor,
            fresh=fresh,
            language=question.language,
        )
    # Written at once: returned as it is, it would be validated and taken apart into dictionaries first.
    # asyncpg's UUIDs are of a class of its own, which orjson leaves to `default`.
    return Response(orjson.dumps(page, default=str, option=orjson.OPT_UTC_Z), media_type="application/json")


async def signed_in(call: Read, body: schemas.TokenWanted) -> Caller | None:
    """Who proved who they are; None for anything that does not fit."""
    sealer = call.kit.sealer
    if body.grant_type == "password" and body.account and body.password:
        password = body.password.get_secret_value()
        if body.account == "operator":
            known = cast(GatewaySettings, call.kit.settings).operator_password_file.read_text().strip()
            return OPERATOR if secrets.compare_digest(password.encode(), known.encode()) else None
        return await actions.sign_in_by_password(call.tx, sealer, account=body.account, password=password)
    if body.grant_type == "code" and body.phone and body.code:
        return await actions.sign_in_by_code(
            call.tx, sealer, phone=body.phone, code=body.code.get_secret_value()
        )
    return None


def token_for(call: Read, caller: Caller) -> schemas.Token:
    key_file = cast(GatewaySettings, call.kit.settings).signing_key_file
    key = ECKey.import_key(json.loads(key_file.read_text()))
    return schemas.Token(
        access_token=issue_token(key, caller, TOKEN_LIFETIME),
        token_type="Bearer",  # noqa: S106 - the name of a scheme
        expires_in=int(TOKEN_LIFETIME.total_seconds()),
    )
