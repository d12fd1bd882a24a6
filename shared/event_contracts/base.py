"""What every published event is: a frozen payload with a type, a topic and the aggregate that it is about."""

from dataclasses import dataclass
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict


@dataclass(frozen=True, slots=True)
class Topic:
    """One topic per aggregate. The partition count is the order guarantee: it never changes."""

    name: str
    partitions: int = 12
    retention_days: int = 90


# Stands in the place of an event that could never be sent: it moves the version and has no effect.
VOID = "linli.event.voided.v1"

CATALOG: dict[str, type["EventPayload"]] = {}


class EventPayload(BaseModel):
    """Base of all contracts. Subclasses set `type` (``<context>.<noun>.<past>.v<major>``), `topic` and `aggregate`.

    `aggregate` names the field that holds the aggregate's id; its text is the Kafka key. Consumers ignore unknown
    fields; an optional field may be added to a version, anything else is a new version.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    type: ClassVar[str]
    topic: ClassVar[Topic]
    aggregate: ClassVar[str]

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        super().__pydantic_init_subclass__(**kwargs)
        if "type" not in cls.__dict__:
            return
        other = CATALOG.setdefault(cls.type, cls)
        if other is not cls and other.__qualname__ != cls.__qualname__:
            raise TypeError(f"{cls.type} is declared by {other.__qualname__} and {cls.__qualname__}")
        if cls.aggregate not in cls.model_fields:
            raise TypeError(f"{cls.__qualname__} has no field {cls.aggregate}")

    def key(self) -> str:
        return str(getattr(self, self.aggregate))
