"""Shared by the checks in which an independent provider of models answers."""

import asyncio
import contextlib
import json
import os
import pathlib

from install import node_package
from live import free_port

import aiohttp


@contextlib.asynccontextmanager
async def program(session, directory, command, health, settings=None):
    """Runs a program. Yields once it answers."""
    log = pathlib.Path(directory) / f"{pathlib.Path(command[0]).name}.log"
    with log.open("ab") as output:
        process = await asyncio.create_subprocess_exec(*command, stdout=output, stderr=output, env=settings)
    try:
        for _ in range(300):
            assert process.returncode is None, f"{command} ended:\n{log.read_text()[-2000:]}"
            with contextlib.suppress(aiohttp.ClientError, OSError):
                async with session.get(health) as answer:
                    if answer.status == 200:
                        break
            await asyncio.sleep(0.1)
        else:
            raise AssertionError(f"{command} does not answer at {health}:\n{log.read_text()[-2000:]}")
        yield
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


@contextlib.asynccontextmanager
async def aimock(session, directory, fixtures, settings=None, port=None):
    """Runs aimock, which answers by a list. Yields its address."""
    file = pathlib.Path(directory) / "fixtures.json"
    file.write_text(json.dumps({"fixtures": fixtures}))
    provider = f"http://127.0.0.1:{port or free_port()}"
    # Pieces that come at once may arrive as one.
    options = ["--port", provider.split(":")[-1], "--fixtures", file, "--latency", "20"]
    command = ["node", node_package() / ".bin" / "llmock", *options]
    async with program(session, directory, command, f"{provider}/health", {**os.environ, **(settings or {})}):
        yield provider
