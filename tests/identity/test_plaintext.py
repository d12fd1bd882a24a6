"""A hundred ID numbers and bank accounts go in over HTTP, as what they are and in what people write, and lie nowhere in plain, base64
or hex, nor do the medical notes; the search that says so finds a canary in each of those places. After an erasure not even a blind
index is left."""

import asyncio
import base64
import random
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import asyncpg
import httpx
import pytest
from aiokafka import AIOKafkaProducer
from stdnum.cn import ric

from faults.ground import house_token
from identity.plaintext import forms, needles, needles_of_bytes, search, search_dumps, settled
from journeys.houses import house
from local_runtime import clock
from local_runtime.databases import service_dsn
from local_runtime.house import SERVICES, service_named
from local_runtime.up import Running, up
from platform_kit.key_providers import FileKeks
from platform_kit.sealing import Sealer
from platform_kit.testing import seeing_all
from proof.figures import Tell

pytestmark = pytest.mark.timeout(600)
PEOPLE, ERASED = 100, 3


@dataclass
class Town:
    """People and what they told the house, all of it through the gateway."""

    running: Running
    http: httpx.AsyncClient
    programme: str = ""
    ids: list[str] = field(default_factory=list)
    accounts: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    people: list[str] = field(default_factory=list)
    applications: list[str] = field(default_factory=list)
    tokens: dict[str, str] = field(default_factory=dict)

    async def call(
        self, method: str, path: str, who: str, body: Any = None, **headers: str
    ) -> httpx.Response:
        """Asked again while a replica has not heard of it yet, each time under a key of its own."""
        while True:
            answer = await self.http.request(
                method, f"/api/v1{path}", json=body,
                headers={"Authorization": f"Bearer {self.tokens[who]}", "Idempotency-Key": str(uuid4()), **headers},
            )  # fmt: skip
            if answer.status_code != 404:
                return answer

    async def made(self, path: str, who: str, body: Any) -> Any:
        answer = await self.call("POST", path, who, body)
        assert answer.status_code in (200, 201), answer.text
        return answer.json()

    def token(
        self, who: str, *roles: str, subject: UUID | None = None, post: tuple[str, str, str] | None = None
    ) -> None:
        held = ((post[0], post[1], post[2]),) if post else ()
        self.tokens[who] = house_token(self.running.home, *roles, subject=subject or uuid4(), posts=held)


@pytest.fixture(scope="module")
def running() -> Iterator[Running]:
    with house() as built:
        yield up(built.home, lambda _: None, usual_ports=False)


@pytest.fixture
async def town(running: Running) -> AsyncIterator[Town]:
    dice = random.Random(20261125)
    async with httpx.AsyncClient(base_url=running.gateway, timeout=30, trust_env=False) as http:
        town = Town(running, http)
        for number in range(PEOPLE):
            body = f"110101{dice.randint(1940, 2005)}{dice.randint(1, 12):02d}{dice.randint(1, 28):02d}{number:03d}"
            town.ids.append(body + ric.calc_check_digit(body + "0"))
            town.accounts.append("622202" + "".join(str(dice.randint(0, 9)) for _ in range(13)))
        town.token("operator", "operator")
        await _move_in(town)
        yield town


async def _move_in(town: Town) -> None:
    units: dict[str, str] = {}
    for code, kind in (("01", "district"), ("01/01", "street"), ("01/01/001", "community")):
        unit = {"code": code, "kind": kind, "name": code, "parent_id": units.get(code.rpartition("/")[0])}
        units[code] = (await town.made("/units", "operator", unit))["id"]
    community = units["01/01/001"]
    town.token("worker", post=("worker", community, "01/01/001"))
    town.token("street", post=("street", units["01/01"], "01/01"))
    for role in ("district", "finance", "finance_lead", "auditor"):
        town.token(role, post=(role, units["01"], "01"))
    money = {"budget": {"amount": 10**12}, "monthly": {"amount": 1_200_00}}
    programme = await town.made(
        "/programmes", "district", {"code": "subsistence", "name": "低保", "year": _year(), **money}
    )
    town.programme = programme["id"]
    for number, account in zip(town.ids, town.accounts, strict=True):
        member = {"name": "王秀英", "phone": f"137{len(town.people):08d}", "id_number": number}
        body = {"unit_id": community, "address": "幸福路1号", "members": [member]}
        household = await town.made("/households", "worker", body)
        person = household["residents"][0]["id"]
        town.people.append(person)
        town.token(person, "resident", subject=UUID(person))
        application = {
            "programme_id": programme["id"], "resident_id": person, "asked": {"amount": 600_00},
            "reason": f"家庭困难,身份证 {number}", "payee_name": "王秀英", "bank_account": account,
        }  # fmt: skip
        town.applications.append((await town.made("/applications", person, application))["id"])


def _year() -> int:
    return datetime.now(ZoneInfo("Asia/Shanghai")).year


