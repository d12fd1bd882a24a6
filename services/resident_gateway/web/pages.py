"""Signing in and the timeline as pages. Two cookies that scripts cannot read: the refresh token, which keeps somebody signed
in, and the access token, so that it is not renewed at every page."""

from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, Literal, cast
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from fastapi import APIRouter, BackgroundTasks, Depends, Form, Query, Request
from fastapi.responses import FileResponse, HTMLResponse, RedirectResponse, Response
from jinja2 import Environment, PackageLoader, select_autoescape
from pydantic import SecretStr

from platform_kit.audit_routes import AUDIT_POLICY
from platform_kit.auth import ACCESS_LIFETIME, Caller
from platform_kit.calls import language
from platform_kit.edge import Question, Unkept, unkept
from platform_kit.kit import Kit
from platform_kit.problems import NotFound, NotSignedIn, Refusal
from platform_kit.subject_keys import subject_keys
from resident_gateway import actions, messages, schemas, store
from resident_gateway.actions.open_account import DISPLAY_NAME
from resident_gateway.posts import still_held
from resident_gateway.problems import ForeignForm, SecondFactorMissing, TooManyTries, WrongCredentials
from resident_gateway.rules.session import IDLE
from resident_gateway.settings import GatewaySettings
from resident_gateway.sign_in_routes import address, needs_code, signed_in, token_for
from resident_gateway.views.timeline import timeline_page
from resident_gateway.views.words import ICONS


async def same_origin(request: Request) -> None:
    """Browsers name the origin of a form; old ones only the page (Referer). Neither, or "null", could be any site."""
    if request.method in ("GET", "HEAD"):
        return
    source = request.headers.get("origin") or request.headers.get("referer", "")
    try:
        site = urlsplit(source).netloc
    except ValueError as error:
        raise ForeignForm from error
    if not source or site != request.headers.get("host"):
        raise ForeignForm


# Of every form there is and will be: a browser adds the session's cookie wherever a form was sent from.
router = APIRouter(include_in_schema=False, dependencies=[Depends(same_origin)])

SESSION = "linli_session"
ACCESS = "linli_access"
ELDER = "linli_elder"
_YEAR_SECONDS = 365 * 24 * 3600
_STYLE = Path(__file__).parent / "static" / "linli.css"
# What pages say otherwise than every answer.
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
    "Referrer-Policy": "same-origin",
}
_pages = Environment(loader=PackageLoader("resident_gateway.web"), autoescape=select_autoescape())

Call = Annotated[Unkept, unkept()]
Text = Annotated[str, Form(max_length=200)]


@router.get("/linli.css")
async def style() -> FileResponse:
    return FileResponse(_STYLE, headers={"Cache-Control": "max-age=3600"})


@router.get("/")
async def sign_in_page(request: Request, wrong: bool = False) -> HTMLResponse:
    return _sign_in_page(request, WrongCredentials() if wrong else None)


@router.post("/code")
async def ask_code(request: Request, call: Call, background: BackgroundTasks, phone: Text) -> HTMLResponse:
    try:
        sent = await actions.send_code(call.tx, call.kit.sealer, phone=phone.strip(), address=address())
    except TooManyTries as refusal:
        call.refuse(refusal)
        return _sign_in_page(request, refusal)
    if sent.message is not None:
        background.add_task(call.kit.state[messages.CHANNEL].send, sent.message)
    return _page(request, "code.html", phone=phone, local=call.kit.settings.mode == "local")


@router.post("/sign-in", status_code=303)
async def sign_in(
    request: Request,
    call: Call,
    account: Text = "",
    password: Text = "",
    totp: Text = "",
    phone: Text = "",
    code: Text = "",
) -> Response:
    body = schemas.TokenWanted.model_construct(
        grant_type="code" if phone else "password",
        account=account.strip() or None,
        password=SecretStr(password) if password else None,
        totp=SecretStr(totp.strip()) if totp else None,
        phone=phone.strip() or None,
        code=SecretStr(code.strip()) if code else None,
    )
    try:
        person = await signed_in(call, body, address())
    except (TooManyTries, SecondFactorMissing) as refusal:
        call.refuse(refusal)
        return _sign_in_page(request, refusal)
    if person is None or person.refresh_token is None:
        # The operator has no session, and nothing to see on these pages.
        call.refuse(WrongCredentials())
        return RedirectResponse("/?wrong=true", 303, headers=_HEADERS)
    person = replace(person, caller=await still_held(call.kit, person.caller))
    call.asker = person.caller
    answer = RedirectResponse("/home", 303, headers=_HEADERS)
    _keep(answer, call.kit, person)
    return answer


