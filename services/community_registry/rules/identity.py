"""ID numbers (GB 11643-1999) and phones: normalised before they are compared, never guessed."""

import unicodedata
from datetime import date

from platform_kit.problems import InvalidInput, Text

_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECK = "10X98765432"

_WRONG_ID = Text("This is not a valid ID number.", "身份证号不正确。")
_WRONG_PHONE = Text("This is not a valid phone number.", "电话号码不正确。")


def id_number(text: str, *, field: str) -> str:
    """18 characters, check digit right and upper-case; 15-digit numbers of the last century are converted."""
    number = unicodedata.normalize("NFKC", text).replace(" ", "").upper()
    if len(number) == 15 and number.isascii() and number.isdigit():
        body = number[:6] + "19" + number[6:]
        number = body + _check_digit(body)
    if len(number) != 18 or not (number.isascii() and number[:17].isdigit()):
        raise InvalidInput(field=field, reason=_WRONG_ID)
    if number[17] != _check_digit(number[:17]):
        raise InvalidInput(field=field, reason=_WRONG_ID)
    try:
        date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError as error:
        raise InvalidInput(field=field, reason=_WRONG_ID) from error
    return number


def _check_digit(body: str) -> str:
    """MOD 11-2 over the first 17 digits."""
    return _CHECK[sum(int(digit) * weight for digit, weight in zip(body, _WEIGHTS, strict=True)) % 11]


def phone(text: str, *, field: str) -> str:
    """Digits only; the country's prefix is dropped; 7 to 12 digits remain."""
    plain = unicodedata.normalize("NFKC", text)
    number = "".join(character for character in plain if character not in " -()")
    number = number.removeprefix("+86").removeprefix("0086") if len(number) > 11 else number
    if not (number.isascii() and number.isdigit() and 7 <= len(number) <= 12):
        raise InvalidInput(field=field, reason=_WRONG_PHONE)
    return number
