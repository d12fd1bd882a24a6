"""Nothing starts outside local mode with a setting that is only safe at home: one line says which, and the process ends with 1."""

import base64
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import ValidationError

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
            f"{_variable(service.prefix, str(each['loc'][0]))}: {each['msg']}" for each in error.errors()
        ]
        sys.exit(f"{service.name} does not start: {'; '.join(wrong)}")
    if settings.mode != "local" and (found := list(unsafe(service.prefix, settings))):
        sys.exit(f"{service.name} does not start outside local mode: {'; '.join(found)}")
    return settings


def unsafe(prefix: str, settings: ServiceSettings) -> Iterator[str]:
    """Each unsafe setting by its variable, and what is wrong with it. Never the value of a secret."""
    for name, field in type(settings).model_fields.items():
        variable, value = _variable(prefix, str(field.validation_alias or name)), getattr(settings, name)
        if isinstance(value, Path) and value.is_file():
            secret = any(isinstance(mark, Secret) for mark in field.metadata)
            if secret and value.stat().st_mode & _OTHERS_MAY_READ_OR_CHANGE:
                yield f"{variable}: others can read or change {value}; chmod 600"
            elif value.stat().st_mode & _OTHERS_MAY_CHANGE:
                yield f"{variable}: others can change {value}; chmod 644"
        elif isinstance(value, str) and value.startswith("http://"):
            if urlsplit(value).hostname not in _AT_HOME:
                yield f"{variable}: http:// to another machine carries tokens in the clear; use https://"
        elif isinstance(value, str) and value.startswith("postgres"):
            address = urlsplit(value)
            if address.hostname not in (None, *_AT_HOME) and len(address.password or "") < SHORTEST_PASSWORD:
                yield f"{variable}: its password has fewer than {SHORTEST_PASSWORD} characters"
    if _is_text(settings.sealing_key_file):
        yield "LINLI_SEALING_KEY_FILE: the key is text that somebody thought of, not 32 random bytes"
    if "test" in _key_ids(settings.jwks_file):
        yield "LINLI_JWKS_FILE: it trusts the key that tests sign with"
    yield from settings.unsafe()


def _variable(prefix: str, name: str) -> str:
    return name if name.isupper() else f"{prefix}_{name.upper()}"


def _is_text(key_file: Path) -> bool:
    """Thirty-two random bytes that are all printable happen once in 10^14 keys."""
    try:
        key = base64.b64decode(key_file.read_text().strip())
    except (OSError, ValueError):
        return False
    return all(32 <= byte < 127 for byte in key) or len(set(key)) < 8


def _key_ids(jwks_file: Path) -> set[str]:
    try:
        return {str(key.get("kid")) for key in json.loads(jwks_file.read_text())["keys"]}
    except (OSError, ValueError, KeyError, TypeError):
        return set()
