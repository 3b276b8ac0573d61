"""A proxy in front of the server that loses, delays, changes and cuts answers, and a relay of connections that can be
cut. Both keep what they saw."""

from __future__ import annotations

import http.client
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

CHUNK = 64 * 1024
HOP_BY_HOP = {"connection", "transfer-encoding", "content-length", "host", "keep-alive"}


@dataclass
class Seen:
    """A request and the answer of the server to it, which the client may not have got."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    at: float = field(default_factory=time.monotonic)
    status: int | None = None
    content_type: str = ""
    answer: bytes = b""

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Fault:
    """What goes wrong with a request."""

    before: bool = False
    """The connection ends before the server gets the request."""

    drop: bool = False
    """The connection ends after the server did what was asked."""

    delay: float = 0.0
    status: int | None = None
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes | None = None
    cut_after: int | None = None
    """The connection ends after so many bytes of the body."""

    stall_after: int | None = None
    """Nothing comes after so many bytes of the body."""

    pause: float = 0.0
    """The pause after each byte of the body."""

    change: Callable[[Any], Any] | None = None
    """Changes the JSON of the answer."""

    only_for: str = ""
    """The fault is for requests with this credential."""


class FaultProxy:
    """The proxy. Each rule applies to as many matching requests as it says, in the order of the rules."""

    def __init__(self, upstream: str) -> None:
        self.upstream = urlsplit(upstream)
        self.seen: list[Seen] = []
        self.all_seen: list[Seen] = []
        self._rules: list[tuple[str, str, list[int], Fault]] = []
        self._lock = threading.Lock()
        self._released = threading.Event()
        proxy = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            # Small writes must not wait for each other.
            disable_nagle_algorithm = True

            def log_message(self, *_: Any) -> None:
                pass

            def handle_one_request(self) -> None:
                try:
                    super().handle_one_request()
                except OSError:
                    self.close_connection = True

            def __getattr__(self, name: str) -> Any:
                if name.startswith("do_"):
                    return lambda: proxy.handle(self)
                raise AttributeError(name)

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._released.set()
        self._server.shutdown()
        self._server.server_close()

    def reset(self) -> None:
        """Forgets rules and requests, and lets go of what hangs."""
        with self._lock:
            self._rules, self.seen = [], []
        self._released.set()
        self._released = threading.Event()

    def rule(self, method: str, path: str, fault: Fault, times: int = 1) -> None:
        """Applies a fault to requests with a method whose path contains a text."""
        with self._lock:
            self._rules.append((method, path, [times], fault))

    def requests(self, method: str, path: str) -> list[Seen]:
        """The requests with a method whose path contains a text."""
        with self._lock:
            return [seen for seen in self.seen if seen.method == method and path in seen.path]

    def _fault(self, seen: Seen) -> Fault:
        credential = seen.headers.get("authorization", "")
        with self._lock:
            for rule_method, rule_path, left, fault in self._rules:
                is_meant = rule_method == seen.method and rule_path in seen.path
                if left[0] > 0 and is_meant and credential.endswith(fault.only_for):
                    left[0] -= 1
                    return fault
        return Fault()

    def handle(self, request: BaseHTTPRequestHandler) -> None:
        body = _body_of(request)
        seen = Seen(request.command, request.path, {k.lower(): v for k, v in request.headers.items()}, body)
        with self._lock:
            self.seen.append(seen)
            self.all_seen.append(seen)
        released = self._released
        fault = self._fault(seen)
        if fault.before:
            _break(request)
            return
        released.wait(fault.delay)
        if fault.status is not None:
            content = fault.body if fault.body is not None else b'{"detail": "A fault."}'
            _answer(request, fault.status, {"content-type": "application/json", **fault.headers}, content)
            return
        self._forward(request, seen, fault, released)

    def _forward(self, request: BaseHTTPRequestHandler, seen: Seen, fault: Fault, released: threading.Event) -> None:
        upstream = http.client.HTTPConnection(self.upstream.hostname or "", self.upstream.port, timeout=60)
        headers = {name: value for name, value in seen.headers.items() if name not in HOP_BY_HOP}
        try:
            upstream.request(seen.method, seen.path, seen.body or None, {**headers, "connection": "close"})
            answer = upstream.getresponse()
            seen.status, seen.content_type = answer.status, answer.headers.get("content-type", "")
            kept = {k: v for k, v in answer.headers.items() if k.lower() not in HOP_BY_HOP}
            if "event-stream" in seen.content_type and not fault.drop:
                self._relay(request, answer, kept, fault, released, seen)
                return
            seen.answer = answer.read()
        finally:
            upstream.close()
        if fault.drop:
            _break(request)
            return
        content = seen.answer
        if fault.change is not None:
            content = json.dumps(fault.change(json.loads(content))).encode()
        _answer(request, answer.status, {**kept, **fault.headers}, content, fault, released)

    def _relay(
        self,
        request: BaseHTTPRequestHandler,
        answer: http.client.HTTPResponse,
        headers: dict[str, str],
        fault: Fault,
        released: threading.Event,
        seen: Seen,
    ) -> None:
        """Passes a stream on piece by piece."""
        _head(request, answer.status, {**headers, "transfer-encoding": "chunked"})
        sent = 0
        limit = fault.cut_after if fault.cut_after is not None else fault.stall_after
        while piece := answer.read1(CHUNK):
            seen.answer += piece
            if limit is not None and sent + len(piece) >= limit:
                if rest := piece[: limit - sent]:
                    _chunk(request, rest)
                if fault.stall_after is not None:
                    released.wait(30)
                _break(request)
                return
            _chunk(request, piece)
            sent += len(piece)
        _chunk(request, b"")


def _body_of(request: BaseHTTPRequestHandler) -> bytes:
    if request.headers.get("transfer-encoding", "") != "chunked":
        return request.rfile.read(int(request.headers.get("content-length") or 0))
    body = b""
    while size := int(request.rfile.readline(), 16):
        body += request.rfile.read(size)
        request.rfile.readline()
    request.rfile.readline()
    return body


def _head(request: BaseHTTPRequestHandler, status: int, headers: dict[str, str]) -> None:
    request.send_response_only(status)
    for name, value in headers.items():
        request.send_header(name, value)
    request.end_headers()


def _chunk(request: BaseHTTPRequestHandler, data: bytes) -> None:
    request.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))


def _answer(
    request: BaseHTTPRequestHandler,
    status: int,
    headers: dict[str, str],
    content: bytes,
    fault: Fault | None = None,
    released: threading.Event | None = None,
) -> None:
    fault = fault or Fault()
    length = {} if status == 204 else {"content-length": str(len(content))}
    _head(request, status, {**headers, **length})
    if fault.cut_after is not None:
        request.wfile.write(content[: fault.cut_after])
        _break(request)
    elif fault.stall_after is not None:
        request.wfile.write(content[: fault.stall_after])
        assert released is not None
        released.wait(30)
        _break(request)
    elif fault.pause:
        assert released is not None
        for byte in content:
            request.wfile.write(bytes([byte]))
            if released.wait(fault.pause):
                return
    else:
        request.wfile.write(content)


def _break(request: BaseHTTPRequestHandler) -> None:
    """Ends the connection without a word."""
    with suppress(OSError):
        request.connection.shutdown(socket.SHUT_RDWR)
    request.close_connection = True


class Relay:
    """Passes connections on, until they are cut."""

    def __init__(self, host: str, port: int) -> None:
        self._target = (host, port)
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = self._listening.getsockname()[1]
        self.accepted = 0
        self._open: list[socket.socket] = []
        self._lock = threading.Lock()
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listening.accept()
            except OSError:
                return
            server = socket.create_connection(self._target)
            with self._lock:
                self.accepted += 1
                self._open += [client, server]
            for source, sink in [(client, server), (server, client)]:
                threading.Thread(target=self._copy, args=(source, sink), daemon=True).start()

    def _copy(self, source: socket.socket, sink: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(CHUNK):
                sink.sendall(data)
        for end in (source, sink):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def cut(self) -> None:
        """Ends all connections."""
        with self._lock:
            connections, self._open = self._open, []
        for connection in connections:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
            connection.close()

    def stop(self) -> None:
        self._listening.close()
        self.cut()


@contextmanager
def relay(host: str, port: int) -> Iterator[Relay]:
    made = Relay(host, port)
    try:
        yield made
    finally:
        made.stop()
