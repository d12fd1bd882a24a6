"""`linli status --json`: everything there is, and an exit code that says whether a person is needed."""

import json
from typing import Any

import psutil
import pytest
from typer.testing import CliRunner

from local_runtime import supervise
from local_runtime.cli import app
from local_runtime.home import Home
from local_runtime.house import SERVICES
from local_runtime.up import up


def status_of(home: Home) -> tuple[int, Any]:
    result = CliRunner().invoke(app, ["status", "--json", "--home", str(home.root)])
    return result.exit_code, json.loads(result.stdout)


def test_nothing_started_is_said_with_the_command(home: Home) -> None:
    result = CliRunner().invoke(app, ["status", "--json", "--home", str(home.root)])
    assert result.exit_code == 1
    assert "linli up" in result.stdout


@pytest.mark.timeout(180)
def test_a_missing_database_needs_a_person(home: Home) -> None:
    up(home, lambda _: None, services=(), usual_ports=False)

    code, found = status_of(home)

    assert code == 1
    assert {process["name"] for process in found["processes"]} == {"postgres", "kafka"}
    assert any("community_registry" in problem for problem in found["needs_a_person"])


@pytest.mark.timeout(400)
def test_the_whole_house_is_listed_and_what_is_killed_comes_back(home: Home) -> None:
    up(home, lambda _: None, usual_ports=False)

    code, found = status_of(home)

    assert (code, found["needs_a_person"]) == (0, [])
    names = {process["name"] for process in found["processes"]}
    assert names == {
        "postgres",
        "kafka",
        *(f"{s.name}.{kind}" for s in SERVICES for kind in ("api", "worker")),
    }
    assert set(found["databases"]) == {service.name for service in SERVICES}
    assert all("oldest_unsent_seconds" in database for database in found["databases"].values())
    assert all(database["oldest_unchained_seconds"] < 60 for database in found["databases"].values())
    assert found["topics"]["relief.payments"] >= 1
    assert all(isinstance(lag, dict) for lag in found["consumer_lag"].values())

    victims = {each["name"]: int(each["pid"]) for each in supervise.processes(home)}
    psutil.Process(victims["relief_disbursement.worker"]).kill()
    psutil.Process(victims["resident_gateway.api"]).kill()
    up(home, lambda _: None, usual_ports=False)

    code, again = status_of(home)
    assert (code, again["needs_a_person"]) == (0, [])
    after = {process["name"]: process["pid"] for process in again["processes"]}
    changed = {name for name in after if after[name] != victims[name]}
    assert changed == {"relief_disbursement.worker", "resident_gateway.api"}

    clocks = CliRunner().invoke(app, ["clock", "advance", "8d", "--home", str(home.root)])
    assert clocks.exit_code == 0, clocks.output
    shown = CliRunner().invoke(app, ["clock", "show", "--home", str(home.root)]).output.splitlines()
    assert len(shown) == len(SERVICES)
    assert all(line.endswith("+8.000 d") for line in shown)
