"""Open311 GeoReport v2 as it is written down: which resource a path names, the form that files a report, one answer as JSON and
as XML (the Spark convention), and what a refusal is called there."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import quote
from xml.etree.ElementTree import Element, SubElement, tostring

Format = Literal["json", "xml"]
MEDIA_TYPES: Mapping[Format, str] = {
    "json": "application/json; charset=utf-8",
    "xml": "text/xml; charset=utf-8",
}
SPECIFICATION = "http://wiki.open311.org/GeoReport_v2"

# What one thing of a list is called.
_ONE_OF = {
    "services": "service",
    "attributes": "attribute",
    "values": "value",
    "service_requests": "request",
    "errors": "error",
    "endpoints": "endpoint",
    "formats": "format",
}
_ROOTS = {"services": "services", "requests": "service_requests", "tokens": "service_requests"}
_PATH = re.compile(r"(services|requests|tokens)(?:/([^/]{1,100}))?\.(json|xml)")
_ATTRIBUTE = re.compile(r"attribute\[([^\[\]]{1,40})\](?:\[\d*\])?")
_TEXTS = ("api_key", "jurisdiction_id", "service_code", "address_string", "description")
_NUMBERS = ("lat", "long")
# Everything else that cannot be done is 400 there; what passes by itself, or is ours, keeps its own number.
_KEPT = (403, 404, 413, 429)
# XML 1.0 has no place for these, not even encoded.
_UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


@dataclass(frozen=True, slots=True)
class Resource:
    """`path` is where its service answers, `root` what its XML begins with."""

    path: str
    root: str
    format: Format


def resource(path: str) -> Resource | None:
    """`path` is what stands behind `/open311/v2/`; None for what the standard has not."""
    found = _PATH.fullmatch(path)
    if found is None or (found[2] is None and found[1] == "tokens") or found[2] in (".", ".."):
        return None
    one = f"/{quote(found[2], safe='')}" if found[2] else ""
    root = "service_definition" if one and found[1] == "services" else _ROOTS[found[1]]
    return Resource(f"/open311/{found[1]}{one}", root, "json" if found[3] == "json" else "xml")


def format_of(path: str) -> Format:
    """Of whatever was asked: XML where nothing that we have was named, for every client of the standard reads that."""
    return "json" if path.endswith(".json") else "xml"


def report(fields: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """The body for the service. Of a field that came twice the first counts; what is empty was not said. Who reports it and
    addresses of pictures are left out here: they are not kept."""
    body: dict[str, Any] = {}
    attributes: dict[str, list[str]] = {}
    for name, value in fields:
        if found := _ATTRIBUTE.fullmatch(name):
            attributes.setdefault(found[1], []).append(value)
        elif name in (*_TEXTS, *_NUMBERS) and value.strip():
            body.setdefault(name, value if name in _TEXTS else _number(value))
    return body | {"attribute": attributes}


def _number(value: str) -> float | str:
    """What is no number is refused by the service, by its name."""
    try:
        number = float(value)
    except ValueError:
        return value
    return number if abs(number) < float("inf") else value


def refusal(status: int, problem: Mapping[str, Any]) -> tuple[int, list[dict[str, Any]]]:
    """The standard's status and errors of a problem of ours (RFC 9457)."""
    code = status if status in _KEPT or status >= 500 else 400
    faults = [
        f"{_parameter(fault['path'])}: {fault['reason']}" for fault in problem.get("errors", ()) if fault.get("path")
    ]  # fmt: skip
    said = faults or [str(problem.get("detail") or problem.get("title") or "refused")]
    return code, [{"code": code, "description": each} for each in said]


def _parameter(path: str) -> str:
    """As the application called it."""
    group, _, code = path.partition(".")
    return f"attribute[{code}]" if group == "answers" and code else path.removeprefix("query.")


def xml(root: str, value: Any) -> bytes:
    element = Element(root)
    _fill(element, root, value)
    written: bytes = tostring(element, encoding="utf-8", xml_declaration=True)
    return written


def _fill(element: Element, name: str, value: Any) -> None:
    if isinstance(value, Mapping):
        for key, part in value.items():
            _fill(SubElement(element, key), key, part)
    elif isinstance(value, Sequence) and not isinstance(value, str):
        for part in value:
            _fill(SubElement(element, _ONE_OF[name]), _ONE_OF[name], part)
    elif value is not None:
        text = str(value).lower() if isinstance(value, bool) else str(value)
        element.text = _UNWRITABLE.sub("\ufffd", text)
