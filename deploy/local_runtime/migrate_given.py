"""`python -m local_runtime.migrate_given`: every service's migrations, on the databases that the environment names."""

from local_runtime.house import SERVICES
from platform_kit.migrate import migrate, owner_address


def main() -> None:
    for service in SERVICES:
        migrate(service.name, owner_address(service.prefix))


if __name__ == "__main__":
    main()
