"""Who gets a token, by what proof, and which tokens are refused."""

import asyncio
import json
import stat
import time
from base64 import urlsafe_b64encode
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
import uvicorn
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, OctKey
from joserfc.jws import JWSRegistry
from joserfc.registry import HeaderParameter

from platform_kit.testing import signing_key
from proof.figures import Tell

from .conftest import OPERATOR_PASSWORD, PASSWORD, PHONE, Entrance

WRONG = "/problems/wrong-credentials"
UNIT = "018f0000-0000-7000-8000-000000000042"


async def test_the_operator_signs_in_with_the_house_password(entrance: Entrance) -> None:
    answer = await entrance.sign_in(grant_type="password", account="operator", password=OPERATOR_PASSWORD)
    assert answer.status_code == 200
    assert (answer.json()["token_type"], answer.json()["expires_in"]) == ("Bearer", 600)
    assert answer.headers["cache-control"] == "no-store"
    made = await entrance.gateway.client.post(
        "/api/v1/auth/accounts",
        json={"account": PHONE, "display_name": "王", "kind": "code", "subject": str(uuid4()), "roles": ["resident"]},
        headers={"Authorization": f"Bearer {answer.json()['access_token']}", "Idempotency-Key": "first"},
    )  # fmt: skip
    assert made.status_code == 200


@pytest.mark.parametrize("password", ["", "wrong", OPERATOR_PASSWORD.upper(), "密码"])
async def test_a_wrong_operator_password_is_refused(entrance: Entrance, password: str) -> None:
    answer = await entrance.sign_in(grant_type="password", account="operator", password=password)
    assert (answer.status_code, answer.json()["type"]) == (401, WRONG)


async def test_a_token_says_who_it_is_in_the_agreed_claims(entrance: Entrance) -> None:
    subject = await entrance.staff("zhang.worker")
    post = {"role": "worker", "unit_id": UNIT, "unit_code": "01/02/003"}
    await entrance.unit(UNIT, "01/02/003")
    await entrance.appoint(subject, "worker", UNIT)
    answer = await entrance.sign_in(grant_type="password", account="zhang.worker", password=PASSWORD)
    keys = KeySet.import_key_set((await entrance.gateway.get("/.well-known/jwks.json")).json())
    token = jwt.decode(answer.json()["access_token"], keys, algorithms=["ES256"])
    assert token.header["typ"] == "at+jwt"
    claims = token.claims
    assert (claims["iss"], claims["aud"], claims["sub"]) == ("linli", "linli", str(subject))
    assert claims["exp"] - claims["iat"] == 600
    assert (claims["roles"], claims["posts"]) == (["worker"], [post])
    headers = {"Authorization": f"Bearer {answer.json()['access_token']}"}
    me = (await entrance.gateway.get("/api/v1/me", headers=headers)).json()
    assert me == {"subject": str(subject), "display_name": "王奶奶", "roles": ["worker"], "posts": [post]}


async def test_no_private_key_is_published(entrance: Entrance) -> None:
    [key] = (await entrance.gateway.get("/.well-known/jwks.json")).json()["keys"]
    assert "d" not in key


@pytest.mark.parametrize("role", ["resident", "worker", "district", "auditor"])
async def test_only_the_operator_opens_accounts(entrance: Entrance, role: str) -> None:
    caller = entrance.gateway.caller(role)
    answer = await entrance.gateway.post("/api/v1/auth/accounts", json={}, by=caller)
    assert answer.status_code in (403, 422)
    body = {
        "account": PHONE,
        "display_name": "王",
        "kind": "code",
        "subject": str(uuid4()),
        "roles": ["operator"],
    }
    assert (await entrance.gateway.post("/api/v1/auth/accounts", json=body, by=caller)).status_code == 403
    assert (await entrance.gateway.post("/api/v1/auth/accounts", json=body)).status_code == 401


