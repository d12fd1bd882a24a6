"""The manifest: everything that makes a folder a service, said once."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from fastapi import APIRouter
from sqlalchemy import MetaData
from starlette.types import ASGIApp

from platform_kit.admission import Admission
from platform_kit.audit_routes import AUDIT_POLICY, audit_router
from platform_kit.consumer import Consumer
from platform_kit.errands import ErrandKind
from platform_kit.kit import Kit
from platform_kit.policy import Policy
from platform_kit.settings import ServiceSettings
from platform_kit.timers import TimerKind


@dataclass(frozen=True)
class Service:
    """`prefix` starts the service's environment variables; `policy` says who may do what; `startup` opens what lives as long as
    the api process;

    `describe` has the last word on its OpenAPI document; `admission` decides who is let in before a call is read; what is put
    `around` it has the last word on each answer. One that is not `behind_gateway` answers whoever calls, and the kit's own
    operations begin at its `public_root`.
    """

    name: str
    prefix: str
    title: str
    metadata: MetaData
    routers: tuple[APIRouter, ...]
    policy: Policy
    consumers: tuple[Consumer, ...] = ()
    timers: tuple[TimerKind, ...] = ()
    errands: tuple[ErrandKind, ...] = ()
    settings: type[ServiceSettings] = ServiceSettings
    describe: Callable[[dict[str, Any]], dict[str, Any]] | None = None
    startup: Callable[[Kit], AbstractAsyncContextManager[None]] | None = None
    admission: Callable[[Kit], Admission] | None = None
    around: Callable[[ASGIApp], ASGIApp] | None = None
    behind_gateway: bool = True
    public_root: str = ""

    def all_routers(self) -> tuple[APIRouter, ...]:
        """Its own, and those that the kit gives every service."""
        return (*self.routers, audit_router(self.name, self.public_root))

    def whole_policy(self) -> Policy:
        return {**self.policy, **AUDIT_POLICY}

    def __post_init__(self) -> None:
        for what, names in (
            ("consumer", [consumer.name for consumer in self.consumers]),
            ("timer", [timer.name for timer in self.timers]),
            ("kind of errand", [kind.name for kind in self.errands]),
        ):
            if len(names) != len(set(names)):
                raise ValueError(f"{self.name} declares one {what} twice: {names}")


def find(name: str) -> Service:
    """The manifest of the service whose folder is called `name`."""
    service = import_module(f"{name}.service").SERVICE
    if not isinstance(service, Service) or service.name != name:
        raise ValueError(f"{name}.service.SERVICE is not the manifest of {name}")
    return service
