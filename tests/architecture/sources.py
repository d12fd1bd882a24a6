"""The house's own source files, discovered: a new service is checked from its first file."""

import ast
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CODE = ("services", "shared", "deploy")


@dataclass(frozen=True)
class Source:
    """One Python file. `module` is its import name, e.g. ``relief_disbursement.actions.approve``."""

    module: str
    text: str
    path: str = ""

    @property
    def package(self) -> str:
        return self.module.partition(".")[0]

    @property
    def layer(self) -> str:
        """``actions`` of ``relief_disbursement.actions.approve``; empty for the package itself."""
        return self.module.split(".")[1] if "." in self.module else ""

    @property
    def name(self) -> str:
        return self.module.rpartition(".")[2]

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text, filename=self.path or self.module)

    @cached_property
    def imports(self) -> tuple[tuple[str, int], ...]:
        """Every name that is imported, in full (``platform_kit.ids.new_id``), with its line; inner imports too."""
        found = []
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                found += [(alias.name, node.lineno) for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                origin = self._absolute(node)
                found += [(f"{origin}.{alias.name}", node.lineno) for alias in node.names]
            elif isinstance(node, ast.Call) and _called(node) in ("import_module", "__import__"):
                found += [(text, node.lineno) for text in _literal(node)]
        return tuple(found)

    def _absolute(self, node: ast.ImportFrom) -> str:
        if node.level == 0:
            return node.module or ""
        parts = self.module.split(".")
        kept = parts[: len(parts) - node.level + self.path.endswith("__init__.py")]
        return ".".join([*kept, *([node.module] if node.module else [])])


def _called(node: ast.Call) -> str:
    return node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")


def _literal(node: ast.Call) -> list[str]:
    first = node.args[0] if node.args else None
    return [first.value] if isinstance(first, ast.Constant) and isinstance(first.value, str) else []


def sources(root: Path = ROOT) -> list[Source]:
    """All Python files of the three source roots."""
    found = []
    for folder in CODE:
        for path in sorted((root / folder).rglob("*.py")):
            parts = path.relative_to(root / folder).with_suffix("").parts
            module = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
            found.append(Source(module, path.read_text("utf-8"), path.relative_to(root).as_posix()))
    return found


def services(root: Path = ROOT) -> list[str]:
    """The names of the services: the folders under services/."""
    return sorted(path.parent.name for path in (root / "services").glob("*/__init__.py"))


def own_files(name: str, folder: Path) -> dict[str, Path]:
    """Settings of a service that have no default and must only be named to start it: the gateway's files."""
    wanted = (
        ("signing_key_file", "operator_password_file", "messages_dir") if name == "resident_gateway" else ()
    )
    return {setting: folder / setting for setting in wanted}


def packages(folder: str, root: Path = ROOT) -> list[str]:
    """The packages of one source root."""
    return sorted(path.parent.name for path in (root / folder).glob("*/__init__.py"))
