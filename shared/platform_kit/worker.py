"""The worker process of any service: relay, consumers, retries and timers, with health and metrics beside them."""

import asyncio
import os
import signal
from collections.abc import Callable, Coroutine

from platform_kit.errands import Errands
from platform_kit.housekeeping import Housekeeping
from platform_kit.kit import Kit
from platform_kit.listener import Listener
from platform_kit.parking import Retries
from platform_kit.relay import Relay
from platform_kit.sequencer import Sequencer
from platform_kit.service import Service
from platform_kit.telemetry import log
from platform_kit.timers import Timers
from platform_kit.watchdog import Progress, watch
from platform_kit.worker_health import serve_health

Loop = Callable[[asyncio.Event], Coroutine[None, None, None]]

# SIGTERM: stop taking, finish the batch, leave within 20 s, also on a machine that is slow just then.
LEAVE_SECONDS = 15.0


async def run_worker(service: Service, kit: Kit) -> None:
    """Returns after SIGTERM or SIGINT; raises when a loop fails for a reason that is nobody's outage."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stop.set)
    progress = Progress()
    watch(progress)
    await kit.db.open()
    tasks = [asyncio.create_task(run(stop), name=run.__qualname__) for run in _loops(service, kit, progress)]
    side = [asyncio.create_task(kit.pass_hints_on()), asyncio.create_task(_turn(progress))]
    # Errands may sign who they are: by the database's clock, as whoever checks it does.
    side += [asyncio.create_task(serve_health(kit)), asyncio.create_task(kit.wall.keep(kit.db))]
    stopped = asyncio.create_task(stop.wait())
    done, _ = await asyncio.wait([stopped, *tasks], return_when=asyncio.FIRST_COMPLETED)
    stop.set()
    log.info("worker leaves", service=service.name)
    _, late = await asyncio.wait(tasks, timeout=LEAVE_SECONDS)
    for task in (*side, *late, stopped):
        task.cancel()
    for task in done:
        if task is not stopped and (error := task.exception()) is not None:
            log.critical("worker failed", error=repr(error), exc_info=error)
            os._exit(1)
    if late:
        # Nothing acknowledged depends on what hangs, but it is a fault of ours that it has no bound.
        log.critical("worker leaves by force", late=sorted(task.get_name() for task in late))
        os._exit(1)
    await kit.db.close()
    await kit.sealer.provider.close()


def _loops(service: Service, kit: Kit, progress: Progress) -> list[Loop]:
    loops: list[Loop] = [Relay(kit, progress).run]
    for consumer in service.consumers:
        listener = Listener(kit, consumer, progress)
        loops += [listener.run, Retries(kit.db, listener.group, consumer, progress).run]
    loops += [Housekeeping(kit).run, Sequencer(kit, progress).run]
    if service.timers:
        loops.append(Timers(kit, service.timers, progress).run)
    loops += [Errands(kit, kind, progress).run for kind in service.errands]
    return loops


async def _turn(progress: Progress) -> None:
    """The loop's own sign of life: without it the watchdog knows that something blocks."""
    while True:
        progress.idle("loop")
        await asyncio.sleep(1)
