"""Settings of one process, from its environment only. A service's own start with its prefix, the house's with LINLI_."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from platform_kit.database_address import with_password


class Secret:
    """Marks the file of a key or password: outside local mode nobody else may be able to read it."""


SecretFile = Annotated[Path, Secret()]


class KafkaSettings(BaseSettings):
    """Who a client is to the broker, and by which certificate it knows the broker: all three, or none for plaintext."""

    model_config = SettingsConfigDict(extra="ignore")

    kafka_ca_file: Path | None = Field(default=None, validation_alias="LINLI_KAFKA_CA_FILE")
    kafka_user: str | None = Field(default=None, validation_alias="LINLI_KAFKA_USER")
    kafka_password_file: SecretFile | None = Field(default=None, validation_alias="LINLI_KAFKA_PASSWORD_FILE")

    @model_validator(mode="after")
    def all_three_or_none(self) -> Self:
        """Two of them would be plaintext where somebody meant otherwise."""
        if len({bool(each) for each in (self.kafka_ca_file, self.kafka_user, self.kafka_password_file)}) > 1:
            raise ValueError(
                "LINLI_KAFKA_CA_FILE, LINLI_KAFKA_USER and LINLI_KAFKA_PASSWORD_FILE go together"
            )
        return self


class ServiceSettings(KafkaSettings):
    """`mode` is "local" only where a person may move the clock; production is what nobody chose."""

    mode: Literal["local", "production"] = Field("production", validation_alias="LINLI_MODE")
    kafka: str = Field(validation_alias="LINLI_KAFKA")
    jwks_file: Path = Field(validation_alias="LINLI_JWKS_FILE")
    sealing_key_file: SecretFile = Field(validation_alias="LINLI_SEALING_KEY_FILE")
    kek_file: SecretFile | None = Field(None, validation_alias="LINLI_KEK_FILE")
    kms_url: str | None = Field(None, validation_alias="LINLI_KMS_URL")
    kms_token_file: SecretFile | None = Field(None, validation_alias="LINLI_KMS_TOKEN_FILE")
    ordinal: int = Field(
        0, validation_alias="LINLI_ORDINAL", description="unique per live worker of one service"
    )

    trusted_proxies: str = Field(
        "",
        validation_alias="LINLI_TRUSTED_PROXIES",
        description="addresses or networks, with commas, whose X-Forwarded-For is believed; none: nobody's",
    )
    audit_anchor_dir: Path | None = Field(None, validation_alias="LINLI_AUDIT_ANCHOR_DIR")
    audit_anchor_key_file: SecretFile | None = Field(None, validation_alias="LINLI_AUDIT_ANCHOR_KEY_FILE")

    sent_events_days: int = Field(30, ge=1, validation_alias="LINLI_SENT_EVENTS_DAYS")
    stored_answers_days: int = Field(90, ge=2, validation_alias="LINLI_STORED_ANSWERS_DAYS")

    database_url: str
    database_password_file: SecretFile | None = Field(
        None, description="the password that goes into DATABASE_URL; unset: it stands there"
    )
    pool_size: int = 8
    host: str = "127.0.0.1"
    local_on_a_network: bool = Field(
        False,
        validation_alias="LINLI_LOCAL_ON_A_NETWORK",
        description="local mode answers other machines too: for a network of containers that nobody else is on",
    )
    api_port: int = 8000
    api_port_shared: bool = Field(False, description="several processes answer on it: one uses one core")
    cors_origins: str = Field(
        "", description="origins whose pages may call the API, with commas; none: no other site's may"
    )
    api_metrics_port: int = 0
    worker_metrics_port: int = 0

    @model_validator(mode="after")
    def its_password_from_the_file(self) -> Self:
        self.database_url = with_password(self.database_url, self.database_password_file)
        return self

    @classmethod
    def of(cls, prefix: str) -> Self:
        return cls(_env_prefix=f"{prefix}_")  # type: ignore[call-arg]

    def unsafe(self) -> Iterator[str]:
        """What of a service's own settings must not be so outside local mode: the variable's name, and why."""
        yield from ()