async def test_the_same_account_again_is_the_same_account(entrance: Entrance) -> None:
    subject = str(uuid4())
    first = await entrance.open_account(subject=subject)
    again = await entrance.open_account(subject=subject)
    assert (first.status_code, again.status_code) == (200, 200)
    assert again.json()["id"] == first.json()["id"]
    replaced = await entrance.open_account(subject=subject, roles=["resident", "volunteer"])
    assert replaced.json()["id"] == first.json()["id"]
    assert replaced.json()["roles"] == ["resident", "volunteer"]
    assert replaced.json()["version"] > first.json()["version"]


async def test_a_new_password_ends_the_old_one(entrance: Entrance) -> None:
    subject = str(uuid4())
    for password in ("the first password", "the second password"):
        await entrance.open_account(account="chen", kind="password", password=password, subject=subject)
    old = await entrance.sign_in(grant_type="password", account="chen", password="the first password")
    new = await entrance.sign_in(grant_type="password", account="chen", password="the second password")
    assert (old.status_code, new.status_code) == (401, 200)


@pytest.mark.parametrize("content", [{"kind": "password"}, {"kind": "code", "password": "a long password"}])
async def test_a_password_belongs_to_a_password_account(entrance: Entrance, content: Any) -> None:
    answer = await entrance.open_account(**content)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["path"] == "password"


async def test_what_identifies_a_person_is_sealed_at_rest(entrance: Entrance) -> None:
    await entrance.resident()
    await entrance.open_account(account="chen", kind="password", password="a long password")
    await entrance.ask_code()
    code = entrance.newest_code()
    async with entrance.gateway.tx() as tx:
        rows = [*await tx.fetch("SELECT * FROM account"), *await tx.fetch("SELECT * FROM one_time_code")]
    stored = b"".join(
        value if isinstance(value, bytes) else str(value).encode() for row in rows for value in row
    )
    for secret in (PHONE, "王奶奶", "chen", "a long password", code):
        assert secret.encode() not in stored
    assert b"$argon2id$" in stored


async def test_a_resident_signs_in_with_the_code_on_their_phone(entrance: Entrance) -> None:
    subject = await entrance.resident()
    assert (await entrance.ask_code()).status_code == 202
    [message] = entrance.sent()
    assert message["to"] == PHONE
    assert len(entrance.newest_code()) == 6
    [file] = entrance.messages.glob("*.json")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    answer = await entrance.sign_in(grant_type="code", phone=PHONE, code=entrance.newest_code())
    assert answer.status_code == 200
    headers = {"Authorization": f"Bearer {answer.json()['access_token']}"}
    assert (await entrance.gateway.get("/api/v1/me", headers=headers)).json()["subject"] == str(subject)


@pytest.mark.parametrize(
    "spelling", ["138 0013 8000", "138-0013-8000", "+86 13800138000", "１３８００１３８０００"]
)
async def test_a_phone_is_the_same_phone_however_it_is_typed(entrance: Entrance, spelling: str) -> None:
    await entrance.resident()
    await entrance.ask_code(spelling)
    answer = await entrance.sign_in(grant_type="code", phone=spelling, code=entrance.newest_code())
    assert answer.status_code == 200


async def test_nobody_learns_which_phones_have_an_account(entrance: Entrance) -> None:
    await entrance.resident()
    await entrance.open_account(account="chen", kind="password", password="a long password")
    known, unknown, staff = [await entrance.ask_code(each) for each in (PHONE, "13900139000", "chen")]
    assert known.status_code == unknown.status_code == staff.status_code == 202
    assert known.json() == unknown.json() == staff.json()
    assert [message["to"] for message in entrance.sent()] == [PHONE]
    wrong_code = await entrance.sign_in(grant_type="code", phone=PHONE, code="x")
    no_account = await entrance.sign_in(grant_type="code", phone="13900139000", code="x")
    assert (wrong_code.status_code, wrong_code.json()) == (no_account.status_code, no_account.json())


async def test_after_five_wrong_tries_even_the_right_code_is_refused(entrance: Entrance) -> None:
    await entrance.resident()
    await entrance.ask_code()
    code = entrance.newest_code()
    wrong = f"{(int(code) + 1) % 1_000_000:06d}"
    for _ in range(5):
        assert (await entrance.sign_in(grant_type="code", phone=PHONE, code=wrong)).status_code == 401
    assert (await entrance.sign_in(grant_type="code", phone=PHONE, code=code)).status_code == 401
    await entrance.ask_code()
    fresh = await entrance.sign_in(grant_type="code", phone=PHONE, code=entrance.newest_code())
    assert fresh.status_code == 200


