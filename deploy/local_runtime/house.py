"""The one list of services. Local runtime, compose, CLI and tests derive from it.

Adding a service is one line here.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Service:
    """A service of the house: its import name, the prefix of its settings, its usual port."""

    name: str
    prefix: str
    port: int

    @property
    def owner(self) -> str:
        """The database role that owns the tables; only migrations use it."""
        return f"{self.name}_owner"


SERVICES: tuple[Service, ...] = (
    Service("community_registry", "REGISTRY", 8101),
    Service("resident_requests", "REQUESTS", 8102),
    Service("volunteer_matching", "VOLUNTEERS", 8103),
    Service("relief_disbursement", "RELIEF", 8104),
    Service("paid_services", "PAID", 8105),
    Service("resident_gateway", "GATEWAY", 8100),
)

GATEWAY = "resident_gateway"


def service_named(name: str) -> Service:
    """The service of that name; a KeyError names the ones there are."""
    for service in SERVICES:
        if service.name == name:
            return service
    raise KeyError(f"no service {name}; there are: {', '.join(s.name for s in SERVICES)}")


def gateway_name(ordinal: int) -> str:
    """The program name of one of the gateway's processes, which share its port: the first needs no number."""
    return _numbered(f"{GATEWAY}.api", ordinal)


def worker_name(service: Service, ordinal: int) -> str:
    """The program name of a service's worker: the first needs no number."""
    return _numbered(f"{service.name}.worker", ordinal)


def _numbered(program: str, ordinal: int) -> str:
    return program if ordinal == 0 else f"{program}_{ordinal + 1}"
