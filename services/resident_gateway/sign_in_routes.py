"""Signing in, staying signed in, signing out. The answers are secrets: no key, nothing kept (decisions 0004 and 0010)."""

import json
from dataclasses import replace
from functools import partial
from typing import Annotated, Any, cast

from fastapi import APIRouter, BackgroundTasks, Request, Response

from platform_kit.auth import ACCESS_LIFETIME, ALGORITHM, ISSUER, issue_token
from platform_kit.caller_address import line_of
from platform_kit.clock import now
from platform_kit.edge import ByCaller, Unkept, refusals, unkept
from platform_kit.kit import Kit
from platform_kit.signing import newest_key
from platform_kit.telemetry import caller_address
from resident_gateway import actions, problems, schemas
from resident_gateway.actions import SignedIn
from resident_gateway.messages import CHANNEL
from resident_gateway.posts import still_held
from resident_gateway.provider import PROVIDER
from resident_gateway.rules.account_name import account_key
from resident_gateway.settings import GatewaySettings

router = APIRouter()


AUTH = "/api/v1/auth"

Call = Annotated[Unkept, unkept()]


@router.get("/.well-known/jwks.json", include_in_schema=False)
async def jwks(request: Request) -> dict[str, Any]:
    return cast("dict[str, Any]", json.loads(_settings(request.app.state.kit).jwks_file.read_text()))


@router.get("/.well-known/openid-configuration", include_in_schema=False)
async def discovery(request: Request) -> dict[str, Any]:
    """What a verifier needs to know of us (OpenID Connect Discovery); we are no provider of logins to others."""
    base = (_settings(request.app.state.kit).public_url or str(request.base_url)).rstrip("/")
    return {
        "issuer": ISSUER,
        "jwks_uri": f"{base}/.well-known/jwks.json",
        "token_endpoint": f"{base}{AUTH}/token",
        "end_session_endpoint": f"{base}{AUTH}/logout",
        "grant_types_supported": ["password", "code", "refresh", "provider"],
        "response_types_supported": [],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": [ALGORITHM],
        "token_endpoint_auth_methods_supported": ["none"],
    }


@router.post(f"{AUTH}/accounts", response_model=schemas.AccountView, responses=refusals())
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
    )
    view = schemas.AccountView(
        id=account.id, subject=account.subject, roles=list(account.roles), version=account.version
    )
    return command.answer(view)


@router.post(f"{AUTH}/otp", status_code=202, response_model=schemas.CodeSent,
             responses=refusals(problems.TooManyTries))  # fmt: skip
async def send_code(body: schemas.CodeWanted, call: Call, background: BackgroundTasks) -> schemas.CodeSent:
    sent = await actions.send_code(call.tx, call.kit.sealer, phone=body.phone, address=address())
    if sent.message is not None:
        # After the answer: a provider that is slow holds no connection, and does not tell who has an account.
        background.add_task(call.kit.state[CHANNEL].send, sent.message)
    return schemas.CodeSent(expires_in=sent.expires_in)


@router.post(f"{AUTH}/token", response_model=schemas.Token,
             responses=refusals(problems.WrongCredentials, problems.TooManyTries, problems.SecondFactorMissing))  # fmt: skip
async def issue(body: schemas.TokenWanted, call: Call) -> Any:
    if body.grant_type == "refresh":
        token = body.refresh_token.get_secret_value() if body.refresh_token else ""
        person = await actions.renew_session(call.tx, call.kit.sealer, token, needs_code=needs_code(call))
    else:
        person = await signed_in(call, body, address())
    if person is None:
        # Answered, not raised: a wrong try must be counted, so the transaction is committed.
        wrong = problems.SessionOver if body.grant_type == "refresh" else problems.WrongCredentials
        return call.refuse(wrong())
    person = replace(person, caller=await still_held(call.kit, person.caller))
    call.asker = person.caller
    return token_for(call.kit, person)


@router.post(f"{AUTH}/logout", status_code=204, response_class=Response, responses=refusals())
async def leave(body: schemas.Leaving, call: Call) -> Response:
    token = body.refresh_token.get_secret_value()
    call.asker = await actions.end_session(call.tx, call.kit.sealer, token, needs_code=needs_code(call))
    return Response(status_code=204)


