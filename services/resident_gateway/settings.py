"""Settings of the gateway: where the services are, and what it signs with."""

from pathlib import Path

from platform_kit.settings import ServiceSettings


class GatewaySettings(ServiceSettings):
    """`operator_password_file` is the first account there is; every other is made with it."""

    signing_key_file: Path
    operator_password_file: Path
    messages_dir: Path
    registry_url: str = "http://127.0.0.1:8101"
    requests_url: str = "http://127.0.0.1:8102"
    volunteers_url: str = "http://127.0.0.1:8103"
    relief_url: str = "http://127.0.0.1:8104"
    paid_url: str = "http://127.0.0.1:8105"

    def urls(self) -> dict[str, str]:
        """Base URL by service."""
        return {
            "community_registry": self.registry_url,
            "resident_requests": self.requests_url,
            "volunteer_matching": self.volunteers_url,
            "relief_disbursement": self.relief_url,
            "paid_services": self.paid_url,
        }
