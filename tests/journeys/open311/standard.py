"""The standard's own forms: every answer that a test gets is held against them, in the format that it came in."""

import json
from functools import cache
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import httpx
import jsonschema
import xmlschema

FOLDER = Path(__file__).parent
LISTS = ("services", "attributes", "values", "service_requests", "errors", "endpoints", "formats")
TYPES = {"json": "application/json; charset=utf-8", "xml": "text/xml; charset=utf-8"}


@cache
def _json_schema() -> dict[str, Any]:
    return json.loads((FOLDER / "georeport_v2.schema.json").read_text())


@cache
def _xml_schema(name: str) -> xmlschema.XMLSchema:
    return xmlschema.XMLSchema(str(FOLDER / name))


def read(answer: httpx.Response, what: str) -> Any:
    """What an answer says, as JSON would; AssertionError where it is not what the standard calls `what`."""
    form = str(answer.url.path).rpartition(".")[2]
    form = form if form in TYPES else "xml"
    assert answer.headers["content-type"] == TYPES[form], answer.headers
    if form == "json":
        said = answer.json()
        jsonschema.validate(said, {"$ref": f"#/$defs/{what}", **_json_schema()})
        return said
    assert answer.content.lower().startswith(b"<?xml version='1.0' encoding='utf-8'?>"), answer.content[:80]
    schema = _xml_schema("georeport_v2_filed.xsd" if what in ("filed", "token") else "georeport_v2.xsd")
    schema.validate(answer.text.partition("?>")[2])
    return _spark(ElementTree.fromstring(answer.content))  # noqa: S314 (our own)


def errors(answer: httpx.Response, status: int) -> str:
    """What is told of a refusal, which is the standard's and has this status."""
    told = read(answer, "errors")
    assert answer.status_code == status, answer.text
    assert {str(each["code"]) for each in told} == {str(status)}
    return "; ".join(each["description"] for each in told)


def _spark(element: ElementTree.Element) -> Any:
    """All that XML holds is text; an empty element is None."""
    if element.tag in LISTS:
        return [_spark(child) for child in element]
    if len(element):
        return {child.tag: _spark(child) for child in element}
    return element.text
