"""One line of the matrix, and what it says of each principal."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from access.principals import NOT_SIGNED_IN, PRINCIPALS, named


class Cell(StrEnum):
    """What a principal must get."""

    MAY = "2xx"
    SIGN_IN = "401"
    HIDDEN = "403|404, as for what does not exist"
    KNOWS = "403|404"
    BARRED = "403|404|409"
    UNSAID = "2xx|403|404"
    UNSAID_SIGN_IN = "2xx|401"


DENIED = (Cell.SIGN_IN, Cell.HIDDEN, Cell.KNOWS, Cell.BARRED)


@dataclass(frozen=True)
class Row:
    """`operation` on the object that the world makes under the name `on`.

    `may` are permitted; `knows` may see the object and are refused this; `barred` do such things, and not to this one: they did
    the step before it, or it waits for another level; on `unsaid` the texts say nothing. `sees`, for lists: whose things a
    principal finds there, "A", "B", "AB" or "" for none; with a "?" it may also be refused. `public` is for nobody's eyes as well.
    `withheld_from`: of those who may, whoever is not shown what the case withholds. `by_rows`: many in one call, so that a refusal may also be an answer in which each row is refused. `in_full`: whoever may
    gets values that every other answer masks.
    """

    operation: str
    on: str
    may: str = ""
    knows: str = ""
    barred: str = ""
    unsaid: str = ""
    sees: Mapping[str, str] = field(default_factory=dict)
    withheld_from: str = ""
    public: bool = False
    by_rows: bool = False
    in_full: bool = False

    def __str__(self) -> str:
        return f"{self.operation} on {self.on}"

    def cells(self) -> dict[str, Cell]:
        """What each principal must get; ValueError when a principal is named twice or nobody is permitted."""
        said = {name: Cell.SIGN_IN for name in NOT_SIGNED_IN}
        if self.public:
            # A token that is no good is refused everywhere: whoever has one is not nobody.
            said["nobody"] = Cell.MAY
        parts = (
            (self.may, Cell.MAY),
            (self.knows, Cell.KNOWS),
            (self.barred, Cell.BARRED),
            (self.unsaid, Cell.UNSAID),
            *((names, Cell.UNSAID if "?" in seen else Cell.MAY) for names, seen in self.sees.items()),
        )
        for text, cell in parts:
            for name in named(text):
                if name in said and name not in NOT_SIGNED_IN:
                    raise ValueError(f"{self} says two things of {name}")
                said[name] = Cell.UNSAID_SIGN_IN if name in NOT_SIGNED_IN and cell is Cell.UNSAID else cell
        if Cell.MAY not in said.values():
            raise ValueError(f"{self} permits nobody: a denial without a twin says nothing")
        return {name: said.get(name, Cell.HIDDEN) for name in PRINCIPALS}

    def seen_by(self, name: str) -> str | None:
        """ "A", "B", "AB" or "" for a list; None for what is no list."""
        for names, seen in self.sees.items():
            if name in named(names):
                return seen.rstrip("?")
        return None


def uncovered(rows: tuple[Row, ...], documents: list[dict[str, object]], *, own: str = "") -> list[str]:
    """Operations without a row and rows without an operation; `own` bounds the paths of a document that holds others' too."""
    operations = {
        f"{method.upper()} {path}"
        for document in documents
        for path, methods in document["paths"].items()  # type: ignore[attr-defined]
        for method, described in methods.items()
        if not (own and set(described.get("tags", ())) & set(own.split()))
    }
    told = {row.operation for row in rows}
    return [
        *(f"no row says who may {operation}" for operation in sorted(operations - told)),
        *(f"a row speaks of {operation}, which is no operation" for operation in sorted(told - operations)),
    ]
