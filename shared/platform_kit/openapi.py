"""The services' OpenAPI documents, committed as `shared/service_apis/<service>.json`: what others may know of a service.

`python -m platform_kit.openapi [--check] SERVICE…` writes or compares them.
"""

import argparse
import sys
from pathlib import Path

import orjson
from fastapi import FastAPI

from platform_kit.app import document
from platform_kit.service import Service, find

FOLDER = Path(__file__).parent.parent / "service_apis"


def text(service: Service) -> bytes:
    app = FastAPI(title=service.title, version="1")
    for router in service.all_routers():
        app.include_router(router)
    return orjson.dumps(document(app), option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS) + b"\n"


def main() -> None:
    parser = argparse.ArgumentParser(prog="platform_kit.openapi")
    parser.add_argument("--check", action="store_true")
    parser.add_argument("services", nargs="+")
    arguments = parser.parse_args()
    stale = []
    for name in arguments.services:
        path, wanted = FOLDER / f"{name}.json", text(find(name))
        if arguments.check:
            if not path.exists() or path.read_bytes() != wanted:
                stale.append(name)
        else:
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(wanted)
    if stale:
        sys.exit(f"stale OpenAPI documents (make contracts): {', '.join(stale)}")


if __name__ == "__main__":
    main()
