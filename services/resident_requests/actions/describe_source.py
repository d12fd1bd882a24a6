"""Staff say how a city's words, states and areas map to ours, for areas that their posts reach."""

from dataclasses import replace

from platform_kit.auth import Caller
from platform_kit.db import Tx
from platform_kit.problems import NotFound
from registry_replica.permitted import permitted_in_all
from registry_replica.store import unit
from resident_requests import store
from resident_requests.policy import POLICY
from resident_requests.problems import CategoryUnknown
from resident_requests.rules.city_report import Source


async def describe_source(tx: Tx, source: Source, *, by: Caller) -> Source:
    known = {category.code for category in await store.categories(tx)}
    for word, category in source.categories.items():
        if category not in known:
            raise CategoryUnknown(field=f"categories.{word}", category=category)
    for area, unit_id in source.areas.items():
        if await unit(tx, unit_id) is None:
            raise NotFound(what="unit", field=f"areas.{area}")
    if source.default_area is not None and await unit(tx, source.default_area) is None:
        raise NotFound(what="unit", field="default_area")
    described = await store.source(tx, source.name)
    for one in (described, source):
        if one is not None and not await permitted_in_all(tx, by, POLICY["describe_source"], one.units):
            raise NotFound(what="unit", field="areas")
    return replace(source, version=await store.save_source(tx, source))
