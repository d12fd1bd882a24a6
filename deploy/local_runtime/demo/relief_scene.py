"""Relief: applied for, reviewed at three levels by three people, posted in public, paid exactly once, answered by the bank."""

import csv
import io
from collections import Counter
from typing import Any

from local_runtime.demo import people
from local_runtime.demo.client import Client, Refused, when_known
from local_runtime.demo.stage import Stage, yuan

BATCH = 100
RETURNED = 3
NOTICE_SECONDS = 8 * 86400


async def pay_relief(stage: Stage) -> None:
    district = stage.clients[people.DISTRICT_OFFICER.account]
    year = stage.began.year
    body = {
        "code": "subsistence", "name": "最低生活保障", "year": year, "budget": {"amount": 10_000_000_00},
        "monthly": {"amount": 1_200_00},
    }  # fmt: skip
    programme = await when_known(lambda: district.post("/programmes", "demo/programme", body))
    with stage.scene("relief applications") as say:
        residents = [stage.people["wang"], *stage.applicants[1:]]
        applications = await stage.each(
            "applications", residents, lambda n, resident: _apply(stage, programme["id"], n, resident)
        )
        ids = [application["id"] for application in applications]
        say(f"{len(ids)} filed by the community's worker")
    with stage.scene("three reviews") as say:
        await _review(stage, people.VERIFIER, "verify", ids)
        if (await district.get(f"/applications/{ids[-1]}"))["state"] == "on_notice":
            await stage.advance(NOTICE_SECONDS)
        await _review(stage, people.STREET, "review", ids)
        await _review(stage, people.DISTRICT_OFFICER, "approve", ids)
        say(
            f"{len(ids)} verified, in public notice for seven days (clock advanced by 8 d), reviewed, approved"
        )
    with stage.scene("payment run") as say:
        say(await _pay(stage, programme["id"]))


async def _apply(stage: Stage, programme_id: str, number: int, resident_id: str) -> Any:
    worker = stage.clients[people.FILER.account]
    name = people.WANG.name.split("(")[0] if number == 0 else people.resident_name(number)
    body = {
        "programme_id": programme_id, "resident_id": resident_id, "asked": {"amount": 600_00 + number % 7 * 50_00},
        "reason": "家庭收入低于当地标准", "payee_name": name, "bank_account": people.bank_account(number),
    }  # fmt: skip
    return await when_known(lambda: worker.post("/applications", f"demo/application/{number}", body))


async def _review(stage: Stage, who: people.Official, level: str, ids: list[str]) -> None:
    """Bulk review: only the ticked rows, each in its own transaction, each with its own answer."""
    client = stage.clients[who.account]
    batches = [ids[at : at + BATCH] for at in range(0, len(ids), BATCH)]

    async def send(place: int, batch: list[str]) -> Any:
        body = {"level": level, "decision": "approve", "ids": batch}
        return await client.post("/applications/reviews", f"demo/review/{level}/{len(ids)}/{place}", body)

    results = await stage.each(f"{level} in batches of {BATCH}", batches, send)
    refused = [row for result in results for row in result["rows"] if not row["ok"]]
    if refused:
        raise AssertionError(f"{len(refused)} of {len(ids)} were not decided: {refused[0]['problem']}")


async def _pay(stage: Stage, programme_id: str) -> str:
    finance, lead = stage.clients[people.FINANCE.account], stage.clients[people.LEAD.account]
    period = f"{stage.began:%Y-%m}"
    run = await finance.post("/payment-runs", "demo/run", {"programme_id": programme_id, "period": period})
    path = f"/payment-runs/{run['id']}"
    calculated = await finance.post(f"{path}/calculate", "demo/run/calculate")
    await finance.post(f"{path}/check", "demo/run/check")
    own = await _refusal(finance, f"{path}/release", f"{stage.run}/release-own")
    await lead.post(f"{path}/release", "demo/run/release")
    sent = await lead.post(f"{path}/file", "demo/run/file")
    text = await finance.text(f"{path}/file")
    stage.outgoing.mkdir(parents=True, exist_ok=True)
    place = stage.outgoing / f"{sent['message_id']}.csv"
    place.write_text(text, encoding="gb18030")
    answer = await finance.post(
        "/bank-results", "demo/bank-results", {"payment_run_id": run["id"], "text": _bank_says(text, period)}
    )
    states = await _states(finance, run["id"])
    if states["paid"] + states["returned"] != calculated["count"] or states["returned"] != RETURNED:
        raise AssertionError(
            f"of {calculated['count']} payments: {dict(states)}; the bank's answer: {answer['run']}"
        )
    return (
        f"{calculated['count']} payments, {yuan(calculated['total'])}, calculated and released by two people "
        f"(own release: {own}); bank file {place.name}, {states['paid']} paid, {states['returned']} returned"
    )


async def _refusal(client: Client, path: str, key: str) -> int:
    """Whoever calculated must not release; the status of being told so."""
    try:
        await client.post(path, key)
    except Refused as refusal:
        return refusal.status
    raise AssertionError(f"{path} should have been refused")


def _bank_says(bank_file: str, period: str) -> str:
    """The bank's answer to its file: every payment by its id, three of them returned."""
    lines = [row for row in csv.reader(io.StringIO(bank_file)) if len(row) > 4]
    place = lines[0].index("payment_id")
    written = io.StringIO()
    answer = csv.writer(written)
    answer.writerow(["payment_id", "result", "code", "reason", "date"])
    for number, row in enumerate(lines[1:]):
        if number < RETURNED:
            answer.writerow([row[place], "returned", "AC01", "账号不存在", f"{period}-28"])
        else:
            answer.writerow([row[place], "paid", "", "", f"{period}-28"])
    return written.getvalue()


async def _states(finance: Client, run_id: str) -> Counter[str]:
    states: Counter[str] = Counter()
    cursor = ""
    while True:
        page = await finance.get(f"/payments?payment_run_id={run_id}&limit=200{cursor}")
        states.update(payment["state"] for payment in page["items"])
        if not page["next"]:
            return states
        cursor = f"&cursor={page['next']}"