async def test_four_wrong_tries_leave_one(entrance: Entrance) -> None:
    await entrance.resident()
    await entrance.ask_code()
    for _ in range(4):
        await entrance.sign_in(grant_type="code", phone=PHONE, code="none")
    answer = await entrance.sign_in(grant_type="code", phone=PHONE, code=entrance.newest_code())
    assert answer.status_code == 200


@pytest.mark.parametrize(
    ("later", "status"), [(timedelta(minutes=4, seconds=30), 200), (timedelta(minutes=5), 401)]
)
async def test_a_code_is_good_for_five_minutes(entrance: Entrance, later: timedelta, status: int) -> None:
    await entrance.resident()
    await entrance.ask_code()
    await entrance.gateway.advance(later)
    answer = await entrance.sign_in(grant_type="code", phone=PHONE, code=entrance.newest_code())
    assert answer.status_code == status


async def test_a_code_works_once_and_only_the_newest(entrance: Entrance) -> None:
    await entrance.resident()
    await entrance.ask_code()
    older = entrance.newest_code()
    await entrance.ask_new_code()
    newer = entrance.newest_code()
    if older != newer:
        assert (await entrance.sign_in(grant_type="code", phone=PHONE, code=older)).status_code == 401
    assert (await entrance.sign_in(grant_type="code", phone=PHONE, code=newer)).status_code == 200
    assert (await entrance.sign_in(grant_type="code", phone=PHONE, code=newer)).status_code == 401


async def test_one_persons_code_opens_no_other_account(entrance: Entrance) -> None:
    await entrance.resident()
    await entrance.resident("13900139000")
    await entrance.ask_code()
    mine = entrance.newest_code()
    await entrance.ask_code("13900139000")
    if mine != entrance.newest_code():
        answer = await entrance.sign_in(grant_type="code", phone="13900139000", code=mine)
        assert answer.status_code == 401


async def test_a_code_that_was_sent_before_the_account_got_a_password_is_void(entrance: Entrance) -> None:
    subject = str(await entrance.resident())
    await entrance.ask_code()
    await entrance.open_account(kind="password", password="a long password", subject=subject)
    answer = await entrance.sign_in(grant_type="code", phone=PHONE, code=entrance.newest_code())
    assert answer.status_code == 401


async def test_a_token_is_kept_nowhere(entrance: Entrance) -> None:
    await entrance.sign_in(grant_type="password", account="operator", password=OPERATOR_PASSWORD)
    async with entrance.gateway.tx() as tx:
        assert await tx.fetchval("SELECT count(*) FROM idempotency") == 0


def _encoded(part: Any) -> str:
    return urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=")


FORGED = (
    "another key", "the public key as a secret", "no signature", "another body", "an ID token", "expired",
    "another audience", "another issuer", "no algorithm", "an unknown crit", "an unknown key", "no key id",
    "a header that nests without end",
)  # fmt: skip


