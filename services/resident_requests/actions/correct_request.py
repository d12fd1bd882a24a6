"""The resident puts right what they wrote, until somebody has begun with it."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from event_contracts.resident_requests import RequestCorrected
from platform_kit.auth import Caller
from platform_kit.db import Tx
from platform_kit.problems import ChangedMeanwhile
from platform_kit.sealing import Sealer
from resident_requests import store
from resident_requests.actions.find_key import find_key
from resident_requests.actions.open_said import open_said
from resident_requests.actions.print_words import print_words
from resident_requests.actions.record import record
from resident_requests.actions.take import take
from resident_requests.actions.wind_clock import wind_clock
from resident_requests.policy import POLICY
from resident_requests.problems import WantedTimeEndsEarly
from resident_requests.rules import clocks
from resident_requests.rules import request as rules
from resident_requests.rules.request import Request
from resident_requests.rules.sealed import ADDRESS, WORDS


async def correct_request(
    tx: Tx, sealer: Sealer, request_id: UUID, sent: Mapping[str, Any], *, version: int, by: Caller
) -> Request:
    """`sent` holds words, address, wanted_from, wanted_until: what is to be changed. `version` is the one that the sender saw; of
    two who change the same, the later is told both values."""
    request, at = await take(tx, request_id, by, POLICY["correct_request"])
    there = {
        **await open_said(sealer, await store.sealed(tx, request_id)),
        "wanted_from": request.wanted_from,
        "wanted_until": request.wanted_until,
    }
    if not rules.still_said(request, version):
        raise ChangedMeanwhile(
            version=request.version, yours=_told(sent), current=_told({name: there[name] for name in sent})
        )
    correcting = rules.correct(request)
    changed = {name: value for name, value in sent.items() if value != there[name]}
    if not changed:
        return request
    corrected = replace(
        correcting, **{name: value for name, value in changed.items() if name.startswith("wanted")}
    )
    if corrected.wanted_from and corrected.wanted_until and corrected.wanted_until <= corrected.wanted_from:
        raise WantedTimeEndsEarly(field="wanted_until")
    if "wanted_from" in changed:
        clockwork, filed_at = await store.clockwork(tx, request), await store.filed_at(tx, request_id)
        corrected = clocks.wanted_otherwise(corrected, request, clockwork.calendar, filed_at)
        await wind_clock(tx, corrected, clockwork, at)
    key = await find_key(tx, sealer, request)
    if "words" in changed:
        await store.save_prints(tx, request_id, print_words(sealer, changed["words"]))
        await store.save_words(tx, request_id, key.seal(changed["words"], for_=WORDS))
    if "address" in changed:
        address = changed["address"]
        await store.save_address(tx, request_id, key.seal(address, for_=ADDRESS) if address else None)
    return await record(tx, corrected, RequestCorrected, at, changed=tuple(sorted(changed)))


def _told(values: Mapping[str, Any]) -> dict[str, str | None]:
    return {
        name: value.isoformat() if isinstance(value, datetime) else value for name, value in values.items()
    }
