"""Settings of the gateway: where the services are, and what it signs with."""

from collections.abc import Iterator
from pathlib import Path

from pydantic import Field

from platform_kit.settings import SecretFile, ServiceSettings
from resident_gateway.rules.totp import SHORTEST_SECRET, is_secret

SHORTEST_OPERATOR_PASSWORD = 16
_RATES = ("sign_in_per_minute", "reads_per_minute", "commands_per_minute", "expensive_per_minute")


class GatewaySettings(ServiceSettings):
    """`operator_password_file` is the first account there is; every other is made with it."""

    signing_key_file: SecretFile = Field(description="a private JWK, or a set of them, oldest first")
    operator_password_file: SecretFile
    operator_totp_file: SecretFile | None = Field(
        None, description="the secret of the operator's second factor, base32; unset: there is none"
    )
    messages_dir: Path = Field(description="where local mode captures messages")
    sms_url: str | None = Field(None, description="the webhook that sends messages to phones")
    sms_token_file: SecretFile | None = None
    staff_need_totp: bool | None = Field(None, description="unset: everywhere but in local mode")
    provider_issuer: str | None = Field(None, description="an OpenID provider whose ID tokens are accepted")
    provider_audience: str | None = Field(None, description="our client id there")
    provider_jwks_url: str | None = Field(
        None, description="unset: where the provider's discovery document says"
    )
    provider_subject_claim: str = "sub"
    public_url: str | None = Field(
        None, description="https:// where people reach the gateway; unset: what they called it by"
    )
    open311_contact: str = Field(
        "请联系区民政部门 Ask the district office",
        max_length=200,
        description="whom to ask for a key of Open311",
    )
    registry_url: str = "http://127.0.0.1:8101"
    requests_url: str = "http://127.0.0.1:8102"
    volunteers_url: str = "http://127.0.0.1:8103"
    relief_url: str = "http://127.0.0.1:8104"
    paid_url: str = "http://127.0.0.1:8105"

    # Of one person in one process; 0 is no limit. Nobody with a screen before them comes near, and a clerk whose program
    # files for a whole community is not held up; no one person can take more than a part of what the house can do.
    sign_in_per_minute: int = Field(30, ge=0)
    reads_per_minute: int = Field(6000, ge=0)
    commands_per_minute: int = Field(3000, ge=0)
    expensive_per_minute: int = Field(120, ge=0)

    def needs_totp(self) -> bool:
        return self.mode != "local" if self.staff_need_totp is None else self.staff_need_totp

    def operator_password(self) -> str:
        return self.operator_password_file.read_text().strip()

    def operator_totp(self) -> str | None:
        return self.operator_totp_file.read_text().strip() if self.operator_totp_file else None

    def urls(self) -> dict[str, str]:
        """Base URL by service."""
        return {
            "community_registry": self.registry_url,
            "resident_requests": self.requests_url,
            "volunteer_matching": self.volunteers_url,
            "relief_disbursement": self.relief_url,
            "paid_services": self.paid_url,
        }

    def unsafe(self) -> Iterator[str]:
        if self.sms_url is None or self.sms_token_file is None:
            yield "GATEWAY_SMS_URL, GATEWAY_SMS_TOKEN_FILE: codes would be written to files instead of being sent"
        if (
            self.operator_password_file.is_file()
            and len(self.operator_password()) < SHORTEST_OPERATOR_PASSWORD
        ):
            yield f"GATEWAY_OPERATOR_PASSWORD_FILE: fewer than {SHORTEST_OPERATOR_PASSWORD} characters"
        if (secret := self.operator_totp()) is None:
            yield "GATEWAY_OPERATOR_TOTP_FILE: the operator would sign in with a password alone"
        elif not is_secret(secret):
            yield f"GATEWAY_OPERATOR_TOTP_FILE: not base32 of {SHORTEST_SECRET} bytes or more"
        if self.public_url is None or not self.public_url.startswith("https://"):
            yield "GATEWAY_PUBLIC_URL: a Host header could send whoever asks where we are to somebody else's keys"
        if not self.needs_totp():
            yield "GATEWAY_STAFF_NEED_TOTP: staff would sign in with a password alone"
        for rate in _RATES:
            if getattr(self, rate) == 0:
                yield f"GATEWAY_{rate.upper()}: 0 is no limit at all"
