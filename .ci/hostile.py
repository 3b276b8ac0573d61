"""Shared by the attacks of `.ci/hostile-clients`: connections without a client library, and measurements of a server
while it is attacked."""

import asyncio
import base64
import contextlib
import os
import pathlib
import re
import socket
import struct
import sys
import tempfile
import time

from live import FAST, Api, Server

import aiohttp

MEMORY_MAX_MB = 200
# An attack that takes this much memory is not continued.
MEMORY_ENOUGH_MB = 1500
OTHERS_WAIT_MAX_SECONDS = 2
# The address of the clients that must be served meanwhile. The attacks come from 127.0.0.1.
OTHER_ADDRESS = "127.0.0.2"
RECEIVE_BUFFER_BYTES = 4096
PAUSE_SECONDS = 0.05


def request(method, path, *headers, body=None, host="localhost"):
    """Returns a request's bytes. `body` announces its length; without `host` there is no such header."""
    lines = [f"{method} {path} HTTP/1.1", *([f"Host: {host}"] if host else []), *headers]
    if body is not None:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode() + (body or b"")


def websocket_headers():
    """The headers of a WebSocket's handshake."""
    key = base64.b64encode(os.urandom(16)).decode()
    return ["Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13", f"Sec-WebSocket-Key: {key}"]


def frame(opcode, content):
    """Returns the bytes of a client's WebSocket frame, with a mask of zeros."""
    length = bytes([0x80 | len(content)]) if len(content) < 126 else b"\xfe" + struct.pack(">H", len(content))
    return bytes([0x80 | opcode]) + length + bytes(4) + content


class Connection:
    """A connection to a server. It reads only what it is told to read."""

    def __init__(self, stream):
        self.stream, self.opened, self.received = stream, time.monotonic(), b""
        self.loop = asyncio.get_running_loop()

    @classmethod
    async def open(cls, server):
        stream = socket.socket()
        # Before connecting, because it limits what the server may send.
        stream.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER_BYTES)
        stream.setblocking(False)
        host, port = server.address.split(":")
        await asyncio.get_running_loop().sock_connect(stream, (host, int(port)))
        return cls(stream)

    @classmethod
    async def open_websocket(cls, server):
        connection = await cls.open(server)
        await connection.send(request("GET", "/ws", *websocket_headers()))
        status, _ = await connection.answer(30)
        assert status == 101, f"a handshake was answered with {status}"
        return connection

    @property
    def age(self):
        return time.monotonic() - self.opened

    async def send(self, content):
        await self.loop.sock_sendall(self.stream, content)

    async def drip(self, content, seconds=1.0, piece=1):
        """Sends `piece` bytes every `seconds` until the connection ends."""
        with contextlib.suppress(OSError):
            for start in range(0, len(content), piece):
                await self.send(content[start : start + piece])
                await asyncio.sleep(seconds)

    async def answer(self, seconds):
        """Returns status and headers of the next answer. The status is `None` if the connection ends without one."""
        with contextlib.suppress(OSError, asyncio.TimeoutError):
            async with asyncio.timeout(seconds):
                while b"\r\n\r\n" not in self.received:
                    received = await self.loop.sock_recv(self.stream, 65536)
                    if not received:
                        break
                    self.received += received
        head, end, self.received = self.received.partition(b"\r\n\r\n")
        match = re.match(rb"HTTP/1\.1 (\d{3})", head)
        if not (end and match):
            self.received = head
            return None, {}
        headers = [line.split(": ", 1) for line in head.decode("latin-1").split("\r\n")[1:]]
        return int(match[1]), {name.lower(): value for name, value in headers}

    async def ends(self, seconds):
        """Reads until the server closes the connection. Returns whether it does so within `seconds`."""
        try:
            async with asyncio.timeout(seconds):
                while received := await self.loop.sock_recv(self.stream, 65536):
                    self.received += received
        except asyncio.TimeoutError:
            return False
        except OSError:
            pass
        return True

    @property
    def is_answered(self):
        """Whether the beginning of an answer, or the end of the connection, has arrived. Reads nothing."""
        try:
            self.stream.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT)
        except BlockingIOError:
            return False
        except OSError:
            pass
        return True

    def reset(self):
        """Ends the connection with RST."""
        self.stream.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.stream.close()

    def close(self):
        self.stream.close()


def memory_mb(server):
    status = pathlib.Path(f"/proc/{server.process.pid}/status").read_text()
    return int(re.search(r"^VmRSS:\s+(\d+) kB$", status, re.M)[1]) / 1024


def open_files(server):
    """The number of a server's open files. A connection that the client does not read can only be seen here."""
    return len(os.listdir(f"/proc/{server.process.pid}/fd"))


