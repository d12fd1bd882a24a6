"""The import as a process of its own, so that a test can kill it: file, source, address and token."""

import asyncio
import sys
from pathlib import Path

import httpx

from local_runtime.city_import import import_file, report_beside
from local_runtime.demo.client import Client


async def main(file: Path, source: str, address: str, token: str) -> None:
    async with httpx.AsyncClient(base_url=address, timeout=60, trust_env=False) as http:
        await import_file(Client(http, token), file, source, report_beside(file, source), lambda _: None)


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), *sys.argv[2:]))
