"""Shared by the checks with real processes: their environment, a server that can be killed and restarted, its API, and
the requests to a receiver of webhooks."""

import asyncio
import json
import os
import pathlib
import signal
import socket
import subprocess
import sys

from install import ROOT, debian, environment, node_package

BINARY = ROOT / "target" / "debug" / "quintet"
# These checks end processes, not machines, so data need not reach a disk: it survives in memory.
FAST = next((place for place in ["/dev/shm"] if os.access(place, os.W_OK)), None)
PASSWORD = "password123"
ADMIN = {"QUINTET_ADMIN_EMAIL": "admin@example.com", "QUINTET_ADMIN_PASSWORD": PASSWORD}
SETTINGS = {
    "RATE_LIMIT_API": "0",
    "RATE_LIMIT_AUTH": "0",
    "INITIAL_TOKENS": "1000000000",
    "OUTBOUND_ALLOW": "127.0.0.1",
    "LOG_LEVEL": "warn",
    **ADMIN,
}


def equip():
    """Builds the server and restarts the script in an environment with the packages."""
    python = environment("checks") / "python"
    if pathlib.Path(sys.prefix) != python.parent.parent:
        subprocess.run(["cargo", "build", "--quiet", "--package", "local"], cwd=ROOT, check=True)
        os.execv(python, [python, *sys.argv])


equip()
# On SIGTERM, the script exits and ends the processes that it started.
signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))

import aiohttp  # noqa: E402: it is there from here on


def free_port():
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return listening.getsockname()[1]


def install_node():
    """Makes sure that Node.js is installed."""
    debian("node", "nodejs")


def install_node_with_websocket():
    """Returns the Node.js command, and the line with which a module imports `WebSocket` if Node.js lacks it."""
    install_node()
    for flags in [[], ["--experimental-websocket"]]:
        if subprocess.run(["node", *flags, "--eval", "WebSocket"], capture_output=True).returncode == 0:
            return ["node", *flags], ""
    return ["node"], f"globalThis.WebSocket = (await import('{node_package()}/ws/wrapper.mjs')).default;"


class Server:
    """A server that keeps its directory and port when it restarts, and its data unless they are in memory."""

    def __init__(self, directory, settings, binary=BINARY, in_memory=False):
        self.directory, self.binary = pathlib.Path(directory), binary
        self.data = ["--in-memory"] if in_memory else ["--data", self.directory / "data"]
        self.settings = {**os.environ, **SETTINGS, **settings}
        self.address = f"127.0.0.1:{free_port()}"
        self.url = f"http://{self.address}"
        self.log = self.directory / "log"
        self.process = None

    async def start(self):
        with self.log.open("ab") as log:
            command = [self.binary, "serve", "--listen", self.address, *self.data]
            self.process = await asyncio.create_subprocess_exec(
                *command, stdout=asyncio.subprocess.PIPE, stderr=log, env=self.settings
            )
        line = await asyncio.wait_for(self.process.stdout.readline(), 60)
        assert line.startswith(b"Quintet is ready"), self.log.read_text()[-2000:]

    async def kill(self):
        """Kills the server like `kill -9`."""
        if self.process is not None and self.process.returncode is None:
            self.process.kill()
            await self.process.wait()


class Api:
    """The API for one caller."""

    def __init__(self, session, url, token=None):
        self.session, self.url = session, url
        self.headers = {"Authorization": f"Token {token}"} if token else {}

    async def ask(self, method, path, body=None):
        """Returns status and body, or `None` if the connection broke before the end of the answer."""
        try:
            asked = self.session.request(method, self.url + path, json=body, headers=self.headers)
            async with asked as answer:
                text = await answer.text()
                return answer.status, json.loads(text) if text else None
        except (OSError, asyncio.TimeoutError, aiohttp.ClientError):
            return None

    async def must(self, method, path, body=None):
        """Returns the body of the answer. Fails if the answer is not a success."""
        answer = await self.ask(method, path, body)
        assert answer is not None and 200 <= answer[0] < 300, f"{method} {path}: {answer}"
        return answer[1]

    async def everything(self, path):
        """Returns all entries of a list."""
        entries, page = [], {"has_next": True, "page": 0}
        while page["has_next"]:
            separator = "&" if "?" in path else "?"
            page = await self.must("GET", f"{path}{separator}size=100&page={page['page'] + 1}&sort=created_at:asc")
            entries += page["items"]
        return entries

    async def register(self, username):
        """Registers a user and returns the API for that user."""
        names = {"username": username, "email": f"{username}@example.com", "password": PASSWORD}
        await self.must("POST", "/api/v1/users/", names)
        return await self.sign_in(username)

    async def sign_in(self, username):
        credentials = {"username": username, "password": PASSWORD}
        token = (await self.must("POST", "/api/v1/tokens/", credentials))["token"]
        return Api(self.session, self.url, token)


def table(rows):
    """Prints names and numbers."""
    width = max(len(name) for name, _ in rows)
    for name, number in rows:
        shown = f"{number:,.2f}" if isinstance(number, float) else f"{number:,}"
        print(f"{name:<{width}}  {shown:>10}", flush=True)
