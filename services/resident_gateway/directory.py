"""Which operation a path names: found by its shape, not by trying ninety patterns one after the other."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Path(Generic[T]):
    """Its segments, None where a value stands, whose names follow; and what each method does there."""

    segments: tuple[str | None, ...]
    names: tuple[str, ...]
    methods: dict[str, T] = field(default_factory=dict)

    def values(self, segments: Sequence[str]) -> dict[str, str] | None:
        """The values in a path of as many segments; None when it is another path. A value is never empty."""
        found = []
        for mine, given in zip(self.segments, segments, strict=True):
            if mine is None and given:
                found.append(given)
            elif mine != given:
                return None
        return dict(zip(self.names, found, strict=True))


class Directory(Generic[T]):
    """Paths like `/requests/{request_id}/triage`; those that come first win, so fixed ones are given before templates."""

    def __init__(self, entries: Iterable[tuple[str, str, T]]) -> None:
        """(method, path, what is done there)."""
        self._by_shape: dict[tuple[int, str], list[_Path[T]]] = {}
        for method, path, entry in entries:
            segments = tuple(None if part.startswith("{") else part for part in _parts(path))
            names = tuple(part.strip("{}") for part in _parts(path) if part.startswith("{"))
            alike = self._by_shape.setdefault((len(segments), segments[0] or ""), [])
            known = next((each for each in alike if (each.segments, each.names) == (segments, names)), None)
            if known is None:
                alike.append(known := _Path(segments, names))
            known.methods[method] = entry

    def find(self, path: str) -> tuple[Mapping[str, T], dict[str, str]] | None:
        """By method what may be done at that path, and the values in it; None where there is nothing."""
        segments = _parts(path)
        for each in self._by_shape.get((len(segments), segments[0]), ()):
            if (values := each.values(segments)) is not None:
                return each.methods, values
        return None


def _parts(path: str) -> list[str]:
    return path.removeprefix("/").split("/")
