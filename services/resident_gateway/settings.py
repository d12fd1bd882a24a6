"""Settings of the gateway: where the services are, and what it signs with."""

from collections.abc import Iterator
from pathlib import Path

from pydantic import Field

from platform_kit.settings import SecretFile, ServiceSettings

SHORTEST_OPERATOR_PASSWORD = 16


class GatewaySettings(ServiceSettings):
    """`operator_password_file` is the first account there is; every other is made with it."""

    signing_key_file: SecretFile
    operator_password_file: SecretFile
    messages_dir: Path
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
        yield "GATEWAY_MESSAGES_DIR: one-time codes would be written to files instead of being sent"
        if len(self.operator_password_file.read_text().strip()) < SHORTEST_OPERATOR_PASSWORD:
            yield f"GATEWAY_OPERATOR_PASSWORD_FILE: fewer than {SHORTEST_OPERATOR_PASSWORD} characters"
