"""Chooses ports once and remembers them, so that a restarted instance keeps its addresses."""

import random
import socket

from local_runtime.home import Home
from local_runtime.house import GATEWAY, Service, gateway_name, worker_name

# Below the range from which systems take ports for outgoing connections: a port chosen there
# could be in use by any client at the moment the server wants it back.
_RANGE = range(20000, 30000)

SERVERS = {"postgres": 5433, "kafka": 9094, "kafka_controller": 9095, "supervisor": 9001}


def is_free(port: int) -> bool:
    """Whether a server could listen there now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def names_and_usual(services: tuple[Service, ...], workers: int = 1, gateways: int = 1) -> dict[str, int]:
    """Every port an instance needs, with the number it likes best."""
    wanted = dict(SERVERS)
    for service in services:
        wanted[f"{service.name}.api"] = service.port
        wanted[f"{service.name}.api_metrics"] = service.port + 100
        for ordinal in range(workers):
            wanted[f"{worker_name(service, ordinal)}_metrics"] = service.port + 200 + 100 * ordinal
        if service.name == GATEWAY:
            for ordinal in range(1, gateways):
                wanted[f"{gateway_name(ordinal)}_metrics"] = service.port + 600 + 100 * ordinal
    return wanted


def remembered(home: Home) -> dict[str, int]:
    """The ports of the last `up`."""
    return {k: v for k, v in home.read_state("ports").items() if isinstance(v, int)}


def choose(
    home: Home,
    services: tuple[Service, ...],
    *,
    workers: int = 1,
    gateways: int = 1,
    usual: bool,
    given: dict[str, int] | None = None,
    in_use: bool = False,
) -> dict[str, int]:
    """Given first, then remembered, then the usual one, then any; and writes down the choice.

    While the instance is down, a remembered port that is taken belongs to someone else, and another one is chosen;
    `in_use` says that it is up: what it listens on stays, and only what it never had is chosen."""
    before = remembered(home)
    chosen: dict[str, int] = {}
    # Neighbours from anywhere: of two instances of forty ports that start at the same time, before either listens, one pair
    # in six would meet at some port if each were drawn by itself; so it is one in a hundred.
    first = random.SystemRandom().randrange(len(_RANGE))
    others = iter([*_RANGE[first:], *_RANGE[:first]])
    for name, liked in names_and_usual(services, workers, gateways).items():
        if in_use and name in before:
            chosen[name] = before[name]
            continue
        taken = set(chosen.values()) | {port for other, port in before.items() if other != name}
        for port in ((given or {}).get(name), before.get(name), liked if usual else None):
            if port is not None and port not in taken and is_free(port):
                chosen[name] = port
                break
        else:
            chosen[name] = next(port for port in others if port not in taken and is_free(port))
    home.write_state("ports", {**before, **chosen})
    return chosen
