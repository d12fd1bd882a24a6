"""The generated files match the contracts, and what was published once is understood for ever."""

import json
from pathlib import Path

import pytest
import yaml
from jsonschema import Draft202012Validator

from event_contracts.documents import asyncapi_document, contracts, example_of, schema_of, topics_document
from event_contracts.generate import Places, complaints, write
from event_contracts.topics import TOPICS

PLACES = Places()


def test_files_match_the_contracts():
    assert complaints(PLACES) == []


@pytest.mark.parametrize("example", sorted(PLACES.examples.glob("*.json")), ids=lambda path: path.stem)
def test_a_golden_example_still_decodes(example: Path):
    told = json.loads(example.read_text("utf-8"))

    understood = contracts()[example.stem].model_validate(told)

    again = json.loads(understood.model_dump_json())
    assert {name: again[name] for name in told} == told, "a value that was sent once comes out differently"
    Draft202012Validator(schema_of(contracts()[example.stem])).validate(told)


@pytest.mark.parametrize("name", contracts())
def test_a_schema_is_one_and_refuses_what_is_no_such_event(name: str):
    schema = schema_of(contracts()[name])

    Draft202012Validator.check_schema(schema)
    assert Draft202012Validator(schema).is_valid(example_of(schema))
    assert not Draft202012Validator(schema).is_valid({})


@pytest.mark.parametrize("name", contracts())
def test_a_contract_names_its_context_once_and_its_aggregate_by_one_field(name: str):
    event = contracts()[name]
    context, _, verb, version = name.split(".")

    assert event.topic.name.startswith(f"{context}."), "a context publishes to its own topics"
    assert verb, name
    assert version[0] == "v", name
    assert int(version[1:]) >= 1
    same_topic = {e.aggregate for e in contracts().values() if e.topic == event.topic}
    assert same_topic == {event.aggregate}, "one aggregate, one topic"


PERSONAL = ("phone", "address", "id_number", "card", "account", "birth", "email", "note", "words", "text")


@pytest.mark.parametrize("name", contracts())
def test_no_contract_has_a_field_for_personal_data(name: str):
    fields = contracts()[name].model_fields
    assert [field for field in fields if any(word in field for word in PERSONAL)] == []


def test_every_topic_is_listed_with_its_partitions_and_its_retention():
    listed = {topic["name"]: topic for topic in yaml.safe_load(PLACES.topics.read_text("utf-8"))["topics"]}

    assert listed.keys() == {topic.name for topic in TOPICS}
    for topic in TOPICS:
        assert listed[topic.name]["partitions"] == topic.partitions
        assert listed[topic.name]["retention.ms"] == topic.retention_days * 24 * 60 * 60 * 1000


def test_one_service_publishes_a_topic():
    publishers: dict[str, set[str]] = {}
    for event in contracts().values():
        publishers.setdefault(event.topic.name, set()).add(event.__module__)
    assert {topic: found for topic, found in publishers.items() if len(found) > 1} == {}
    assert topics_document()["topics"]


def test_every_reference_of_the_asyncapi_document_leads_somewhere():
    document = asyncapi_document()
    references = _references(document)
    assert references
    for reference in references:
        if reference.startswith("./"):
            assert (PLACES.folder / reference).is_file(), reference
            continue
        found = document
        for part in reference.removeprefix("#/").split("/"):
            found = found[part]


def _references(part) -> list[str]:
    if isinstance(part, dict):
        own = [part["$ref"]] if isinstance(part.get("$ref"), str) else []
        return own + [reference for value in part.values() for reference in _references(value)]
    if isinstance(part, list):
        return [reference for value in part for reference in _references(value)]
    return []


def test_an_edited_a_missing_and_a_leftover_file_are_each_named(tmp_path: Path):
    places = Places(tmp_path)
    write(places)
    assert complaints(places) == []

    first, second, *_ = sorted(places.schemas.glob("*.json"))
    first.write_text(
        first.read_text("utf-8").replace('"type": "object"', '"type": "object" '), encoding="utf-8"
    )
    second.unlink()
    (places.schemas / "forgotten.thing.said.v1.json").write_text("{}")
    next(iter(places.examples.glob("*.json"))).unlink()

    found = "\n".join(complaints(places))
    assert f"{first.name} is out of date" in found
    assert f"{second.name} is out of date" in found
    assert "forgotten.thing.said.v1 was published and has no contract" in found
    assert "has no golden example" in found


def test_writing_twice_changes_nothing_and_an_example_is_never_written_again(tmp_path: Path):
    places = Places(tmp_path)
    write(places)
    example = next(iter(places.examples.glob("*.json")))
    example.write_text('{"kept": true}')

    assert write(places) == []
    assert example.read_text() == '{"kept": true}'
