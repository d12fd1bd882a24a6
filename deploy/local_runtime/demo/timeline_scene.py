"""What 王奶奶 sees of all of it, from the gateway's own read model."""

from typing import Any

from local_runtime.demo.client import eventually
from local_runtime.demo.stage import Stage


async def show_timeline(stage: Stage, request_id: str) -> None:
    wang = stage.clients["wang"]
    with stage.scene("timeline") as say:

        def complete(page: Any) -> bool:
            states = {(item["kind"], item["state"]) for item in page["items"]}
            ours = any(item["id"] == request_id and item["state"] == "closed" for item in page["items"])
            payments = states & {("payment", "paid"), ("payment", "returned")}
            return ours and bool(payments) and {("application", "approved"), ("order", "paid")} <= states

        page = await eventually(lambda: wang.get("/me/timeline?limit=200"), complete, "a complete timeline")
        latest = "; ".join(f"{item['title']} {item['state_text']}" for item in page["items"][:4])
        say(f"{len(page['items'])} items: {latest} …")
