"""2,000 real reports of a city come in through the public API: each line a report, or refused by name."""

import csv
import time
from collections import Counter
from itertools import islice
from pathlib import Path
from typing import Any

from local_runtime.demo import people
from local_runtime.demo.stage import Stage

FOLDER = Path(__file__).parent / "city"
SOURCE = "los-angeles-2020"
BATCH = 100


async def import_city(stage: Stage) -> None:
    worker = stage.clients[people.FILER.account]
    with stage.scene("city reports") as say:
        await worker.put(f"/import-sources/{SOURCE}", "demo/source", _mapping(stage))
        rows = _rows("myla311-2020-extract.csv", stage.reports)
        bad = _rows("bad-rows.csv", None)
        started = time.monotonic()
        batches = [rows[at : at + BATCH] for at in range(0, len(rows), BATCH)]

        async def send(place: int, batch: list[dict[str, Any]]) -> Any:
            body = {"source": SOURCE, "rows": batch}
            return await worker.post("/requests/import", f"demo/import/{stage.reports}/{place}", body)

        results = await stage.each("batches of 100 lines", batches, send)
        seconds = time.monotonic() - started
        refused = await worker.post(
            "/requests/import", f"demo/import/{stage.reports}/bad", {"source": SOURCE, "rows": bad}
        )
        outcomes = Counter(row["outcome"] for result in (*results, refused) for row in result["rows"])
        if sum(outcomes.values()) != len(rows) + len(bad):
            raise AssertionError(f"lines were lost: {outcomes} of {len(rows) + len(bad)}")
        faults = Counter(error["field"] for row in refused["rows"] for error in row["errors"])
        say(f"{outcomes['imported'] + outcomes['already_there']} of {len(rows)} lines are reports, "
            f"{outcomes['refused']} of {len(bad)} bad ones refused by name ({', '.join(sorted(faults))}); "
            f"{len(rows) / seconds:.0f} lines/s")  # fmt: skip


def _mapping(stage: Stage) -> dict[str, Any]:
    mapping: dict[str, Any] = {"zone": "America/Los_Angeles", "categories": {}, "states": {}, "areas": {}}
    with (FOLDER / "mapping.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if row["kind"] == "category":
                mapping["categories"][row["external"]] = row["internal"]
            elif row["kind"] == "state":
                mapping["states"][row["external"]] = row["internal"]
            elif row["kind"] == "area":
                mapping["areas"][row["external"]] = stage.units[row["internal"]]
            else:
                mapping["default_area"] = stage.units[row["internal"]]
    return mapping


def _rows(name: str, most: int | None) -> list[dict[str, Any]]:
    """Lines are counted as an editor shows them: the header is line 1."""
    with (FOLDER / name).open(encoding="utf-8", newline="") as file:
        return [
            {"line": line, "values": values}
            for line, values in enumerate(islice(csv.DictReader(file), most), start=2)
        ]
