"""What the supervisor is told to keep running."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Program:
    """One process: what to run, as whom, with what in its environment, and how to stop it."""

    name: str
    command: tuple[str, ...]
    environment: dict[str, str] = field(default_factory=dict)
    user: str | None = None
    stop_signal: str = "TERM"
    priority: int = 100
    autostart: bool = True
