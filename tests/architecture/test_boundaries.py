"""The rules of the house hold for every file, and each of them can fail."""

from collections.abc import Callable

import pytest

from architecture import boundaries
from architecture.sources import ROOT, Source, packages, services, sources

SERVICES = services()
ALL = sources()
OF_SERVICES = [source for source in ALL if source.package in SERVICES]


def _all(rule: Callable[[Source], list[str]], chosen: list[Source]) -> list[str]:
    return [broken for source in chosen for broken in rule(source)]


def _layer(*layers: str) -> list[Source]:
    return [source for source in OF_SERVICES if source.layer in layers]


def test_there_are_services_to_check() -> None:
    assert len(SERVICES) >= 6
    assert len(ALL) > 200


def test_nobody_imports_another_service() -> None:
    assert _all(lambda source: boundaries.foreign_services(source, SERVICES), ALL) == []


def test_the_kit_knows_no_domain() -> None:
    kit = [source for source in ALL if source.package == "platform_kit"]
    assert _all(boundaries.kit_imports, kit) == []
    assert _all(boundaries.domain_words, kit) == []


def test_contracts_are_plain_data() -> None:
    contracts = [source for source in ALL if source.package == "event_contracts"]
    assert _all(boundaries.contract_imports, contracts) == []


def test_rules_are_pure() -> None:
    assert _all(boundaries.impure_rules, _layer("rules")) == []


def test_imports_point_one_way() -> None:
    assert _all(boundaries.wrong_direction, OF_SERVICES) == []


def test_an_action_is_one_verb() -> None:
    """`take`, `record` and their like are what actions share; every other file is its one public function."""
    shared = {"take", "record", "caller_of", "register_resident", "say", "side_of"}
    actions = [s for s in _layer("actions") if not s.path.endswith("__init__.py") and s.name not in shared]
    assert len(actions) > 50
    assert _all(boundaries.action_shape, actions) == []


def test_edges_write_through_actions() -> None:
    assert (
        _all(
            boundaries.edges_that_write, _layer("routes", "finance_routes", "sign_in_routes", "views", "web")
        )
        == []
    )


def test_only_the_kit_commits() -> None:
    assert _all(boundaries.own_transactions, OF_SERVICES) == []


def test_only_actions_act_as_the_system() -> None:
    assert _all(boundaries.acts_as_the_system, [s for s in OF_SERVICES if s.layer != "actions"]) == []


def test_time_enters_by_the_kit_alone() -> None:
    chosen = [s for s in OF_SERVICES if s.layer not in ("migrations", "clients")]
    assert _all(boundaries.own_clocks, chosen) == []


def test_sql_stands_in_the_store() -> None:
    chosen = [s for s in OF_SERVICES if s.layer not in ("store", "migrations")]
    assert _all(boundaries.stray_sql, chosen) == []


def test_every_kafka_client_shows_who_it_is() -> None:
    assert _all(boundaries.nameless_clients, ALL) == []


def test_files_say_what_they_are_for_and_can_be_read_at_one_sitting() -> None:
    assert [broken for source in ALL for broken in boundaries.empty_name(source.path)] == []
    assert [broken for source in ALL for broken in boundaries.too_long(source.path, source.text)] == []


def test_migrations_read_as_a_history() -> None:
    versions = [s for s in OF_SERVICES if ".migrations.versions." in s.module and s.name != "__init__"]
    assert len(versions) >= len(SERVICES)
    assert _all(boundaries.migration_name, versions) == []


def test_import_names_do_not_collide() -> None:
    names = [name for folder in ("services", "shared", "deploy") for name in packages(folder)]
    assert len(names) == len(set(names))
    assert not (ROOT / "services" / "__init__.py").exists()
    assert not (ROOT / "shared" / "__init__.py").exists()


@pytest.mark.parametrize(
    ("rule", "module", "text"),
    [
        (
            lambda s: boundaries.foreign_services(s, ["a_one", "b_two"]),
            "a_one.store",
            "from b_two import store",
        ),
        (
            lambda s: boundaries.foreign_services(s, ["b_two"]),
            "platform_kit.x",
            "import_module('b_two.service')",
        ),
        (
            boundaries.kit_imports,
            "platform_kit.x",
            "from event_contracts.relief_disbursement import PaymentDue",
        ),
        (boundaries.domain_words, "platform_kit.x", "volunteer_id = 1"),
        (boundaries.contract_imports, "event_contracts.x", "import asyncpg"),
        (boundaries.impure_rules, "a_one.rules.x", "async def f(): ..."),
        (boundaries.impure_rules, "a_one.rules.x", "from datetime import datetime\ndatetime.now()"),
        (boundaries.impure_rules, "a_one.rules.x", "import random"),
        (boundaries.impure_rules, "a_one.rules.x", "from a_one import store"),
        (boundaries.wrong_direction, "a_one.store", "from a_one.actions import x"),
        (boundaries.action_shape, "a_one.actions.pay", "def pay(): ...\ndef refund(): ..."),
        (boundaries.edges_that_write, "a_one.routes", "store.save_order(tx)"),
        (boundaries.own_transactions, "a_one.actions.x", "tx.commit()"),
        (boundaries.acts_as_the_system, "a_one.routes", "from platform_kit.db import Tx, as_system"),
        (boundaries.own_clocks, "a_one.actions.x", "datetime.now(UTC)"),
        (boundaries.own_clocks, "a_one.store", "sql = 'SELECT now()'"),
        (boundaries.nameless_clients, "a_one.x", "aiokafka.AIOKafkaProducer(bootstrap_servers=x)"),
        (boundaries.nameless_clients, "a_one.x", "AIOKafkaProducer(bootstrap_servers=x, **SETTINGS)"),
        (boundaries.stray_sql, "a_one.routes", "tx.fetch('SELECT 1')"),
        (lambda s: boundaries.empty_name(f"services/{s.module}"), "a_one/utils.py", ""),
        (lambda s: boundaries.too_long("x.py", s.text), "x", "\n" * 401),
        (boundaries.migration_name, "a_one.migrations.versions.first", ""),
    ],
)
def test_each_rule_can_fail(rule: Callable[[Source], list[str]], module: str, text: str) -> None:
    assert rule(Source(module, text)) != []
