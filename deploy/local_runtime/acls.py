"""Who may write and read what on a broker that asks for names: `python -m local_runtime.acls` prints it for kafka-acls.

One principal for each service, of the service's name. It writes the topics of its own events and no other, reads those that
it listens to, and keeps its place in consumer groups that begin with its name. Nobody else gets anything: the broker has
`authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer` and no `allow.everyone.if.no.acl.found`.

    python -m local_runtime.acls | xargs -L1 kafka-acls.sh --bootstrap-server HOST:PORT --command-config admin.properties
"""

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from event_contracts.documents import contracts, publisher
from local_runtime.house import SERVICES
from platform_kit.service import find


@dataclass(frozen=True, slots=True, order=True)
class Grant:
    """`prefixed`: of everything whose name begins with `name`."""

    principal: str
    operation: Literal["Write", "Read"]
    resource: Literal["topic", "group"]
    name: str
    prefixed: bool = False


def grants() -> list[Grant]:
    """Each once; derived from the contracts and from what the services listen to. Writing implies seeing that it is there."""
    return sorted({*_writing(), *_reading()})


def _writing() -> Iterator[Grant]:
    for event in contracts().values():
        yield Grant(publisher(event), "Write", "topic", event.topic.name)


def _reading() -> Iterator[Grant]:
    for service in SERVICES:
        consumers = find(service.name).consumers
        for topic in (topic for consumer in consumers for topic in consumer.topics):
            yield Grant(service.name, "Read", "topic", topic)
        if consumers:
            yield Grant(service.name, "Read", "group", f"{service.name}.", prefixed=True)


def arguments(grant: Grant) -> str:
    """What kafka-acls is given to grant it; granting twice changes nothing."""
    pattern = "prefixed" if grant.prefixed else "literal"
    return (
        f"--add --allow-principal User:{grant.principal} --operation {grant.operation} "
        f"--{grant.resource} {grant.name} --resource-pattern-type {pattern}"
    )


def main() -> None:
    sys.stdout.writelines(f"{arguments(grant)}\n" for grant in grants())


if __name__ == "__main__":
    main()
