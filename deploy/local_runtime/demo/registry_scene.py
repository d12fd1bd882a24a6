"""The district, its street offices, 90 communities, their staff and households, and accounts for whom we meet."""

from typing import Any

from local_runtime.demo import people
from local_runtime.demo.client import Client, eventually, sign_in_by_code, sign_in_by_password
from local_runtime.demo.stage import Stage

ZONE = "Asia/Shanghai"


async def open_registry(stage: Stage, operator: Client) -> None:
    with stage.scene("registry") as say:
        await _units(stage, operator)
        for official in people.OFFICIALS:
            await _official(stage, operator, official)
        await _neighbours(stage, operator)
        households = await stage.each(
            "households", range(stage.households), lambda _, n: _household(stage, n)
        )
        stage.applicants = [household["residents"][0]["id"] for household in households]
        say(f"1 district, {len(people.STREETS)} street offices, {len(people.COMMUNITIES)} communities, "
            f"{len(people.OFFICIALS)} staff, {len(households) + len(people.NEIGHBOURS)} households")  # fmt: skip


async def _units(stage: Stage, operator: Client) -> None:
    async def open_unit(_: int, code: str) -> None:
        kind = ("district", "street", "community")[code.count("/")]
        body = {"code": code, "kind": kind, "name": people.unit_name(code), "zone": ZONE}
        parent = stage.units.get(code.rpartition("/")[0])
        unit = await operator.post("/units", f"demo/unit/{code}", body | {"parent_id": parent})
        stage.units[code] = unit["id"]

    for level in ([people.DISTRICT], people.STREETS, people.COMMUNITIES):
        await stage.each("units", level, open_unit)


async def _official(stage: Stage, operator: Client, official: people.Official) -> None:
    key = f"demo/staff/{official.account}"
    staff = await operator.post("/staff", key, {"name": official.name})
    for code in official.units:
        body = {
            "post": official.role,
            "unit_id": stage.units[code],
            "from_on": "2026-01-01",
            "until_on": None,
        }
        await operator.post(f"/staff/{staff['id']}/appointments", f"{key}/{code}", body)
    account = {
        "account": official.account, "display_name": official.name, "kind": "password",
        "password": people.STAFF_PASSWORD, "subject": staff["id"], "roles": [],
    }  # fmt: skip
    await operator.post("/auth/accounts", f"demo/account/{official.account}", account)
    client = await sign_in_by_password(stage.http, official.account, people.STAFF_PASSWORD)

    async def posts() -> Any:
        """The appointments travel to the gateway as events; a renewed token carries what has arrived."""
        await client.renew()
        return (await client.get("/me"))["posts"]

    wanted = len(official.units)
    await eventually(posts, lambda held: len(held) == wanted, f"the posts of {official.account}")
    stage.clients[official.account] = client


async def _neighbours(stage: Stage, operator: Client) -> None:
    """王奶奶 and whom she meets, all of one community."""
    for place, person in enumerate(people.NEIGHBOURS):
        body = _household_body(
            stage, people.COMMUNITIES[0], person.name.split("(")[0], person.phone, 9_000 + place
        )
        household = await operator.post("/households", f"demo/household/{person.key}", body)
        stage.people[person.key] = subject = household["residents"][0]["id"]
        account = {
            "account": person.phone, "display_name": person.name, "kind": "code", "subject": subject,
            "roles": list(person.roles),
        }  # fmt: skip
        await operator.post("/auth/accounts", f"demo/account/{person.phone}", account)
        stage.clients[person.key] = await sign_in_by_code(stage.http, person.phone)
    wang = stage.clients["wang"]
    consent = {"delegate_id": stage.people["daughter"], "until_on": None}
    await wang.post(f"/residents/{stage.people['wang']}/consents", "demo/consent/daughter", consent)


async def _household(stage: Stage, number: int) -> Any:
    worker = stage.clients[people.FILER.account]
    code = people.COMMUNITIES[number % len(people.COMMUNITIES)]
    body = _household_body(stage, code, people.resident_name(number), f"139{number:08d}", number)
    return await worker.post("/households", f"demo/household/{number}", body)


def _household_body(stage: Stage, code: str, name: str, phone: str, number: int) -> dict[str, Any]:
    members: list[dict[str, Any]] = [{"name": name, "phone": phone, "id_number": people.id_number(number)}]
    if number % 3 == 0:
        members.append({"name": people.resident_name(number + 11)})
    return {
        "unit_id": stage.units[code],
        "address": f"{people.unit_name(code)}{number % 40 + 1}号",
        "members": members,
    }
