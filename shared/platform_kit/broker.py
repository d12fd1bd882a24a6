"""How the broker is reached: the one place that says by what every Kafka client shows who it is."""

import ssl
from typing import Any

from platform_kit.settings import KafkaSettings

# The password never goes over the wire, and what the broker keeps of it does not sign in.
MECHANISM = "SCRAM-SHA-512"


def broker_connection(bootstrap: str, access: KafkaSettings) -> dict[str, Any]:
    """The arguments of any aiokafka client: where the broker is, and who we are; plaintext where no user is set.

    The files are read at each call: a changed password takes effect with the next client. Raises OSError when one is missing.
    """
    if access.kafka_ca_file is None or access.kafka_password_file is None:
        return {"bootstrap_servers": bootstrap}
    return {
        "bootstrap_servers": bootstrap,
        "security_protocol": "SASL_SSL",
        "ssl_context": ssl.create_default_context(cafile=access.kafka_ca_file),
        "sasl_mechanism": MECHANISM,
        "sasl_plain_username": access.kafka_user,
        "sasl_plain_password": access.kafka_password_file.read_text().strip(),
    }
