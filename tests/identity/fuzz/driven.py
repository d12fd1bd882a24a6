"""One schema-driven run: one service, one role, schemathesis' phases, for so many seconds."""

import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from io import BytesIO
from random import Random
from typing import Any
from uuid import uuid4

import schemathesis
from hypothesis import strategies as st
from PIL import Image
from schemathesis.config import HealthCheck
from schemathesis.engine import events, from_schema
from schemathesis.hooks import GLOBAL_HOOK_DISPATCHER

CHECKS = [
    "not_a_server_error", "status_code_conformance", "content_type_conformance", "response_schema_conformance",
]  # fmt: skip


def _picture(form: str) -> bytes:
    written = BytesIO()
    Image.new("RGB", (30, 20), "red").save(written, form)
    return written.getvalue()


_PICTURES = [_picture(form) for form in ("JPEG", "PNG", "WEBP", "GIF")]
_BROKEN = [file[:cut] for file in _PICTURES for cut in (4, len(file) // 2, len(file) - 3)]
schemathesis.openapi.media_type(
    "image/jpeg",
    st.sampled_from(_PICTURES) | st.sampled_from(_BROKEN) | st.binary(max_size=2000),
    aliases=("image/png", "image/webp"),
)
SAFE = ("GET", "HEAD", "OPTIONS", "TRACE", "QUERY")


@dataclass(frozen=True, order=True)
class Finding:
    """Something that should not have come back; `how` is enough to send it again."""

    where: str
    operation: str
    what: str
    how: str = field(compare=False)


@dataclass
class Outcome:
    """`calls` by phase; `statuses` how often each was answered."""

    calls: dict[str, int] = field(default_factory=dict)
    statuses: dict[int, int] = field(default_factory=dict)
    operations: set[str] = field(default_factory=set)
    reached: set[str] = field(default_factory=set)
    findings: list[Finding] = field(default_factory=list)


def run(
    where: str,
    url: str,
    *,
    token: str | None,
    ids: dict[str, list[str]],
    seed: int,
    seconds: int,
    say: Callable[[str], None],
) -> Outcome:
    """Every phase gets its share of the seconds. `ids` are put where a parameter or member has their name."""
    config = schemathesis.Config(seed=seed, max_time=seconds, suppress_health_check=[HealthCheck.all])
    project = config.projects.override
    project.base_url = url
    project.continue_on_failure = True
    project.request_timeout = 20
    project.checks.update(included_check_names=CHECKS)
    # The role's token is what is tried here; forged ones have tests of their own.
    project.generation.with_security_parameters = False
    project.generation.database = "none"
    project.generation.no_shrink = True
    schema = schemathesis.openapi.from_url(f"{url}/openapi.json", config=config)

    def before_call(context: Any, case: Any, kwargs: dict[str, Any]) -> None:  # noqa: ARG001
        _make_real(case, token, ids)

    outcome = Outcome()
    schemathesis.hook(before_call)
    try:
        _play(where, schema, outcome, say)
    finally:
        GLOBAL_HOOK_DISPATCHER.unregister(before_call)
    return outcome


def _play(where: str, schema: Any, outcome: Outcome, say: Callable[[str], None]) -> None:
    for event in _events(from_schema(schema).execute()):
        if isinstance(event, events.PhaseStarted):
            say(f"    {event.phase.name.value}")
        elif isinstance(event, events.NonFatalError):
            outcome.findings.append(
                Finding(where, event.label, f"{type(event.value).__name__}: {event.value}"[:300], "")
            )
        elif isinstance(event, events.ScenarioFinished):
            _note(where, event, outcome)


def _events(stream: Any) -> Iterator[Any]:
    while True:
        try:
            yield next(stream)
        except StopIteration:
            return


def _note(where: str, event: events.ScenarioFinished, outcome: Outcome) -> None:
    recorder = event.recorder
    phase = event.phase.value
    for case_id, interaction in recorder.interactions.items():
        if interaction.response is None:
            continue
        status, label = interaction.response.status_code, recorder.cases[case_id].value.operation.label
        outcome.calls[phase] = outcome.calls.get(phase, 0) + 1
        outcome.statuses[status] = outcome.statuses.get(status, 0) + 1
        outcome.operations.add(label)
        if status < 300:
            outcome.reached.add(label)
    for case_id, checks in recorder.checks.items():
        for check in checks:
            if check.failure_info is not None:
                failure = check.failure_info.failure
                what = f"{check.name}: {failure.title}: {failure.message}"[:600]
                label = recorder.cases[case_id].value.operation.label
                outcome.findings.append(Finding(where, label, what, check.failure_info.code_sample or ""))


def _make_real(case: Any, token: str | None, ids: dict[str, list[str]]) -> None:
    """Signed in as the role, under a key of its own, and mostly about something that exists: else all is 401, 400, 404.

    What is chosen depends on the case alone, so that the same case is the same call.
    """
    dice = Random(zlib.crc32(repr((case.operation.label, case.path_parameters, case.query, case.body)).encode("utf-8", "replace")))  # fmt: skip
    if token is not None:
        case.headers["Authorization"] = f"Bearer {token}"
    if case.method.upper() not in SAFE and dice.random() < 0.9:
        case.headers["Idempotency-Key"] = str(uuid4())
    for place in (case.path_parameters, case.query, case.body):
        _fill(place, ids, dice)


def _fill(place: Any, ids: dict[str, list[str]], dice: Random) -> None:
    if isinstance(place, list):
        for each in place:
            _fill(each, ids, dice)
    elif isinstance(place, dict):
        for name, value in place.items():
            if isinstance(value, str) and ids.get(name) and dice.random() < 0.8:
                place[name] = dice.choice(ids[name])
            elif isinstance(value, list) and ids.get(name) and dice.random() < 0.8:
                place[name] = dice.sample(ids[name], k=min(len(ids[name]), 1 + dice.randrange(3)))
            else:
                _fill(value, ids, dice)
