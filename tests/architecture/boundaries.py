"""The rules of the house as functions: a source in, the lines that break the rule out. `docs/kit.md` says them in words."""

import ast
import re
from collections.abc import Iterator
from datetime import date

from architecture.sources import Source

Broken = list[str]


def _at(source: Source, line: int, what: str) -> str:
    return f"{source.path or source.module}:{line} {what}"


def _within(name: str, *modules: str) -> bool:
    return any(name == module or name.startswith(f"{module}.") for module in modules)


def foreign_services(source: Source, services: list[str]) -> Broken:
    """Nobody imports a service but the service itself."""
    return [
        _at(source, line, f"imports {name}: another service")
        for name, line in source.imports
        if name.partition(".")[0] in services and name.partition(".")[0] != source.package
    ]


def kit_imports(source: Source) -> Broken:
    """The kit knows contracts by their base and their list only, and nothing of who runs it."""
    return [
        _at(source, line, f"imports {name}: the kit knows no contract and no runtime")
        for name, line in source.imports
        if _within(name, "local_runtime", "registry_replica")
        or (_within(name, "event_contracts") and not _within(name, *_KIT_MAY_KNOW))
    ]


_KIT_MAY_KNOW = ("event_contracts.base", "event_contracts.topics")

DOMAIN_WORDS = re.compile(
    r"volunteer|relief|household|programme|subsid|payout|entitlement|elder|booking|welfare|neighbour|charity",
    re.IGNORECASE,
)


def domain_words(source: Source) -> Broken:
    """The kit's names and texts hold no word of the domain (docstrings may give examples; roles are in auth)."""
    found = []
    docstrings = set(_docstrings(source.tree))
    for node in ast.walk(source.tree):
        for word in _words(node):
            if DOMAIN_WORDS.search(word) and id(node) not in docstrings:
                found.append(_at(source, getattr(node, "lineno", 0), f"says {word!r}: a word of the domain"))
    return found


def _words(node: ast.AST) -> list[str]:
    match node:
        case ast.Constant(value=str(text)):
            return [text]
        case ast.Name(id=name) | ast.arg(arg=name) | ast.Attribute(attr=name):
            return [name]
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            return [name]
    return []


