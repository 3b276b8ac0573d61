"""The client libraries, by their examples."""

import asyncio

from example_scripts import run

# All others need answers of the built-in echo.
SCRIPTS = ["platform_sdk.py", "platform_sdk.mjs"]


async def libraries(anybody, stack):
    """the client libraries: an assistant, a streamed reply, the conversation"""
    for script in SCRIPTS:
        await asyncio.to_thread(run, script, anybody.url, stack.emulator.directory)


GROUPS = [libraries]
