"""`linli`: the house on this machine."""

import asyncio
import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from rich.console import Console
from rich.table import Table

from local_runtime import clock, doctor, secrets_store, supervise
from local_runtime.audit_commands import app as audit_app
from local_runtime.city_commands import app as city_app
from local_runtime.databases import MigrationFailed, maintenance_dsn
from local_runtime.demo.command import demo
from local_runtime.home import Busy, Home
from local_runtime.house import SERVICES
from local_runtime.jars import JarRefused
from local_runtime.outbox_commands import app as outbox_app
from local_runtime.parked_commands import app as parked_app
from local_runtime.ports import remembered
from local_runtime.status import look
from local_runtime.system_user import NoAccount, data_folder
from local_runtime.up import Running
from local_runtime.up import down as take_down
from local_runtime.up import up as bring_up
from platform_kit.signing import PUBLISHED_BEFORE

app = typer.Typer(no_args_is_help=True, help="Linli 邻里 on this machine.", pretty_exceptions_enable=False)
clock_app = typer.Typer(no_args_is_help=True, help="The clock of the local house.")
keys_app = typer.Typer(no_args_is_help=True, help="The keys that tokens are signed with.")
app.add_typer(clock_app, name="clock")
app.add_typer(keys_app, name="keys")
app.add_typer(parked_app, name="parked")
app.add_typer(outbox_app, name="outbox")
app.add_typer(audit_app, name="audit")
app.add_typer(city_app, name="city")
app.command()(demo)

console = Console(highlight=False)
Place = Annotated[
    Path | None, typer.Option("--home", help="where this instance keeps everything; default .local")
]
EXPECTED = (
    Busy,
    JarRefused,
    NoAccount,
    MigrationFailed,
    supervise.NotRunning,
    TimeoutError,
    RuntimeError,
    OSError,
)


def running_at(home: Home) -> Running:
    """The instance as the last `up` left it."""
    ports = remembered(home)
    if not ports:
        raise supervise.NotRunning(f"nothing was ever started in {home.root}. Start it: linli up")
    kafka = os.environ.get("LINLI_KAFKA") or f"127.0.0.1:{ports['kafka']}"
    return Running(home, ports, maintenance_dsn(home, ports), kafka)


@app.command()
def up(
    home: Place = None,
    workers: Annotated[int, typer.Option(help="of each service, sharing its work", min=1, max=4)] = 1,
    gateways: Annotated[int, typer.Option(help="processes on the gateway's port", min=1, max=4)] = 1,
) -> None:
    """Start PostgreSQL, Kafka and every service; safe to repeat."""
    try:
        running = bring_up(Home.at(home), console.print, workers=workers, gateways=gateways)
    except EXPECTED as error:
        _fail(error)
    console.print(f"Linli answers at {running.gateway} · stop it with: linli down")


@app.command()
def down(home: Place = None) -> None:
    """Stop what `up` started; the data stays."""
    try:
        take_down(Home.at(home), console.print)
    except EXPECTED as error:
        _fail(error)


@app.command()
def status(home: Place = None, as_json: Annotated[bool, typer.Option("--json")] = False) -> None:
    """Every process, port, database, topic, lag and parked key; exit 1 when something needs a person."""
    try:
        found = asyncio.run(look(running_at(Home.at(home))))
    except EXPECTED as error:
        _fail(error)
    if as_json:
        typer.echo(json.dumps(found.as_dict(), indent=1, default=str))
    else:
        table = Table("process", "state", "pid", "port")
        for process in found.processes:
            port = found.ports.get(process["name"]) or found.ports.get(f"{process['name']}_metrics") or ""
            table.add_row(process["name"], process["state"], str(process["pid"]), str(port))
        console.print(table)
        for name, waiting in found.databases.items():
            console.print(f"{name}: {waiting}")
        behind = {group: sum(lag.values()) for group, lag in found.consumer_lag.items()}
        console.print(
            f"{len(found.topics)} topics; events behind: {behind}; parked: {len(found.parked_keys)}"
        )
        for problem in found.needs_a_person:
            console.print(f"needs a person: {problem}")
    raise typer.Exit(1 if found.needs_a_person else 0)