async def _use(town: Town) -> None:
    """What shows, refuses and repeats: each of these is a chance to leave something behind."""
    for person, application, number in zip(town.people[:10], town.applications, town.ids, strict=False):
        shown = await town.call("GET", f"/residents/{person}", "worker")
        revealed = await town.call(
            "POST", f"/residents/{person}/reveal", "worker", {"parts": ["id_number"], "reason": "核对"}
        )
        assert revealed.json()["id_number"] == number
        assert (
            await town.call(
                "POST",
                f"/applications/{application}/reveal",
                "worker",
                {"parts": ["payee_name", "bank_account", "evidence"], "reason": "核对"},
            )
        ).is_success
        for part in ("registry", "relief", "requests", "gateway"):
            assert (await town.call("GET", f"/me/data/{part}", person)).status_code == 200
        wrong = {"id_number": number[:-1] + ("1" if number[-1] != "1" else "2")}
        refused = await town.call(
            "PATCH", f"/residents/{person}", "worker", wrong, **{"If-Match": shown.headers["etag"]}
        )
        assert refused.status_code == 422
        words = {"category": "errand", "words": f"我的身份证是 {number}"}
        assert (await town.call("POST", "/requests", person, words)).status_code == 201


async def _write_about_relief(town: Town) -> None:
    """An application's whole way, with an ID number, an account and an illness in all that people write on it."""

    def words(n: int) -> str:
        town.notes.append(f"肝硬化失代偿期,病历 {n:06d} 号")
        return f"{town.notes[-1]},身份证 {town.ids[n]},账号 {town.accounts[n]}"

    for n in range(3, 12):
        path = f"/applications/{town.applications[n]}/evidence"
        await town.made(path, town.people[n], {"note": words(n)})
    granted = range(3, 8)
    objected, returned, rejected, returned_with_others = (town.applications[n] for n in range(8, 12))
    await _decide(town, "verify", "worker", [*(town.applications[n] for n in granted), objected])
    await town.made(f"/notices/{objected}/objections", town.people[20], {"reason": words(20)})
    await town.made(f"/applications/{returned}/return", "worker", {"reason": words(9)})
    await town.made(f"/applications/{rejected}/reject", "worker", {"reason": words(10)})
    await _decide(
        town, "verify", "worker", [returned_with_others], decision="return", reason=(why := words(11))
    )
    shown = (await town.call("GET", f"/applications/{returned_with_others}", town.people[11])).json()
    assert shown["decision_reason"] == why
    await asyncio.to_thread(clock.advance, town.running, 8 * 86400)
    for level, who in (("review", "street"), ("approve", "district")):
        await _decide(town, level, who, [town.applications[n] for n in granted])
    await _have_it_returned(town, [words(n) for n in granted])
    for who in ("worker", "auditor"):
        assert (await town.call("GET", "/applications?limit=200", who)).status_code == 200


async def _decide(town: Town, level: str, who: str, ids: list[str], **more: str) -> None:
    body = {"level": level, "decision": "approve", "ids": ids, **more}
    done = await town.made("/applications/reviews", who, body)
    assert done["refused"] == 0, done


async def _have_it_returned(town: Town, said: list[str]) -> None:
    """Paid out, and each payment comes back with words of the bank."""
    period = {"programme_id": town.programme, "period": f"{_year()}-12"}
    run = (await town.made("/payment-runs", "finance", period))["id"]
    for step, who in (
        ("calculate", "finance"),
        ("check", "finance"),
        ("release", "finance_lead"),
        ("file", "finance"),
    ):
        await town.made(f"/payment-runs/{run}/{step}", who, {})
    assert (await town.call("GET", f"/payment-runs/{run}/file", "finance")).status_code == 200
    payments = (await town.call("GET", f"/payments?payment_run_id={run}", "finance")).json()["items"]
    lines = [
        f'{payment["id"]},returned,AC01,"{words}",2026-12-03'
        for payment, words in zip(payments, said, strict=True)
    ]
    # And a line that cannot be read, with an account where the code should be.
    lines.append(f"{payments[0]['id']},returned,{town.accounts[3]},x,2026-12-03")
    text = "\r\n".join(("payment_id,result,code,reason,date", *lines, ""))
    answer = await town.made("/bank-results", "finance", {"payment_run_id": run, "text": text})
    assert (answer["applied"], answer["refused"]) == (len(said), 1)
    for payment, words in zip(payments, said, strict=True):
        path = f"/payments/{payment['id']}"
        assert (await town.made(f"{path}/reveal", "finance", {"reason": "核对"}))["bank_reason"] == words
        await town.made(f"{path}/reissue", "finance", {"bank_account": town.accounts[50]})


