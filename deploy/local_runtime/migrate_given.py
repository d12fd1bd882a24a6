"""`python -m local_runtime.migrate_given`: every service's migrations, on the databases that the environment names."""

import os

from local_runtime.house import SERVICES
from platform_kit.migrate import migrate


def main() -> None:
    for service in SERVICES:
        migrate(service.name, os.environ[f"{service.prefix}_OWNER_DATABASE_URL"])


if __name__ == "__main__":
    main()
