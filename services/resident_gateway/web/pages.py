"""Signing in and the timeline as pages. The session is the access token in a cookie that scripts cannot read."""

from pathlib import Path
from typing import Annotated, Any, cast
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import FileResponse, HTMLResponse, RedirectResponse, Response
from jinja2 import Environment, PackageLoader, select_autoescape
from pydantic import SecretStr

from platform_kit.auth import Caller
from platform_kit.edge import Question, Read, language, unkept
from platform_kit.kit import Kit
from platform_kit.problems import NotFound, NotSignedIn
from resident_gateway import actions, messages, schemas, store
from resident_gateway.problems import ForeignForm
from resident_gateway.routes import TOKEN_LIFETIME, signed_in, token_for
from resident_gateway.settings import GatewaySettings
from resident_gateway.views.timeline import timeline_page
from resident_gateway.views.words import ICONS

router = APIRouter(include_in_schema=False)

SESSION = "linli_session"
ELDER = "linli_elder"
_YEAR_SECONDS = 365 * 24 * 3600
_STYLE = Path(__file__).parent / "static" / "linli.css"
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
}
_pages = Environment(loader=PackageLoader("resident_gateway.web"), autoescape=select_autoescape())

Call = Annotated[Read, unkept()]
Text = Annotated[str, Form(max_length=200)]


@router.get("/linli.css")
async def style() -> FileResponse:
    return FileResponse(_STYLE, headers={"Cache-Control": "max-age=3600"})


@router.get("/")
async def sign_in_page(request: Request, wrong: bool = False) -> HTMLResponse:
    local = cast(Kit, request.app.state.kit).settings.mode == "local"
    return _page(request, "sign_in.html", wrong=wrong, local=local)


@router.post("/code")
async def ask_code(request: Request, call: Call, phone: Text) -> HTMLResponse:
    _same_origin(request)
    folder = cast(GatewaySettings, call.kit.settings).messages_dir
    await actions.send_code(call.tx, call.kit.sealer, folder, phone=phone.strip())
    return _page(request, "code.html", phone=phone, local=call.kit.settings.mode == "local")


@router.post("/sign-in")
async def sign_in(
    request: Request, call: Call, account: Text = "", password: Text = "", phone: Text = "", code: Text = ""
) -> Response:
    _same_origin(request)
    body = schemas.TokenWanted.model_construct(
        grant_type="code" if phone else "password",
        account=account.strip() or None,
        password=SecretStr(password) if password else None,
        phone=phone.strip() or None,
        code=SecretStr(code.strip()) if code else None,
    )
    caller = await signed_in(call, body)
    if caller is None:
        return RedirectResponse("/?wrong=true", 303, headers=_HEADERS)
    answer = RedirectResponse("/home", 303, headers=_HEADERS)
    secure = call.kit.settings.mode != "local"
    token = token_for(call, caller).access_token
    answer.set_cookie(
        SESSION,
        token,
        max_age=int(TOKEN_LIFETIME.total_seconds()),
        httponly=True,
        samesite="lax",
        secure=secure,
    )
    return answer


@router.post("/sign-out")
async def sign_out(request: Request) -> Response:
    _same_origin(request)
    answer = RedirectResponse("/", 303, headers=_HEADERS)
    answer.delete_cookie(SESSION)
    return answer


@router.get("/home")
async def home(
    request: Request,
    cursor: Annotated[str | None, Query(max_length=500)] = None,
    elder: bool | None = None,
) -> Response:
    caller = _session(request)
    if caller is None:
        return RedirectResponse("/", 303, headers=_HEADERS)
    asked = Question(kit=request.app.state.kit, asker=caller, language=language(request))
    async with asked.reading() as tx:
        account = await store.account_of(tx, caller.subject)
        page = await timeline_page(
            tx, asked.acting, caller.subject, limit=30, cursor=cursor, fresh=True, language=asked.language
        )
        zone = ZoneInfo(await store.zone_of(tx, caller.subject))
    name = asked.kit.sealer.open(account.display_name, for_="account.display_name") if account else ""
    answer = _page(
        request,
        "home.html",
        zone=zone,
        name=name,
        page=page,
        icons=ICONS,
        roles=sorted(caller.roles),
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


def _session(request: Request) -> Caller | None:
    token = request.cookies.get(SESSION)
    try:
        return cast(Kit, request.app.state.kit).verifier.caller(f"Bearer {token}") if token else None
    except NotSignedIn:
        return None


def _same_origin(request: Request) -> None:
    """Browsers name the origin of a form; old ones only the page (Referer). Neither, or "null", could be any site."""
    source = request.headers.get("origin") or request.headers.get("referer", "")
    try:
        site = urlsplit(source).netloc
    except ValueError as error:
        raise ForeignForm from error
    if not source or site != request.headers.get("host"):
        raise ForeignForm


def _page(request: Request, template: str, *, elder: bool | None = None, **facts: Any) -> HTMLResponse:
    large = request.cookies.get(ELDER) == "1" if elder is None else elder
    text = _pages.get_template(template).render(elder=large, language=language(request), **facts)
    return HTMLResponse(text, headers=_HEADERS)
