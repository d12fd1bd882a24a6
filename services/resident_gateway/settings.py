"""Settings of the gateway: where the services are, and what it signs with."""

from pathlib import Path

from pydantic import Field
from pydantic.networks import IPvAnyNetwork

from platform_kit.settings import ServiceSettings


class GatewaySettings(ServiceSettings):
    """`operator_password_file` is the first account there is; every other is made with it."""

    signing_key_file: Path = Field(description="a private JWK, or a set of them, oldest first")
    operator_password_file: Path
    messages_dir: Path = Field(description="where local mode captures messages")
    sms_url: str | None = Field(None, description="the webhook that sends messages to phones")
    sms_token_file: Path | None = None
    trusted_proxies: tuple[IPvAnyNetwork, ...] = Field((), description="whose X-Forwarded-For is believed")
    staff_need_totp: bool | None = Field(None, description="unset: everywhere but in local mode")
    provider_issuer: str | None = Field(None, description="an OpenID provider whose ID tokens are accepted")
    provider_audience: str | None = Field(None, description="our client id there")
    provider_jwks_url: str | None = Field(
        None, description="unset: where the provider's discovery document says"
    )
    provider_subject_claim: str = "sub"
    registry_url: str = "http://127.0.0.1:8101"
    requests_url: str = "http://127.0.0.1:8102"
    volunteers_url: str = "http://127.0.0.1:8103"
    relief_url: str = "http://127.0.0.1:8104"
    paid_url: str = "http://127.0.0.1:8105"

    def needs_totp(self) -> bool:
        return self.mode != "local" if self.staff_need_totp is None else self.staff_need_totp

    def urls(self) -> dict[str, str]:
        """Base URL by service."""
        return {
            "community_registry": self.registry_url,
            "resident_requests": self.requests_url,
            "volunteer_matching": self.volunteers_url,
            "relief_disbursement": self.relief_url,
            "paid_services": self.paid_url,
        }
