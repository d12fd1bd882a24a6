"""Settings of one process, from its environment only. A service's own start with its prefix, the house's with LINLI_."""

from pathlib import Path
from typing import Literal, Self

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class ServiceSettings(BaseSettings):
    """`mode` is "local" only where a person may move the clock; production is what nobody chose."""

    model_config = SettingsConfigDict(extra="ignore")

    mode: Literal["local", "production"] = Field("production", validation_alias="LINLI_MODE")
    kafka: str = Field(validation_alias="LINLI_KAFKA")
    jwks_file: Path = Field(validation_alias="LINLI_JWKS_FILE")
    sealing_key_file: Path = Field(validation_alias="LINLI_SEALING_KEY_FILE")
    kek_file: Path | None = Field(None, validation_alias="LINLI_KEK_FILE")
    kms_url: str | None = Field(None, validation_alias="LINLI_KMS_URL")
    kms_token_file: Path | None = Field(None, validation_alias="LINLI_KMS_TOKEN_FILE")
    ordinal: int = Field(
        0, validation_alias="LINLI_ORDINAL", description="unique per live worker of one service"
    )

    sent_events_days: int = Field(30, ge=1, validation_alias="LINLI_SENT_EVENTS_DAYS")
    stored_answers_days: int = Field(90, ge=2, validation_alias="LINLI_STORED_ANSWERS_DAYS")

    database_url: str
    pool_size: int = 8
    host: str = "127.0.0.1"
    api_port: int = 8000
    api_port_shared: bool = Field(False, description="several processes answer on it: one uses one core")
    api_metrics_port: int = 0
    worker_metrics_port: int = 0

    @classmethod
    def of(cls, prefix: str) -> Self:
        return cls(_env_prefix=f"{prefix}_")  # type: ignore[call-arg]