def _forged(kind: str) -> str:
    ours, theirs = signing_key(), ECKey.generate_key("P-256", {"kid": "test"}, auto_kid=False)
    issued = int(time.time())
    claims: dict[str, Any] = {
        "iss": "linli", "aud": "linli", "sub": str(UUID(int=1)), "iat": issued, "exp": issued + 600,
        "roles": ["operator"], "posts": [],
    }  # fmt: skip
    header = {"alg": "ES256", "typ": "at+jwt", "kid": "test"}
    match kind:
        case "another key":
            return jwt.encode(header, claims, theirs)
        case "the public key as a secret":
            public = OctKey.import_key(json.dumps(ours.as_dict(private=False)))
            return jwt.encode(header | {"alg": "HS256"}, claims, public)
        case "no signature":
            head, body, _ = jwt.encode(header, claims, ours).split(".")
            return f"{head}.{body}."
        case "another body":
            head, _, signature = jwt.encode(header, claims | {"roles": ["resident"]}, ours).split(".")
            return f"{head}.{jwt.encode(header, claims, ours).split('.')[1]}.{signature}"
        case "an ID token":
            return jwt.encode(header | {"typ": "JWT"}, claims, ours)
        case "no algorithm":
            head, body = (_encoded(part) for part in (header | {"alg": "none"}, claims))
            return f"{head}.{body}."
        case "an unknown crit":
            registry = JWSRegistry({"x": HeaderParameter("x", "str")}, ["ES256"])
            return jwt.encode(header | {"crit": ["x"], "x": "y"}, claims, ours, registry=registry)
        case "an unknown key":
            return jwt.encode(header | {"kid": "nobody's"}, claims, theirs)
        case "no key id":
            return jwt.encode({"alg": "ES256", "typ": "at+jwt"}, claims, ours)
        case "a header that nests without end":
            return f"{urlsafe_b64encode(b'[' * 6000).decode()}.{_encoded(claims)}."
        case "expired":
            return jwt.encode(header, claims | {"exp": issued - 60}, ours)
        case "another audience":
            return jwt.encode(header, claims | {"aud": "bank"}, ours)
        case "another issuer":
            return jwt.encode(header, claims | {"iss": "somebody"}, ours)
        case _:
            return jwt.encode(header, claims, ours)


async def _opens(entrance: Entrance, token: str) -> list[str]:
    """What lets the token in: a read, the operator's command, a page."""
    headers = {"Authorization": f"Bearer {token}"}
    body = {
        "account": PHONE, "display_name": "王", "kind": "code", "subject": str(uuid4()), "roles": ["resident"],
    }  # fmt: skip
    answers = {
        "read": (await entrance.gateway.get("/api/v1/me", headers=headers), 401),
        "command": (await entrance.gateway.post("/api/v1/auth/accounts", json=body, headers=headers), 401),
        "page": (await entrance.gateway.get("/home", headers={"Cookie": f"linli_access={token}"}), 303),
    }
    assert all(answer.status_code in (200, refused) for answer, refused in answers.values())
    return [name for name, (answer, _) in answers.items() if answer.status_code == 200]


async def test_every_forged_token_is_refused(entrance: Entrance, figure: Tell) -> None:
    assert await _opens(entrance, _forged("nothing")) == ["read", "command", "page"], (
        "what is right is let in"
    )
    opened = {kind: ways for kind in FORGED if (ways := await _opens(entrance, _forged(kind)))}
    refused = f"{len(FORGED) - len(opened)} of {len(FORGED)}"
    figure("forged tokens refused", f"{refused} {opened or ''}".strip(), "every one", met=not opened)
    for kind in FORGED:
        stay = await entrance.gateway.get("/stay", headers={"Cookie": f"linli_session={_forged(kind)}"})
        assert (stay.status_code, stay.headers["location"]) == (303, "/")


async def test_a_header_of_a_megabyte_is_refused_before_it_is_read(entrance: Entrance) -> None:
    headers = {"Authorization": "Bearer " + "a" * 1024 * 1024}
    assert (await entrance.gateway.get("/api/v1/me", headers=headers)).status_code in (401, 431)


async def test_over_the_wire_a_megabyte_of_token_is_refused_too(entrance: Entrance) -> None:
    config = uvicorn.Config(
        entrance.gateway.app, port=0, http="httptools", lifespan="off", log_config=None,
        timeout_graceful_shutdown=1,
    )  # fmt: skip
    server = uvicorn.Server(config)
    running = asyncio.create_task(server._serve())
    try:
        async with asyncio.timeout(10):
            while not server.started:
                await asyncio.sleep(0.01)
        port = server.servers[0].sockets[0].getsockname()[1]
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False) as http:
            headers = {"Authorization": "Bearer " + "a" * 1024 * 1024}
            assert (await http.get("/api/v1/me", headers=headers)).status_code in (401, 431)
            assert (await http.get("/livez")).status_code == 200
    finally:
        server.should_exit = True
        await running
