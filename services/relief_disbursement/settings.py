"""Relief's settings beside those of every service (RELIEF_…)."""

import codecs

from pydantic import field_validator

from platform_kit.settings import ServiceSettings


class ReliefSettings(ServiceSettings):
    """`bank_charset`: the Python name of the character set that the bank's import takes."""

    bank_charset: str = "gb18030"

    @field_validator("bank_charset")
    @classmethod
    def a_known_one(cls, name: str) -> str:
        try:
            return codecs.lookup(name).name
        except LookupError:
            raise ValueError(f"{name} is no character set") from None
