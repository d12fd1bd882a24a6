"""The end of every action on a task: save the new state, publish what happened."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from event_contracts.base import EventPayload
from platform_kit.db import Tx
from platform_kit.outbox import publish
from volunteer_matching import store
from volunteer_matching.rules.task import Task


async def record(tx: Tx, task: Task, event: type[EventPayload], at: datetime, **facts: Any) -> Task:
    """The task with its new version; `facts` are what the event says beyond whose and where it is."""
    version = await store.save_task(tx, task)
    whose = {
        "task_id": task.id,
        "request_id": task.request_id,
        "resident_id": task.resident_id,
        "unit_id": task.unit_id,
        "request_version": task.request_version,
    }
    happened = event.model_validate(whose | facts)
    await publish(tx, happened, version=version, at=at)
    return replace(task, version=version)