@app.command()
def logs(
    process: Annotated[str, typer.Argument(help="for example resident_gateway.api, kafka, postgres")],
    home: Place = None,
    follow: Annotated[bool, typer.Option("--follow", "-f")] = False,
) -> None:
    """The log of one process."""
    path = Home.at(home).logs / f"{process}.log"
    if not path.exists():
        _fail(
            FileNotFoundError(
                f"no log of {process}; there are: {', '.join(sorted(p.stem for p in path.parent.glob('*.log')))}"
            )
        )
    subprocess.run(["/usr/bin/env", "tail", "-n", "200", *(["-f"] if follow else []), str(path)], check=False)


@app.command(name="doctor")
def examine(home: Place = None) -> None:
    """What this machine lacks, and the command that installs it."""
    findings = doctor.examine(Home.at(home))
    for finding in findings:
        console.print(f"{'ok     ' if finding.ok else 'MISSING'}  {finding.what}: {finding.says}")
        if finding.cure:
            console.print(f"         install it: {finding.cure}")
    raise typer.Exit(0 if all(finding.ok for finding in findings) else 1)


@app.command()
def reset(home: Place = None, yes: Annotated[bool, typer.Option("--yes")] = False) -> None:
    """Stop, and delete everything of this instance."""
    place = Home.at(home)
    if not yes:
        typer.confirm(f"Delete everything in {place.root}?", abort=True)
    if place.root.exists():
        try:
            take_down(place, console.print)
        except EXPECTED as error:
            _fail(error)
        # As root the database's folder may lie outside of a home that is closed to its account.
        shutil.rmtree(data_folder(place), ignore_errors=True)
        shutil.rmtree(place.root)
    console.print("gone")


@app.command(name="secrets")
def make_secrets(folder: Annotated[Path, typer.Argument(help="where compose mounts them from")]) -> None:
    """Keys, the operator's password, and one for each role of the databases, for docker compose; what is there stays."""
    place = Home(folder.resolve())
    place.prepare()
    # A container's account reads what is mounted for it, whoever that is here: so the folder is closed, not the files.
    place.root.chmod(0o700)
    roles = ("postgres", *(role for service in SERVICES for role in (service.owner, service.name)))
    for path in (
        secrets_store.jwks_file(place),
        secrets_store.signing_key_file(place),
        secrets_store.sealing_key_file(place),
        secrets_store.audit_anchor_key_file(place),
        secrets_store.kek_file(place),
        secrets_store.operator_password_file(place),
        *(secrets_store.password_file(place, role) for role in roles),
    ):
        # Written over, not replaced: what is mounted already sees a rotated key.
        shutil.copyfile(path, place.root / path.name)
    console.print(f"keys are in {place.root}; the operator's password in operator.password")


@keys_app.command("rotate")
def rotate_keys(home: Place = None) -> None:
    """Add a signing key, and drop those that no living token needs; nothing is restarted, nobody is signed out.

    For compose: `linli keys rotate --home <folder>`, then `linli secrets <folder>` again.
    """
    place = Home.at(home)
    if not (place.secrets / "signing.json").exists():
        _fail(FileNotFoundError(f"there are no keys in {place.secrets}. They are made by: linli up"))
    before, after = secrets_store.rotate_signing_key(place)
    console.print(
        f"{before} keys were there; one was added, {before + 1 - after} dropped, {after} are published"
    )
    console.print(f"the new one signs in {PUBLISHED_BEFORE.total_seconds():.0f} s")


@clock_app.command("show")
def show_clock(home: Place = None) -> None:
    """How far each service's clock is ahead."""
    try:
        for name, seconds in clock.offsets(running_at(Home.at(home))).items():
            console.print(f"{name}: stopped" if seconds is None else f"{name}: +{seconds / 86400:.3f} d")
    except EXPECTED as error:
        _fail(error)


@clock_app.command("advance")
def advance_clock(length: Annotated[str, typer.Argument(help="8d, 3h, 45m")], home: Place = None) -> None:
    """Move the clock of every service forward."""
    try:
        offset, stopped = clock.advance(running_at(Home.at(home)), clock.seconds_of(length))
    except (*EXPECTED, ValueError) as error:
        _fail(error)
    console.print(f"all clocks are {offset / 86400:.3f} d ahead")
    if stopped:
        console.print(f"but for what is stopped, until this is done again: {', '.join(stopped)}")


def _fail(error: Exception) -> NoReturn:
    console.print(f"[red]{error}[/red]")
    raise typer.Exit(1)