def _docstrings(tree: ast.Module) -> Iterator[int]:
    """Ids of the constants that are docstrings: also those that stand below a name."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            yield id(node.value)


def contract_imports(source: Source) -> Broken:
    """A contract is plain data: the base, money, ids, pydantic, the standard library."""
    allowed = ("event_contracts", "platform_kit.money", "pydantic", "yaml", *PURE, *_FOR_GENERATING)
    return [
        _at(source, line, f"imports {name}: contracts are plain data")
        for name, line in source.imports
        if not _within(name, *allowed)
    ]


_FOR_GENERATING = ("argparse", "json", "pathlib", "subprocess", "sys")

PURE = (
    "__future__", "abc", "base64", "bisect", "calendar", "collections", "csv", "dataclasses", "datetime", "decimal", "enum",
    "fractions", "functools", "graphlib", "hashlib", "heapq", "hmac", "io", "itertools", "json", "math", "operator", "re", "statistics", "string",
    "textwrap", "typing", "unicodedata", "uuid", "zoneinfo",
)  # fmt: skip
"""Modules of the standard library that neither ask the world nor change it."""

_RULES_MAY_USE = (
    "platform_kit.geometry",
    "platform_kit.masking",
    "platform_kit.money",
    "platform_kit.ids",
    "platform_kit.problems",
    "platform_kit.working_time",
    "pyotp",
    "stdnum",
)
_IMPURE_NAMES = (
    "platform_kit.ids.new_id",
    "uuid.uuid1",
    "uuid.uuid4",
    "uuid.uuid6",
    "uuid.uuid7",
    "uuid.getnode",
)
_IMPURE_CALLS = {"now", "utcnow", "today", "uuid1", "uuid4", "uuid6", "uuid7", "new_id", "getnode"}
_IMPURE_BUILTINS = {"open", "print", "input", "exec", "eval", "breakpoint"}


def impure_rules(source: Source) -> Broken:
    """Rules get everything as arguments: no await, no clock, no random, no file, no database."""
    found = []
    own = (f"{source.package}.rules", f"{source.package}.problems")
    for name, line in source.imports:
        if not _within(name, *PURE, *_RULES_MAY_USE, *own):
            found.append(_at(source, line, f"imports {name}: rules are pure"))
        elif _within(name, *_IMPURE_NAMES):
            found.append(_at(source, line, f"imports {name}: ids come in as arguments"))
    for node in ast.walk(source.tree):
        if isinstance(node, ast.AsyncFunctionDef | ast.Await | ast.AsyncFor | ast.AsyncWith):
            found.append(_at(source, node.lineno, "is async: rules do not wait"))
        elif isinstance(node, ast.Global):
            found.append(_at(source, node.lineno, "changes a global: rules keep nothing"))
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            if node.func.attr in _IMPURE_CALLS:
                found.append(
                    _at(source, node.lineno, f"calls {node.func.attr}(): it comes in as an argument")
                )
        elif (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Name)
            and node.func.id in _IMPURE_BUILTINS
        ):
            found.append(_at(source, node.lineno, f"calls {node.func.id}(): rules are pure"))
    return found


LAYERS: dict[str, tuple[str, ...]] = {
    "routes": (
        "actions",
        "policy",
        "schemas",
        "store",
        "rules",
        "problems",
        "clients",
        "views",
        "settings",
        "routes",
    ),
    "consumers": ("actions", "schemas", "store", "rules", "problems"),
    "notices": ("actions", "rules"),
    "timers": ("actions", "store", "rules", "problems"),
    "errands": ("actions", "clients", "messages", "settings"),
    "actions": ("actions", "policy", "rules", "store", "problems", "clients", "settings", "messages"),
    "store": ("tables", "rules", "problems", "store"),
    "schemas": ("rules", "problems", "schemas"),
    "tables": ("tables",),
    "rules": ("rules", "problems"),
    "problems": (),
    "policy": (),
    "views": ("store", "schemas", "notification_schemas", "problems", "views", "clients", "rules"),
    "clients": ("problems", "settings", "schemas", "clients"),
}
"""Who may import whom inside of a service. Layers not named here (service, migrations) tie it together."""


def wrong_direction(source: Source) -> Broken:
    """Inside of a service imports point one way: edges → actions → rules, store → tables."""
    allowed = LAYERS.get(source.layer)
    if allowed is None:
        return []
    return [
        _at(source, line, f"imports {name}: {source.layer} may use {', '.join(allowed) or 'nothing'}")
        for name, line in source.imports
        if _within(name, source.package) and name.split(".")[1] not in allowed
    ]


def action_shape(source: Source) -> Broken:
    """One verb, one file, one public function of the same name."""
    public = [
        node.name
        for node in source.tree.body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and not node.name.startswith("_")
    ]
    if public == [source.name]:
        return []
    return [_at(source, 1, f"has {', '.join(public) or 'no public function'}; it should be {source.name}")]


STORE_WRITES = re.compile(r"^(save|insert|delete|lock|update|add|record|put|mark|remove)_|_for_update$")


def edges_that_write(source: Source) -> Broken:
    """Routes read from the store and leave every write to an action."""
    store = f"{source.package}.store"
    found = [
        _at(source, line, f"imports {name}: routes write through actions")
        for name, line in source.imports
        if _within(name, store) and STORE_WRITES.search(name.rpartition(".")[2])
    ]
    for node in ast.walk(source.tree):
        match node:
            case ast.Attribute(value=ast.Name(id="store"), attr=attr) if STORE_WRITES.search(attr):
                found.append(_at(source, node.lineno, f"uses store.{attr}: routes write through actions"))
    return found


def own_transactions(source: Source) -> Broken:
    """Only the kit begins, commits and rolls back."""
    return [
        _at(source, node.lineno, f"calls .{node.func.attr}(): only the kit commits")
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in ("commit", "rollback", "transaction", "begin", "begin_nested")
    ]


def acts_as_the_system(source: Source) -> Broken:
    """Beyond the caller's own rows reaches an action, and nobody else."""
    above = ("platform_kit.db.as_system", "platform_kit.acting.SYSTEM")
    return [
        _at(source, line, f"imports {name}: only an action does what is the platform's own")
        for name, line in source.imports
        if name in above
    ]


