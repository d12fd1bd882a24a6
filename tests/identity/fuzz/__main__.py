"""`python -m identity.fuzz [--seconds N] [--seed N] [--only SERVICE …] [--role ROLE …]`: the fuzz run, a line for each part."""

import argparse
import json
import signal
import sys
import time
from collections import Counter
from pathlib import Path

from rich.console import Console

from identity.fuzz import driven, nasty
from identity.fuzz.driven import Finding
from identity.fuzz.ground import ROLES, Ground, ground
from identity.fuzz.permitted import permitted
from local_runtime.house import SERVICES

console = Console(width=180, highlight=False)
# Whose operations are all that there are; the services behind it answer nobody but it.
EVERYTHING = "resident_gateway"
NAMES = [service.name for service in SERVICES]


def main() -> None:
    # The house that was started goes with us.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    parser = argparse.ArgumentParser(prog="identity.fuzz")
    parser.add_argument("--seconds", type=int, default=1320, help="for all schema-driven parts together")
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--only", nargs="*", default=NAMES, choices=NAMES)
    parser.add_argument("--role", nargs="*", default=list(ROLES), choices=ROLES)
    parser.add_argument("--every", type=int, default=1, help="of the nasty inputs only each so-manieth")
    parser.add_argument("--json", type=Path, default=None)
    arguments = parser.parse_args()
    console.print(f"seed {arguments.seed}: the same again with --seed {arguments.seed}")
    with ground(arguments.seed, console.print) as built:
        findings, figures = play(built, arguments.only, arguments.role, arguments.seconds, arguments.every)
    for name, value in figures.items():
        console.print(f"{name}: {value}")
    if arguments.json:
        arguments.json.parent.mkdir(parents=True, exist_ok=True)
        figures["seed"] = arguments.seed
        arguments.json.write_text(json.dumps(figures, indent=1))
    sys.exit(1 if findings else 0)


def play(
    built: Ground, services: list[str], roles: list[str], seconds: int, every: int
) -> tuple[list[Finding], dict[str, object]]:
    """The nasty corpus on every service, then every role on every service; the gateway, which has all of it, gets half."""
    findings: list[Finding] = []
    calls, phases = 0, Counter[str]()
    operations, reached, usable, used = set[str](), set[str](), set[str](), set[str]()
    by_role: dict[str, str] = {}
    for service in services:
        found, sent = nasty.run(service, built.running.api(service), built.tokens, built.ids, every)
        console.print(f"nasty inputs  {service:22} {sent:6} calls  {len(found)} findings")
        report(found)
        findings += found
        calls += sent
    shares = {service: 5 if service == "resident_gateway" else 1 for service in services}
    each = seconds / (sum(shares.values()) * len(roles))
    for role in roles:
        for service in services:
            where = f"{service} as {role}"
            outcome = driven.run(
                where, built.running.api(service), token=built.tokens[role], ids=built.ids,
                seed=built.seed, seconds=max(1, round(each * shares[service])), say=lambda _: None,
            )  # fmt: skip
            sent = sum(outcome.calls.values())
            told = ", ".join(f"{phase} {count}" for phase, count in outcome.calls.items())
            own = outcome.operations & permitted(service, role)
            console.print(
                f"{where:38} {sent:6} calls ({told})  {len(own & outcome.reached)} of {len(own)} operations that it may use"
                f" answered 2xx  {len(set(outcome.findings))} findings"
            )
            calls += sent
            phases.update(outcome.calls)
            if service == EVERYTHING:
                by_role[role] = f"{len(own & outcome.reached)} of {len(own)}"
                usable |= own
                used |= own & outcome.reached
            operations |= {f"{service} {label}" for label in outcome.operations}
            reached |= {f"{service} {label}" for label in outcome.reached}
            report(outcome.findings)
            findings += outcome.findings
    unique = sorted(set(findings))
    figures: dict[str, object] = {
        "calls": calls,
        "calls by phase": dict(phases),
        "operations called": len(operations),
        "operations that answered 2xx to some role": len(reached),
        "operations of the gateway that some role may use": len(usable),
        "of these answered 2xx": len(used),
        "answered 2xx, of what each role may use": by_role,
        "never answered 2xx": sorted(operations - reached),
        "findings (bar 0)": len(unique),
    }
    return unique, figures


def report(findings: list[Finding]) -> None:
    """Each once, when it is found: a run that is ended before its time has told what it knew."""
    for finding in sorted(set(findings)):
        console.print(f"[red]{finding.where}: {finding.operation}[/red]", soft_wrap=True)
        console.print(f"  {finding.what}\n  {finding.how[:1500]}", markup=False, soft_wrap=True)


if __name__ == "__main__":
    main()
