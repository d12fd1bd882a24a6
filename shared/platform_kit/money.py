"""Money is an integer count of minor units with its currency; no float ever touches it.

Rounding happens once, at the named place that calls `share`, half up (四舍五入); a split always adds up to its whole.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Self

from annotated_types import Ge, Le, Len
from pydantic import Strict

_BIGINT = 2**63 - 1


class MixedCurrencies(ValueError):
    """Two currencies met in one sum: a programming error, never a user's."""


@dataclass(frozen=True, slots=True)
class Money:
    """`amount` in minor units (fen for CNY), `currency` as ISO 4217 code."""

    amount: Annotated[int, Strict(), Ge(-_BIGINT), Le(_BIGINT)]
    currency: Annotated[str, Len(3, 3)] = "CNY"

    def __add__(self, other: Self) -> Self:
        return type(self)(self.amount + self._same(other), self.currency)

    def __sub__(self, other: Self) -> Self:
        return type(self)(self.amount - self._same(other), self.currency)

    def __neg__(self) -> Self:
        return type(self)(-self.amount, self.currency)

    def share(self, numerator: int, denominator: int) -> Self:
        """`amount * numerator / denominator`, rounded half up away from zero. `denominator` > 0."""
        if denominator <= 0:
            raise ValueError("the denominator of a share is positive")
        product = self.amount * numerator
        rounded = (2 * abs(product) + denominator) // (2 * denominator)
        return type(self)(rounded if product >= 0 else -rounded, self.currency)

    def split(self, weights: Sequence[int]) -> list[Self]:
        """Parts proportional to `weights` that sum to exactly this amount (largest remainder, first one wins a tie)."""
        total = sum(weights)
        if total <= 0 or min(weights) < 0:
            raise ValueError("weights are not negative and not all zero")
        sign = -1 if self.amount < 0 else 1
        whole = abs(self.amount)
        parts = [whole * weight // total for weight in weights]
        by_remainder = sorted(range(len(weights)), key=lambda i: (-(whole * weights[i] % total), i))
        for i in by_remainder[: whole - sum(parts)]:
            parts[i] += 1
        return [type(self)(sign * part, self.currency) for part in parts]

    def _same(self, other: Self) -> int:
        if other.currency != self.currency:
            raise MixedCurrencies(f"{self.currency} and {other.currency}")
        return other.amount

    def __str__(self) -> str:
        symbol = {"CNY": "¥"}.get(self.currency, self.currency + " ")
        sign = "-" if self.amount < 0 else ""
        return f"{sign}{symbol}{abs(self.amount) // 100:,}.{abs(self.amount) % 100:02d}"