_CLOCKS = {
    "datetime": {"now", "utcnow", "today"},
    "date": {"today"},
    "time": {"time", "time_ns", "localtime", "gmtime"},
}
_SQL_CLOCK = re.compile(
    r"\b(now|clock_timestamp|statement_timestamp|transaction_timestamp|timeofday)\s*\(\s*\)"
    r"|\b(current_timestamp|current_date|current_time|localtimestamp)\b",
    re.IGNORECASE,
)


def own_clocks(source: Source) -> Broken:
    """Time enters by the kit's `now(tx)` alone; the database's own clock would miss `linli clock advance`."""
    found = [
        _at(source, line, f"imports {name}: time is now(tx)")
        for name, line in source.imports
        if name in ("time", "time.time", "time.time_ns")
    ]
    docstrings = set(_docstrings(source.tree))
    for node in ast.walk(source.tree):
        match node:
            case ast.Call(func=ast.Attribute(value=ast.Name(id=clock), attr=attr)):
                if attr in _CLOCKS.get(clock, ()):
                    found.append(_at(source, node.lineno, f"calls {clock}.{attr}(): time is now(tx)"))
            case ast.Call(func=ast.Attribute(value=ast.Attribute(attr=clock), attr=attr)):
                if attr in _CLOCKS.get(clock, ()):
                    found.append(_at(source, node.lineno, f"calls {clock}.{attr}(): time is now(tx)"))
            case ast.Constant(value=str(text)) if id(node) not in docstrings and _SQL_CLOCK.search(text):
                found.append(_at(source, node.lineno, "asks the database's clock: time is now(tx)"))
    return found


_SQL_CALLS = {
    "execute",
    "executemany",
    "fetch",
    "fetchrow",
    "fetchval",
    "fetchmany",
    "copy_records_to_table",
    "exec",
}


def stray_sql(source: Source) -> Broken:
    """SQL stands in the store, and nowhere else."""
    return [
        _at(source, node.lineno, f"calls .{node.func.attr}(): SQL stands in store.py")
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in _SQL_CALLS
        and not (isinstance(node.func.value, ast.Name) and node.func.value.id == "op")
    ]


def nameless_clients(source: Source) -> Broken:
    """A Kafka client is told where the broker is and who it is in one place, or it would be in the clear, and nobody."""
    return [
        _at(source, node.lineno, f"{_name_of(node.func)} without **broker_connection(…)")
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Call) and _KAFKA_CLIENT.match(_name_of(node.func)) and not _is_named(node)
    ]


_KAFKA_CLIENT = re.compile(r"^AIOKafka\w*(Client|Consumer|Producer)$")


def _is_named(client: ast.Call) -> bool:
    """`**broker_connection(…)` itself, or the variable `connection` that holds it for two."""
    spread = [each.value for each in client.keywords if each.arg is None]
    return any(
        (isinstance(each, ast.Call) and _name_of(each.func) == "broker_connection")
        or (isinstance(each, ast.Name) and each.id == "connection")
        for each in spread
    )


def _name_of(called: ast.expr) -> str:
    return called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")


_EMPTY_NAMES = re.compile(
    r"^(utils?|helpers?|common|misc|managers?|data|base|core|lib|process_.*|handle_.*)$"
)


def empty_name(path: str) -> Broken:
    """A file or folder says what it is for."""
    allowed = path == "shared/event_contracts/base.py"
    parts = [part.removesuffix(".py") for part in path.split("/")[1:]]
    bad = [] if allowed else [part for part in parts if _EMPTY_NAMES.match(part)]
    return [f"{path}: {part!r} says nothing" for part in bad]


LONGEST = 400


def too_long(path: str, text: str) -> Broken:
    """A file can be read at one sitting."""
    lines = text.count("\n")
    return [f"{path} has {lines} lines; {LONGEST} is the most"] if lines > LONGEST else []


_MIGRATION_NAME = re.compile(r"^(\d{4})_(\d{2})_(\d{2})_[a-z0-9_]+$")


def migration_name(source: Source) -> Broken:
    """A migration is a date and a slug, so that the folder reads as a history."""
    named = _MIGRATION_NAME.match(source.name)
    try:
        known = named is not None and bool(date(*map(int, named.groups())))
    except ValueError:
        known = False
    return [] if known else [_at(source, 1, "is not named <yyyy>_<mm>_<dd>_<slug>.py")]
