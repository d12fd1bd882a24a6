"""Nothing starts outside local mode with a setting that is only safe at home: one line says which, and the process ends with 1."""

import base64
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import get_args
from urllib.parse import urlsplit

import asyncpg
from pydantic import ValidationError
from pydantic.fields import FieldInfo

from platform_kit.database_address import hosts_of, is_encrypted
from platform_kit.database_role import UnsafeRole, refuse_unsafe_role
from platform_kit.db import OUTAGES, connect
from platform_kit.service import Service
from platform_kit.settings import Secret, ServiceSettings

_AT_HOME = ("127.0.0.1", "::1", "localhost")
_OTHERS_MAY_READ_OR_CHANGE = 0o027
_OTHERS_MAY_CHANGE = 0o022
SHORTEST_PASSWORD = 12


def settings_of(service: Service) -> ServiceSettings:
    """The settings of this process. SystemExit with one message when one is missing, wrong, or unsafe where we are."""
    try:
        settings = service.settings.of(service.prefix)
    except ValidationError as error:
        # Only where and why: the value may be a secret.
        wrong = [
            ": ".join((*(_variable(service.prefix, str(name)) for name in each["loc"][:1]), each["msg"]))
            for each in error.errors()
        ]
        sys.exit(f"{service.name} does not start: {'; '.join(wrong)}")
    if settings.mode == "local":
        if settings.host not in _AT_HOME and not settings.local_on_a_network:
            sys.exit(
                f"{service.name} does not start in local mode: {service.prefix}_HOST: other machines would reach "
                "what is only safe at home; LINLI_LOCAL_ON_A_NETWORK=true where nobody else is on that network"
            )
    elif found := list(unsafe(service.prefix, settings)):
        sys.exit(f"{service.name} does not start outside local mode: {'; '.join(found)}")
    return settings


async def refuse_role(service: Service, settings: ServiceSettings) -> None:
    """SystemExit with one line when the rows' policies would not bind the database role. A database that is away is no
    reason: the pool asks the same of each of its connections."""
    try:
        connection = await connect(settings.database_url, service.name)
    except (*OUTAGES, asyncpg.PostgresError):
        return
    try:
        await refuse_unsafe_role(connection)
    except UnsafeRole as error:
        sys.exit(f"{service.name} does not start outside local mode: {service.prefix}_DATABASE_URL: {error}")
    finally:
        await connection.close()


def unsafe(prefix: str, settings: ServiceSettings) -> Iterator[str]:
    """Each unsafe setting by its variable, and what is wrong with it. Never the value of a secret."""
    for name, field in type(settings).model_fields.items():
        variable, value = _variable(prefix, str(field.validation_alias or name)), getattr(settings, name)
        if isinstance(value, Path) and name.endswith("_file") and not value.is_file():
            yield f"{variable}: there is no file {value}"
        elif isinstance(value, Path) and value.is_file():
            if _is_secret(field) and value.stat().st_mode & _OTHERS_MAY_READ_OR_CHANGE:
                yield f"{variable}: others can read or change {value}; chmod 600"
            elif value.stat().st_mode & _OTHERS_MAY_CHANGE:
                yield f"{variable}: others can change {value}; chmod 644"
        elif isinstance(value, str) and value.startswith("http://"):
            if urlsplit(value).hostname not in _AT_HOME:
                yield f"{variable}: http:// to another machine carries tokens in the clear; use https://"
        elif isinstance(value, str) and value.startswith("postgres"):
            yield from _unsafe_database(variable, value)
    yield from _unsafe_broker(settings)
    if not {"*", "0.0.0.0/0", "::/0"}.isdisjoint(_listed(settings.trusted_proxies)):
        yield "LINLI_TRUSTED_PROXIES: everybody could say from where they call; name the proxies"
    if "*" in _listed(settings.cors_origins):
        yield f"{prefix}_CORS_ORIGINS: the pages of every site could call; name the origins"
    if _is_text(settings.sealing_key_file):
        yield "LINLI_SEALING_KEY_FILE: the key is text that somebody thought of, not 32 random bytes"
    if any(_was_thought_of(key) for key in _keks(settings.kek_file)):
        yield "LINLI_KEK_FILE: a key is text that somebody thought of, not 32 random bytes"
    if "test" in _key_ids(settings.jwks_file):
        yield "LINLI_JWKS_FILE: it trusts the key that tests sign with"
    yield from settings.unsafe()


def _variable(prefix: str, name: str) -> str:
    return name if name.isupper() else f"{prefix}_{name.upper()}"


def _is_secret(field: FieldInfo) -> bool:
    """Also one that may be unset: its mark stands within the union."""
    within = [mark for each in get_args(field.annotation) for mark in getattr(each, "__metadata__", ())]
    return any(isinstance(mark, Secret) for mark in (*field.metadata, *within))


def _listed(setting: str) -> set[str]:
    return {each.strip() for each in setting.split(",")}


def _unsafe_database(variable: str, address: str) -> Iterator[str]:
    if all(host in _AT_HOME for host in hosts_of(address)):
        return
    if len(urlsplit(address).password or "") < SHORTEST_PASSWORD:
        yield f"{variable}: its password has fewer than {SHORTEST_PASSWORD} characters"
    if not is_encrypted(address):
        yield f"{variable}: data would go to another machine in the clear; use sslmode=require or better"


def _unsafe_broker(settings: ServiceSettings) -> Iterator[str]:
    """Whoever can reach a broker that asks for no name can publish whatever we believe."""
    hosts = {urlsplit(f"//{each}").hostname for each in _listed(settings.kafka)}
    if not hosts <= set(_AT_HOME) and settings.kafka_user is None:
        yield (
            "LINLI_KAFKA_CA_FILE, LINLI_KAFKA_USER, LINLI_KAFKA_PASSWORD_FILE: events would go to another machine "
            "in the clear, and anybody could publish them"
        )


def _is_text(key_file: Path) -> bool:
    try:
        return _was_thought_of(base64.b64decode(key_file.read_text().strip()))
    except (OSError, ValueError):
        return False


def _keks(kek_file: Path | None) -> list[bytes]:
    """What is no file of keys at all is told by whoever opens it."""
    try:
        kept = json.loads(kek_file.read_text())["keks"] if kek_file else {}
        return [base64.b64decode(kek) for kek in kept.values()]
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return []


def _was_thought_of(key: bytes) -> bool:
    """Thirty-two random bytes that are all printable happen once in 10^14 keys."""
    return all(32 <= byte < 127 for byte in key) or len(set(key)) < 8


def _key_ids(jwks_file: Path) -> set[str]:
    try:
        return {str(key.get("kid")) for key in json.loads(jwks_file.read_text())["keys"]}
    except (OSError, ValueError, KeyError, TypeError):
        return set()