def system_buffers_mb():
    """The size of the TCP buffers of the whole system."""
    pages = re.search(r"^TCP: .* mem (\d+)$", pathlib.Path("/proc/net/sockstat").read_text(), re.M)[1]
    return int(pages) * os.sysconf("SC_PAGE_SIZE") / 1e6


async def until(is_so, seconds):
    """Waits until `is_so()`. Returns the duration, or `None` if it took too long."""
    began = time.monotonic()
    while not is_so():
        if time.monotonic() - began > seconds:
            return None
        await asyncio.sleep(PAUSE_SECONDS)
    return time.monotonic() - began


class Target:
    """A server with a user who wants to be served."""

    def __init__(self, server, other):
        self.server, self.other = server, other
        # After the start and the first requests, and before any attack.
        self.idle_mb, self.idle_files = memory_mb(server), open_files(server)

    @property
    def above_idle_mb(self):
        return memory_mb(self.server) - self.idle_mb

    @property
    def connections(self):
        return open_files(self.server) - self.idle_files

    def errors(self):
        return [line for line in self.server.log.read_text().splitlines() if re.search(r"\bERROR\b", line)]


class Check:
    """Collects numbers and unmet expectations."""

    def __init__(self):
        self.rows, self.failures = [], 0

    def row(self, name, number):
        self.rows.append((name, number))

    def expect(self, is_so, sentence):
        if not is_so:
            self.failures += 1
            print(f"FAILED: {sentence}", file=sys.stderr, flush=True)

    def expect_within(self, name, seconds, at_least, at_most):
        """Notes a duration, which is `None` if the end was not awaited."""
        if seconds is not None:
            self.row(f"{name}, seconds", seconds)
        is_so = seconds is not None and at_least <= seconds <= at_most
        self.expect(is_so, f"{name}: {seconds} seconds instead of {at_least} to {at_most}")

    @contextlib.asynccontextmanager
    async def target(self, name, settings=None):
        """Starts a server. No attack may make it log an error."""
        connector = aiohttp.TCPConnector(local_addr=(OTHER_ADDRESS, 0), force_close=True, limit=0)
        timeout = aiohttp.ClientTimeout(total=60)
        with tempfile.TemporaryDirectory(dir=FAST) as directory:
            server = Server(directory, settings or {})
            async with aiohttp.ClientSession(connector=connector, timeout=timeout) as session:
                try:
                    await server.start()
                    other = await Api(session, server.url).register("other")
                    await other.must("GET", "/api/v1/users/me")
                    target = Target(server, other)
                    yield target
                    errors = target.errors()
                    self.expect(not errors, f"{name}: the server logged {len(errors)} errors: {errors[:1]}")
                except Exception:
                    print(f"{name}:\n{server.log.read_text()[-5000:]}", file=sys.stderr)
                    raise
                finally:
                    await server.kill()

    @contextlib.asynccontextmanager
    async def attack(self, name, target, others_wait_max=OTHERS_WAIT_MAX_SECONDS, path="/api/v1/users/me"):
        """Watches a server during an attack: its memory, and the requests of somebody else."""
        peak, waited, failed = 0.0, [], []

        async def watch_memory():
            nonlocal peak
            while True:
                peak = max(peak, target.above_idle_mb)
                await asyncio.sleep(PAUSE_SECONDS)

        async def be_served():
            while True:
                asked = time.monotonic()
                answer = await target.other.ask("GET", path)
                waited.append(time.monotonic() - asked)
                if answer is None or answer[0] != 200:
                    failed.append(answer and answer[0])
                await asyncio.sleep(5 * PAUSE_SECONDS)

        watching = [asyncio.create_task(watch()) for watch in [watch_memory, be_served]]
        try:
            yield
            # One more request, so that a server that answers nobody is noticed.
            await target.other.ask("GET", path)
        finally:
            for task in watching:
                task.cancel()
            await asyncio.gather(*watching, return_exceptions=True)
        slowest = max(waited, default=others_wait_max)
        self.row(f"{name}: memory above idle, MB", peak)
        self.row(f"{name}: slowest answer to others, ms", slowest * 1000)
        self.expect(peak <= MEMORY_MAX_MB, f"{name}: {peak:.0f} MB above idle, more than {MEMORY_MAX_MB}")
        too_slow = f"{name}: others waited {slowest:.1f} seconds, more than {others_wait_max}"
        self.expect(slowest <= others_wait_max, too_slow)
        self.expect(not failed, f"{name}: {len(failed)} requests of others were not answered well: {failed[:3]}")
