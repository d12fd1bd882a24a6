"""An account is found by its phone or staff name however that was typed."""

import unicodedata


def account_key(text: str) -> str:
    """A phone becomes its digits without the country's prefix, as the registry keeps it; a staff name only loses spaces."""
    plain = unicodedata.normalize("NFKC", text).strip()
    number = "".join(character for character in plain if character not in " -()")
    number = number.removeprefix("+86").removeprefix("0086") if len(number) > 11 else number
    return number if number.isascii() and number.isdigit() else plain
