"""A published version takes a new optional field and nothing else."""

import subprocess
from copy import deepcopy
from pathlib import Path
from typing import Any, ClassVar, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, create_model

from event_contracts.base import EventPayload, Topic
from event_contracts.compatibility import incompatibilities
from event_contracts.documents import contracts, schema_of
from event_contracts.generate import Places, as_text, broken_promises, write
from platform_kit.money import Money


class Part(BaseModel):
    place: int


class Told(EventPayload):
    type: ClassVar[str] = "tests.thing.told.v1"
    topic: ClassVar[Topic] = Topic("tests.things")
    aggregate: ClassVar[str] = "thing_id"

    thing_id: str
    kind: Literal["red", "green", "blue"]
    count: int
    price: Money
    parts: tuple[Part, ...]
    note: str | None
    hint: str | None = None


PUBLISHED = schema_of(Told)


def changed(**fields: Any) -> list[str]:
    """What is refused when these fields of Told are replaced, added, or (None) removed."""
    kept: dict[str, Any] = {name: (field.annotation, field) for name, field in Told.model_fields.items()}
    kept.update(fields)
    proposed = create_model("Told", __base__=EventPayload, **{k: v for k, v in kept.items() if v is not None})
    schema = proposed.model_json_schema()
    marks = {key: value for key, value in PUBLISHED.items() if key.startswith("x-")}
    return incompatibilities(PUBLISHED, {**schema, **marks})


def test_nothing_changed_is_compatible():
    assert changed() == []


def test_a_new_optional_field_is_compatible():
    assert changed(colour=(str | None, None)) == []


def test_other_words_about_a_field_are_compatible():
    schema = deepcopy(PUBLISHED)
    schema["description"] = "Said better."
    schema["properties"]["count"]["title"] = "How many"
    assert incompatibilities(PUBLISHED, schema) == []


def test_the_order_of_an_enum_carries_no_meaning():
    assert changed(kind=(Literal["blue", "red", "green"], ...)) == []


class Wider(BaseModel):
    place: int
    shelf: int


@pytest.mark.parametrize(
    ("fields", "names"),
    [
        ({"count": None}, "count was removed"),
        ({"hint": None}, "hint was removed"),
        ({"colour": (str, ...)}, "colour is new and required"),
        ({"hint": (str | None, ...)}, "hint became required"),
        ({"count": (int, 0)}, "count became optional"),
        ({"count": (str, ...)}, "count: type changed"),
        ({"note": (str, ...)}, "note: anyOf"),
        ({"kind": (Literal["red", "green"], ...)}, "kind: enum changed"),
        ({"kind": (Literal["red", "green", "blue", "grey"], ...)}, "kind: enum changed"),
        ({"parts": (tuple[Wider, ...], ...)}, "parts[].shelf is new and required"),
        ({"parts": (tuple[int, ...], ...)}, "parts[].place was removed"),
        ({"price": (int, ...)}, "price.amount was removed"),
    ],
)
def test_any_other_change_is_refused_and_named(fields: dict[str, Any], names: str):
    assert names in "\n".join(changed(**fields))


@pytest.mark.parametrize("mark", ["x-topic", "x-aggregate", "x-partitions"])
def test_a_type_stays_in_its_topic_under_its_key(mark: str):
    moved = {**PUBLISHED, mark: "elsewhere"}
    assert f"{mark} changed" in "\n".join(incompatibilities(PUBLISHED, moved))


@given(data=st.data())
def test_removing_any_field_of_any_contract_is_refused(data: st.DataObject):
    schema = schema_of(data.draw(st.sampled_from(list(contracts().values()))))
    field = data.draw(st.sampled_from(sorted(schema["properties"])))
    proposed = deepcopy(schema)
    del proposed["properties"][field]
    proposed["required"] = [name for name in proposed["required"] if name != field]

    assert f"{field} was removed" in incompatibilities(schema, proposed)


@given(data=st.data())
def test_adding_an_optional_field_to_any_contract_is_fine(data: st.DataObject):
    schema = schema_of(data.draw(st.sampled_from(list(contracts().values()))))
    proposed = deepcopy(schema)
    proposed["properties"]["added_later"] = {"anyOf": [{"type": "string"}, {"type": "null"}], "default": None}

    assert incompatibilities(schema, proposed) == []


@pytest.fixture
def repository(tmp_path: Path) -> Places:
    """A repository whose only commit publishes today's schemas."""
    places = Places(tmp_path)
    write(places)
    git(places, "init", "--quiet")
    commit(places)
    return places


def git(places: Places, *arguments: str) -> None:
    identity = ("-c", "user.name=tests", "-c", "user.email=tests@example.org")
    subprocess.run(["git", *identity, *arguments], cwd=places.root, check=True, capture_output=True)


def commit(places: Places) -> None:
    git(places, "add", "--all")
    git(places, "commit", "--quiet", "--message", "schemas")


def publish_with(places: Places, name: str, field: str) -> None:
    """Commits a schema of `name` that has one field more than the code."""
    schema = schema_of(contracts()[name])
    schema["properties"][field] = {"type": "string"}
    (places.schemas / f"{name}.json").write_text(as_text(schema), encoding="utf-8")
    commit(places)


def test_the_last_commit_is_published(repository: Places):
    assert broken_promises(repository) == []
    name = next(iter(contracts()))
    publish_with(repository, name, "gone")
    (repository.schemas / f"{name}.json").unlink()

    assert broken_promises(repository) == [f"{name} (HEAD): gone was removed"]


def test_a_break_that_is_committed_already_is_found_by_the_commit_before(repository: Places):
    name = next(iter(contracts()))
    publish_with(repository, name, "gone")
    write(repository)
    commit(repository)

    assert broken_promises(repository) == [f"{name} (HEAD^): gone was removed"]


def test_a_release_is_published_for_ever(repository: Places):
    name = next(iter(contracts()))
    publish_with(repository, name, "gone")
    git(repository, "tag", "v1.0.0")
    write(repository)
    commit(repository)
    (repository.root / "later").touch()
    commit(repository)

    assert broken_promises(repository) == [f"{name} (v1.0.0): gone was removed"]


def test_a_published_type_may_not_disappear(repository: Places):
    (repository.schemas / "tests.thing.forgotten.v1.json").write_text("{}")
    commit(repository)

    assert "tests.thing.forgotten.v1 is published (HEAD)" in "\n".join(broken_promises(repository))


def test_without_git_the_files_on_disk_count(tmp_path: Path):
    places = Places(tmp_path)
    write(places)
    name = next(iter(contracts()))
    schema = schema_of(contracts()[name])
    schema["properties"]["gone"] = {"type": "string"}
    (places.schemas / f"{name}.json").write_text(as_text(schema), encoding="utf-8")

    assert broken_promises(places) == [f"{name} (on disk): gone was removed"]
