"""Shared by .ci/watch and .ci/arm64, which run the functions in different ways: `quintet services` behind the
functions, their settings, and requests and sample events for them."""

import asyncio
import contextlib
import json
import os
import subprocess

from live import BINARY, PASSWORD, ROOT, free_port
from install import environment

import aiohttp
from aiohttp import web

CARGO_LAMBDA = environment("cargo-lambda") / "cargo-lambda"
# The address of `quintet services` in watch.env, for people who start it by hand.
USUAL = "127.0.0.1:8001"
LIMITS = {"RATE_LIMIT_API": "0", "RATE_LIMIT_AUTH": "0"}
SETTINGS = {**os.environ, **LIMITS, "OUTBOUND_ALLOW": "127.0.0.1", "LOG_LEVEL": "warn"}
ECHO = "This is a dummy response from the AI."
# The status of the answer to each sample event, from the test of the sample events.
EXPECTED = ROOT / "tests" / "template" / "snapshots" / "quintet__template__events__answers_to_samples.snap"
# Exceptions, because all samples share one data set here: no user uploaded the file, and auth/register takes the name.
ELSE_EXPECTED = {"files/content": 404, "users/create": 400}


@contextlib.contextmanager
def services():
    """Runs `quintet services` on a free port and yields its address."""
    command = [BINARY, "services", "--in-memory", "--listen", "127.0.0.1:0"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=SETTINGS)
    try:
        line = process.stdout.readline().strip()
        assert "ready on http://" in line, line
        yield line.rpartition("/")[2]
    finally:
        process.terminate()
        process.wait(timeout=60)


def function_settings(address):
    """The settings in watch.env, with the address of the services."""
    text = (ROOT / "watch.env").read_text()
    assert USUAL in text
    lines = [line for line in text.replace(USUAL, address).splitlines() if "=" in line and not line.startswith("#")]
    return dict(line.split("=", 1) for line in lines)


class Caller:
    """Makes requests and checks the answers."""

    def __init__(self, session, url, authorization=None):
        self.session, self.url = session, url
        self.headers = {"Authorization": authorization} if authorization else {}

    def authorized(self, authorization):
        return Caller(self.session, self.url, authorization)

    def bearing(self, token):
        return self.authorized(f"Bearer {token}")

    async def ask(self, method, path, body=None, form=None, headers=None):
        headers = {**self.headers, **(headers or {})}
        request = self.session.request(method, self.url + path, json=body, data=form, headers=headers)
        async with request as answer:
            return answer.status, await answer.text()

    async def wants(self, status, method, path, body=None, form=None):
        """Returns the body of the answer. Fails if the answer has another status."""
        found, text = await self.ask(method, path, body, form)
        assert found == status, f"{method} {path}: {found} instead of {status}: {text}"
        print(f"{method} {path} {status}", flush=True)
        return json.loads(text)


async def check_reports(caller):
    wrong = await caller.wants(400, "POST", "/api/v1/users/", {"username": "dora"})
    assert list(wrong) == ["email", "password"], wrong
    credentials = {"username": "dora", "password": PASSWORD}
    await caller.wants(201, "POST", "/api/v1/users/", {**credentials, "email": "dora@example.com"})
    # A path that only this dialect has works with and without the final slash.
    await caller.wants(200, "POST", "/api/v1/tokens", credentials)
    token = (await caller.wants(200, "POST", "/api/v1/tokens/", credentials))["token"]
    dora = caller.authorized(f"Token {token}")
    content = b"Our year was good.\n" * 50_000
    form = aiohttp.FormData({"name": "Reporter", "company_name": "ACME", "instructions": "You write reports."})
    form.add_field("files", content, filename="report.txt", content_type="text/plain")
    assistant = await dora.wants(201, "POST", "/api/v1/assistants/", form=form)
    url = assistant["files"][0]["url"]
    assert url.startswith(caller.url), url
    async with dora.session.get(url, headers=dora.headers) as answer:
        assert answer.status == 200 and await answer.read() == content, answer
    said = await dora.wants(201, "POST", "/api/v1/chat/", {"assistant_name": "Reporter", "_input": "Hello"})
    assert said["_output"] == ECHO, said


async def check_platform(caller):
    credentials = {"email": "eve@example.com", "password": PASSWORD}
    await caller.wants(201, "POST", "/api/v1/auth/register", credentials)
    wrong = await caller.wants(401, "POST", "/api/v1/auth/login", {**credentials, "password": "wrong"})
    assert wrong["error_code"] == "UNAUTHORIZED", wrong
    signed_in = await caller.wants(200, "POST", "/api/v1/auth/login", credentials)
    eve = caller.bearing(signed_in["access_token"])
    await eve.wants(403, "GET", "/api/v1/users")
    me = await eve.wants(200, "GET", "/api/v1/users/me/")
    assert me["username"] == "eve", me
    conversation = await eve.wants(201, "POST", "/api/v1/conversations", {"title": "First"})
    path = f"/api/v1/conversations/{conversation['id']}/messages"
    status, text = await eve.ask("POST", path, {"content": "Hello"}, headers={"Accept": "text/event-stream"})
    assert status == 200 and f'data: {{"text":"{ECHO}"}}' in text, text
    await check_webhook(eve)


