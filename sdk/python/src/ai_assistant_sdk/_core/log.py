"""The log: one line for each attempt, without bodies and credentials."""

from __future__ import annotations

import logging
import os

LOGGER = logging.getLogger("ai_assistant_sdk")


def set_up() -> None:
    """Writes the log to standard error if `AI_ASSISTANT_LOG` asks for it."""
    level = {"info": logging.INFO, "debug": logging.DEBUG}.get(os.environ.get("AI_ASSISTANT_LOG", "").lower())
    if level is not None and not LOGGER.handlers:
        handler = logging.StreamHandler()
        handler.setFormatter(logging.Formatter("%(asctime)s %(name)s %(levelname)s %(message)s"))
        LOGGER.addHandler(handler)
        LOGGER.setLevel(level)


def attempt(
    method: str, path: str, outcome: int | str, seconds: float, number: int, request_id: str | None = None
) -> None:
    """Logs one attempt."""
    LOGGER.info(
        "%s %s %s in %d ms, attempt %d, request %s", method, path, outcome, seconds * 1000, number, request_id or "-"
    )


def waiting(method: str, path: str, seconds: float) -> None:
    """Logs the wait before the next attempt."""
    LOGGER.debug("%s %s is sent again in %.2f s", method, path, seconds)
