"""Settings of resident requests."""

from pydantic import Field

from platform_kit.settings import ServiceSettings


class RequestSettings(ServiceSettings):
    reopen_hours: int = Field(
        168, ge=1, description="how long after resolving a resident may say that it is not done"
    )
    jurisdiction_id: str = Field(
        "linli", min_length=1, max_length=100, description="what Open311 calls the district"
    )