@router.post(f"{AUTH}/totp", response_model=schemas.SecondFactor,
             responses=refusals(problems.WrongCredentials, problems.TooManyTries))  # fmt: skip
async def begin_totp(body: schemas.SecondFactorWanted, call: Call) -> Any:
    proof = partial(
        actions.begin_totp,
        call.tx,
        call.kit.sealer,
        account=body.account,
        password=body.password.get_secret_value(),
    )
    uri = await _tried(call, body.account, address(), proof)
    if uri is None:
        return call.refuse(problems.WrongCredentials())
    return schemas.SecondFactor(otpauth_uri=uri)


@router.post(f"{AUTH}/totp/confirm", status_code=204, response_class=Response,
             responses=refusals(problems.WrongCredentials, problems.TooManyTries))  # fmt: skip
async def confirm_totp(body: schemas.SecondFactorShown, call: Call) -> Response:
    proof = partial(
        actions.confirm_totp,
        call.tx,
        call.kit.sealer,
        account=body.account,
        password=body.password.get_secret_value(),
        code=body.code.get_secret_value(),
    )
    if await _tried(call, body.account, address(), proof) is None:
        return call.refuse(problems.WrongCredentials())
    return Response(status_code=204)


async def signed_in(call: Unkept, body: schemas.TokenWanted, address: str) -> SignedIn | None:
    """Who proved who they are; None for anything that does not fit."""
    tx, sealer = call.tx, call.kit.sealer
    proof: Any
    if body.grant_type == "password" and body.account and body.password:
        account, password = body.account, body.password.get_secret_value()
        code = body.totp.get_secret_value() if body.totp else None
        if account == "operator":
            settings = _settings(call.kit)
            proof = partial(
                actions.sign_in_as_operator,
                tx,
                sealer,
                password=password,
                code=code,
                known=settings.operator_password(),
                secret=settings.operator_totp(),
            )
            operator = await _tried(call, account, address, proof)
            return SignedIn(operator) if operator else None
        proof = partial(
            actions.sign_in_by_password,
            tx,
            sealer,
            account=account,
            password=password,
            code=code,
            needs_code=needs_code(call),
        )
    elif body.grant_type == "code" and body.phone and body.code:
        account = body.phone
        proof = partial(actions.sign_in_by_code, tx, sealer, phone=account, code=body.code.get_secret_value())
    elif body.grant_type == "provider" and body.id_token and PROVIDER in call.kit.state:
        subject = await call.kit.state[PROVIDER].subject(body.id_token.get_secret_value(), await now(tx))
        if subject is None:
            return None
        account = subject
        proof = partial(actions.sign_in_by_provider, tx, sealer, subject=subject)
    else:
        return None
    person = await _tried(call, account, address, proof)
    return await actions.start_session(tx, sealer, person, needs_code=needs_code(call)) if person else None


async def _tried(call: Unkept, account: str, address: str, proof: Any) -> Any:
    digest = call.kit.sealer.blind_index(account_key(account), for_="audit.account")
    call.tried = {"account": digest.hex()}
    return await actions.count_try(call.tx, call.kit.sealer, account=account, address=address, proof=proof)


def token_for(kit: Kit, person: SignedIn) -> schemas.Token:
    key = newest_key(_settings(kit).signing_key_file)
    return schemas.Token(
        access_token=issue_token(key, person.caller, ACCESS_LIFETIME, wall=kit.wall),
        token_type="Bearer",  # noqa: S106 - the name of a scheme
        expires_in=int(ACCESS_LIFETIME.total_seconds()),
        refresh_token=person.refresh_token,
    )


def address() -> str:
    """Where the call that is being answered comes from, to count by."""
    return line_of(caller_address.get())


def needs_code(call: Unkept) -> bool:
    """Whether staff are let in only with a second factor."""
    return _settings(call.kit).needs_totp()


def _settings(kit: Kit) -> GatewaySettings:
    return cast(GatewaySettings, kit.settings)
