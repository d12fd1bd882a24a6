"""The files that a gateway under test reads: the key of the tests and the operator's password."""

import json
from pathlib import Path

from platform_kit.testing import signing_key


def gateway_files(folder: Path, operator_password: str) -> dict[str, Path]:
    """As settings, with the folder for its messages."""
    key, password = folder / "signing.json", folder / "operator.password"
    key.write_text(json.dumps(signing_key().as_dict(private=True)))
    password.write_text(operator_password + "\n")
    return {"signing_key_file": key, "operator_password_file": password, "messages_dir": folder / "messages"}