async def check_webhook(eve):
    """Checks that the services deliver the webhooks for changes made by functions."""
    events, port = asyncio.Queue(), free_port()

    async def receive(request):
        await events.put(await request.json())
        return web.Response()

    app = web.Application()
    app.router.add_post("/", receive)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    try:
        asked = {"url": f"http://127.0.0.1:{port}/", "events": ["conversation.created"]}
        webhook = await eve.wants(201, "POST", "/api/v1/webhooks", asked)
        conversation = await eve.wants(201, "POST", "/api/v1/conversations", {"title": "Second"})
        event = await asyncio.wait_for(events.get(), 30)
        assert conversation["id"] in json.dumps(event), event
        for form in ["", "/"]:
            deliveries = await eve.wants(200, "GET", f"/api/v1/webhooks/{webhook['id']}/deliveries{form}")
            assert deliveries["total"] == 1, deliveries
    finally:
        await runner.cleanup()


async def check_webchat(caller):
    new = {"username": "ada", "password": PASSWORD, "confirm_password": PASSWORD}
    await caller.wants(201, "POST", "/api/v1/auth/register/", new)
    wrong = await caller.wants(401, "POST", "/api/v1/auth/login/", {"username": "ada", "password": "wrong"})
    assert list(wrong) == ["detail"], wrong
    signed_in = await caller.wants(200, "POST", "/api/v1/auth/login/", {"username": "ada", "password": PASSWORD})
    ada = caller.bearing(signed_in["access"])
    session = await ada.wants(201, "POST", "/api/v1/chat/sessions/", {"title": "First"})
    chat = await ada.wants(201, "POST", f"/api/v1/chat/sessions/{session['id']}/chats/", {"message": "Hello"})
    assert chat["response"] == ECHO, chat
    page = await ada.wants(200, "GET", "/api/v1/chat/sessions/?page=1")
    assert page["count"] == 1, page
    await ada.wants(404, "GET", "/api/v1/chat/sessions/?page=2")


async def check_chatbot(caller):
    new = {"username": "bob", "password": PASSWORD}
    await caller.wants(201, "POST", "/users/register/", new)
    await caller.wants(400, "POST", "/users/register/", new)
    token = (await caller.wants(200, "POST", "/users/login/", new))["token"]
    bob = caller.bearing(token)
    said = await bob.wants(200, "POST", "/send/", {"message": "Hello"})
    assert said == {"response": ECHO}, said
    for path in ["/token/", "/token"]:
        assert await bob.wants(200, "GET", path) == {"tokens": 3900}
    await caller.wants(401, "GET", "/users/")


async def check_metered(caller):
    new = {"username": "carol", "password": PASSWORD}
    await caller.wants(201, "POST", "/api/register/", new)
    carol = caller.bearing((await caller.wants(200, "POST", "/api/login/", new))["access"])
    wrong = await carol.wants(400, "POST", "/api/chat/", {})
    assert list(wrong) == ["error"], wrong
    said = await carol.wants(200, "POST", "/api/chat/", {"message": "Hello"})
    assert said["response"] == ECHO, said
    assert await carol.wants(200, "GET", "/api/tokens/") == {"tokens": 3900}


def expected(sample, answer):
    """Whether a sample event got the expected answer."""
    name = f"{sample.parent.name}/{sample.stem}"
    statuses = json.loads(EXPECTED.read_text().split("\n---\n", 1)[1])
    if name in statuses:
        return answer.get("statusCode") == ELSE_EXPECTED.get(name, statuses[name]["statusCode"])
    is_good = answer.get("statusCode", 200) < 300 and "errorMessage" not in answer
    return is_good and bool(answer.get("batchItemFailures")) == (sample.stem == "unreadable")


def check_samples(port, token):
    """Invokes every function with its sample events. `token` replaces the placeholder in samples that need one."""
    for sample in sorted(ROOT.glob("events/*/*.json")):
        event = sample.read_text().replace("TOKEN", token)
        command = [CARGO_LAMBDA, "lambda", "invoke", sample.parent.name, "--invoke-address", "127.0.0.1"]
        command += ["--invoke-port", str(port), "--data-ascii", event]
        invoked = subprocess.run(command, capture_output=True, text=True, timeout=120)
        assert invoked.returncode == 0, f"{sample}: {invoked.stderr}"
        answer = json.loads(invoked.stdout) or {}
        assert expected(sample, answer), f"{sample}: {answer}"
        print(sample.relative_to(ROOT), answer.get("statusCode", ""), flush=True)


async def until_ready(caller, process):
    """Waits until a function answers. Fails if `process`, which serves the functions, ends."""
    while True:
        try:
            await caller.wants(200, "GET", "/health")
            return
        except aiohttp.ClientConnectionError:
            assert process.poll() is None, "cargo lambda watch ended"
            await asyncio.sleep(0.2)


async def use(port, process):
    """Sends requests in all five dialects, then the sample events, to the functions behind this port."""
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=120)) as session:
        caller = Caller(session, f"http://127.0.0.1:{port}")
        await until_ready(caller, process)
        await caller.wants(200, "GET", "/openapi/metered.json")
        for check in [check_reports, check_platform, check_webchat, check_chatbot, check_metered]:
            await check(caller)
        credentials = {"email": "sam@example.com", "password": PASSWORD}
        await caller.wants(201, "POST", "/api/v1/auth/register", credentials)
        token = (await caller.wants(200, "POST", "/api/v1/auth/login", credentials))["access_token"]
    check_samples(port, token)