@router.post("/sign-out", status_code=303)
async def sign_out(request: Request, call: Call) -> Response:
    if token := request.cookies.get(SESSION):
        call.asker = await actions.end_session(call.tx, call.kit.sealer, token, needs_code=needs_code(call))
    return _signed_out()


@router.get("/stay")
async def stay(
    request: Request, call: Call, to: Literal["/home", "/audit", "/notifications"] = "/home"
) -> Response:
    """Whoever is still signed in goes on with rights as they are now; everybody else is asked who they are."""
    token = request.cookies.get(SESSION)
    renewed = (
        await actions.renew_session(call.tx, call.kit.sealer, token, needs_code=needs_code(call))
        if token
        else None
    )
    if renewed is None:
        return _signed_out()
    answer = RedirectResponse(to, 303, headers=_HEADERS)
    _keep(answer, call.kit, replace(renewed, caller=await still_held(call.kit, renewed.caller)))
    return answer


@router.get("/home")
async def home(
    request: Request,
    cursor: Annotated[str | None, Query(max_length=500)] = None,
    elder: bool | None = None,
) -> Response:
    kit, caller = cast(Kit, request.app.state.kit), _caller(request)
    if caller is None:
        return RedirectResponse("/stay?to=/home", 303, headers=_HEADERS)
    asked = Question(kit=kit, asker=caller, language=language(request))
    async with asked.reading() as tx:
        account = await store.account_of(tx, caller.subject)
        page = await timeline_page(
            tx, asked.acting, caller.subject, limit=30, cursor=cursor, fresh=True, language=asked.language
        )
        keys = await subject_keys(tx, asked.kit.sealer, [caller.subject])
        zone = ZoneInfo(await store.zone_of(tx, caller.subject))
        unread = await store.unread(tx, caller.subject)
    name = (keys[caller.subject].open(account.display_name, for_=DISPLAY_NAME) or "") if account else ""
    answer = _page(
        request,
        "home.html",
        zone=zone,
        name=name,
        page=page,
        unread=unread,
        icons=ICONS,
        reads_audit=AUDIT_POLICY["read_audit"].lets_in(caller),
        elder=elder,
    )
    if elder is not None:
        answer.set_cookie(ELDER, "1" if elder else "", max_age=_YEAR_SECONDS, samesite="lax", httponly=True)
    return answer


@router.get("/local/messages")
async def captured_messages(request: Request) -> HTMLResponse:
    """What would have been sent to phones; only in local mode."""
    settings = cast(GatewaySettings, cast(Kit, request.app.state.kit).settings)
    if settings.mode != "local":
        raise NotFound(what="page")
    return _page(request, "messages.html", messages=list(messages.captured(settings.messages_dir)))


def _caller(request: Request) -> Caller | None:
    token = request.cookies.get(ACCESS)
    try:
        return cast(Kit, request.app.state.kit).verifier.caller(f"Bearer {token}") if token else None
    except NotSignedIn:
        return None


def _keep(answer: Response, kit: Kit, person: actions.SignedIn) -> None:
    token = token_for(kit, person)
    for name, value, lifetime in (
        (SESSION, token.refresh_token, IDLE),
        (ACCESS, token.access_token, ACCESS_LIFETIME),
    ):
        answer.set_cookie(
            name,
            value or "",
            max_age=int(lifetime.total_seconds()),
            httponly=True,
            samesite="lax",
            secure=kit.settings.mode != "local",
        )


def _signed_out() -> Response:
    answer = RedirectResponse("/", 303, headers=_HEADERS)
    answer.delete_cookie(SESSION)
    answer.delete_cookie(ACCESS)
    return answer


def _sign_in_page(request: Request, refusal: Refusal | None) -> HTMLResponse:
    """Also the answer to a form that was refused: nothing of it was done."""
    local = cast(Kit, request.app.state.kit).settings.mode == "local"
    told = refusal.detail(language(request)) if refusal else None
    answer = _page(request, "sign_in.html", told=told, local=local)
    if isinstance(refusal, TooManyTries):
        answer.status_code = refusal.status
        answer.headers["Retry-After"] = str(refusal.facts["retry_after"])
    return answer


def _page(request: Request, template: str, *, elder: bool | None = None, **facts: Any) -> HTMLResponse:
    large = request.cookies.get(ELDER) == "1" if elder is None else elder
    text = _pages.get_template(template).render(elder=large, language=language(request), **facts)
    return HTMLResponse(text, headers=_HEADERS)