async def _plant(running: Running, canary: str) -> set[str]:
    """The canary in each place and each form; where the search must find it."""
    encoded = [
        canary,
        canary.encode().hex(),
        *(base64.b64encode(b"x" * n + canary.encode()).decode() for n in range(3)),
    ]
    planted = set()
    for service in SERVICES:
        connection = await asyncpg.connect(service_dsn(running.home, running.maintenance_dsn, service))
        try:
            for n, text in enumerate(encoded):
                await connection.execute(
                    "INSERT INTO idempotency (principal, key, fingerprint, status, headers, body)"
                    " VALUES ('canary', $1, '', 200, '{}', $2)", str(n), text.encode(),
                )  # fmt: skip
        finally:
            await connection.close()
        planted.add(f"{service.name}.idempotency")
    producer = AIOKafkaProducer(bootstrap_servers=running.kafka)
    await producer.start()
    try:
        for text in encoded:
            await producer.send_and_wait("registry.units", key=b"canary", value=text.encode())
    finally:
        await producer.stop()
    planted.add("topic registry.units")
    for name in ("logs/resident_gateway.api.log", "run/canary.txt"):
        with (running.home.root / name).open("a") as file:
            file.write("\n".join(encoded) + "\n")
        planted.add(name)
    return planted


async def test_no_id_number_no_account_and_no_medical_note_lies_anywhere_and_the_search_would_find_it(
    town: Town, figure: Tell
) -> None:
    await _write_about_relief(town)
    await _use(town)
    await settled(town.running)
    lying = await search(town.running, needles([*town.ids, *town.accounts, *town.notes]))
    figure(
        "plaintext: findings of ID numbers, accounts and medical notes",
        f"{len(lying)} of {PEOPLE}, {PEOPLE} and {len(town.notes)}", "0", met=not lying,
    )  # fmt: skip
    await _erase_and_look_for_indexes(town, figure)

    # Last: on the topic it is a record that no consumer can read.
    canary = "110101199003070011"
    planted = await _plant(town.running, canary)
    found = await search(town.running, needles([canary]))
    for place in planted:
        shown_as = {finding.form for finding in found if finding.place == place}
        if place.endswith(".idempotency"):
            # A table's bytes are dumped as hex, so that all but the hex of the hex is one form there.
            assert "hex" in shown_as, (place, shown_as)
        else:
            expected = {"plain", "hex", "base64, 0 before", "base64, 1 before", "base64, 2 before"}
            assert shown_as == expected, (place, shown_as)
    figure("plaintext: places in which a planted canary was found", len(planted), "every one", met=True)
    assert any("pg_wal/" in finding.place for finding in found), "the databases' own files are searched too"


async def _erase_and_look_for_indexes(town: Town, figure: Tell) -> None:
    home = town.running.home
    sealer = Sealer.from_file(home.secrets / "sealing.key", FileKeks.from_file(home.secrets / "keks.json"))
    indexes = [
        sealer.blind_index(value, for_=purpose)
        for number, phone in zip(town.ids[:ERASED], [f"137{n:08d}" for n in range(ERASED)], strict=True)
        for value, purpose in ((number, "resident.id_number"), (phone, "resident.phone"))
    ]
    dsn = service_dsn(home, town.running.maintenance_dsn, service_named("relief_disbursement"))
    connection = await asyncpg.connect(seeing_all(dsn))
    keys = await connection.fetch(
        "SELECT wrapped FROM subject_key WHERE subject = ANY($1::uuid[])", town.people[:ERASED]
    )
    wanted = needles_of_bytes([*indexes, *(row["wrapped"] for row in keys)])
    before = await search_dumps(town.running, wanted)
    assert {finding.secret for finding in before} == {secret for secret, _ in wanted.values()}
    for person in town.people[:ERASED]:
        erased = await town.call("POST", f"/residents/{person}/erase", "operator", {"reason": "本人申请"})
        assert erased.status_code == 200, erased.text
    await settled(town.running)
    left = await search_dumps(town.running, wanted)
    figure(
        "plaintext: blind indexes and keys left of whoever was erased",
        f"{len(left)} of {ERASED} people",
        "0",
        met=not left,
    )
    for person, application in zip(town.people[:ERASED], town.applications, strict=False):
        held = (await town.call("GET", "/me/data/relief", person)).json()["held"]
        assert [each["bank_account"] for each in held["application"]] == [None]
        shown = await town.call("GET", f"/applications/{application}", "worker")
        assert (shown.json()["bank_account"], shown.json()["asked"]["amount"]) == ("—", 600_00)
    assert await connection.fetchval("SELECT count(*) FROM application WHERE asked_minor = 60000") == PEOPLE
    await connection.close()


@pytest.mark.parametrize("before", range(7))
def test_base64_is_found_wherever_it_begins(before: int) -> None:
    encoded = base64.b64encode(b"\xff" * before + b"110101199003070011" + b"\xff" * 5).decode()
    assert any(needle in encoded for needle in forms(b"110101199003070011"))
