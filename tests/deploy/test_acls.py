"""What an operator grants on the broker: each topic has one writer, the service whose context its name begins with."""

from collections import Counter

import pytest

from event_contracts.topics import TOPICS
from local_runtime import acls
from local_runtime.house import SERVICES
from platform_kit.service import find


def test_each_topic_is_written_by_one_service_the_one_of_its_context() -> None:
    writers = [(grant.name, grant.principal) for grant in acls.grants() if grant.operation == "Write"]
    assert [topic for topic, _ in writers if Counter(name for name, _ in writers)[topic] != 1] == []
    assert {topic for topic, _ in writers} == {topic.name for topic in TOPICS}
    prefixes = {service.prefix.lower(): service.name for service in SERVICES}
    for topic, writer in writers:
        assert writer == prefixes[topic.partition(".")[0]]


def test_no_service_writes_by_a_pattern_or_to_all() -> None:
    for grant in acls.grants():
        assert "*" not in grant.name
        assert not grant.prefixed or (grant.resource == "group" and grant.name == f"{grant.principal}.")


def test_each_service_reads_what_it_listens_to_and_nothing_else() -> None:
    for service in SERVICES:
        heard = {topic for consumer in find(service.name).consumers for topic in consumer.topics}
        granted = {
            grant.name
            for grant in acls.grants()
            if (grant.principal, grant.operation, grant.resource) == (service.name, "Read", "topic")
        }
        assert granted == heard


def test_it_is_told_as_kafka_acls_understands_it(capsys: pytest.CaptureFixture[str]) -> None:
    acls.main()
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == len(set(lines)) == len(acls.grants())
    assert (
        "--add --allow-principal User:community_registry --operation Write "
        "--topic registry.staff --resource-pattern-type literal"
    ) in lines
    assert (
        "--add --allow-principal User:resident_gateway --operation Read "
        "--group resident_gateway. --resource-pattern-type prefixed"
    ) in lines
