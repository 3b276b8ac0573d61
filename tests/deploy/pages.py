"""The pages, as a browser uses them without scripts, and as their scripts do."""

import asyncio
import gzip
import json
import re

import aiohttp
from yarl import URL

from caller import PASSWORD, Caller
from dialects import PARK, SEA, SEA_REPLY, TURBINES

PAGE, EVENTS, JSON = "text/html,*/*;q=0.8", "text/event-stream", "application/json"
TOKEN = re.compile(r'name="csrf" value="([^"]+)"')


class Browser:
    """A browser: it keeps cookies and follows redirections. The emulator's events do not tell the service its address, so
    the links of pages lack what comes before their paths."""

    def __init__(self, session, url):
        self.caller, self.token = Caller(session, url), ""

    async def ask(self, method, path, accept=PAGE, **more):
        headers = {"Accept": accept, **more.pop("headers", {})}
        answer = await self.caller.ask(method, path, headers=headers, redirects=False, **more)
        if answer.status in (302, 303):
            return await self.ask("GET", answer.headers["Location"].split("#")[0], accept)
        if accept == PAGE and (token := TOKEN.search(answer.bytes.decode(errors="replace"))):
            self.token = token[1]
        return answer

    async def page(self, path):
        answer = await self.ask("GET", path)
        assert answer.status == 200, f"{answer.asked}: {answer.status}: {answer.bytes[:500]}"
        return answer.bytes.decode()

    async def submit(self, path, form):
        """Sends a form of the page that was read last, and gives the page that follows."""
        form = aiohttp.FormData({"csrf": self.token, **form}) if isinstance(form, dict) else form
        answer = await self.ask("POST", path, form=form)
        assert answer.status == 200, f"{answer.asked}: {answer.status}: {answer.bytes[:500]}"
        return answer.bytes.decode()

    async def script(self, path, accept=JSON, **more):
        return await self.ask("POST", path, accept, headers={"X-CSRF-Token": self.token}, **more)


def link(page, pattern):
    found = re.search(f'"({pattern})"', page)
    assert found, f"no link like {pattern} in {page[:3000]}"
    return found[1]


async def pages(anybody, stack):
    """the pages: signing in, a chat with and without scripts, files, live updates"""
    # Cookies of an address instead of a name are otherwise ignored.
    jar = aiohttp.CookieJar(unsafe=True)
    async with aiohttp.ClientSession(cookie_jar=jar, auto_decompress=False) as session:
        browser = Browser(session, anybody.url)
        first = await browser.page("/")
        assert "/accounts/login/" in first and "sign" in first.lower(), first[:500]
        style = link(first, r"/assets/[0-9a-f]+/style\.css")
        answer = await browser.ask("GET", style, headers={"Accept-Encoding": "gzip"})
        assert answer.headers["Content-Encoding"] == "gzip" and b"#side" in gzip.decompress(answer.bytes), answer.headers
        assert "immutable" in answer.headers["Cache-Control"], answer.headers
        await browser.page("/accounts/register/")
        account = {"username": "petra", "password": PASSWORD, "confirm_password": PASSWORD}
        home = await browser.submit("/accounts/register/", account)
        assert "4,000 tokens" in home, home[:3000]
        chat = await browser.submit("/chat/messages/", {"message": SEA, "key": "petra-1"})
        assert SEA_REPLY in chat and "3,900 tokens" in chat, chat[:3000]
        at = link(chat, r"/chat/[0-9a-f-]{36}/messages/")
        told = await browser.script(at, EVENTS, form={"message": SEA})
        assert told.headers["Content-Type"].startswith(EVENTS), f"{told.status} {told.headers}"
        kinds = [line.removeprefix("event: ") for line in told.bytes.decode().splitlines() if line.startswith("event: ")]
        assert kinds[0] == "turn" and kinds[-1] == "done" and "block" in kinds, told.bytes
        assert (await browser.page(at.removesuffix("messages/"))).count(f"<p>{SEA_REPLY}</p>") == 2
        # A file of a form, the answer from it, and its content.
        await browser.page("/assistants/new/")
        form = aiohttp.FormData({"csrf": browser.token, "name": "Reports", "key": "petra-2"})
        form.add_field("files", PARK.encode(), filename="park.txt", content_type="text/plain")
        made = await browser.submit("/assistants/new/", form)
        assistant = link(made, r"/\?assistant=[0-9a-f-]{36}").split("=")[1]
        file = link(await browser.page("/files/"), r"/files/[0-9a-f-]{36}/")
        await until_read(browser, file)
        question = {"message": "How many turbines does the wind farm near Delfzijl have?", "assistant": assistant}
        await browser.page("/")
        answered = await browser.submit("/chat/messages/", question)
        assert TURBINES in answered and "park.txt" in answered, answered[:3000]
        content = await browser.ask("GET", f"{file}content/")
        assert content.bytes == PARK.encode() and "park.txt" in content.headers["Content-Disposition"], content.headers
        # What no request carries goes to the bucket.
        large = b"tide,height\n" + b"12:00,3.4\n" * 500_000
        asked = {"filename": "tides.csv", "size": str(len(large)), "content_type": "text/csv"}
        announced = (await browser.script("/files/uploads/", form=asked)).is_answer(201, ...)
        headers = {name: value for name, value in announced["headers"].items() if name != "content-length"}
        async with anybody.session.put(URL(announced["upload_url"], encoded=True), data=large, headers=headers) as sent:
            assert sent.status == 200, f"{sent.status}: {await sent.read()}"
        completed = await browser.script(f"/files/{announced['id']}/complete/", form={})
        assert completed.is_answer(201, ...)["size"] == len(large)
        # Live updates have another host, where no cookie is sent.
        ticket = (await browser.script("/ws-ticket/", form={})).is_answer(200, {"url": ...})["url"]
        assert ticket.startswith(f"{stack.outputs['WebSocketUrl']}?ticket="), ticket
        async with anybody.session.ws_connect(ticket) as socket:
            await socket.send_json({"type": "ping"})
            assert (await asyncio.wait_for(socket.receive_json(), 10))["type"] == "pong"
        # Paths that no function has are answered by the gateway, in JSON.
        found = await browser.ask("GET", "/chat/00000000-0000-7000-8000-000000000000/")
        assert found.status == 404 and b"<title>" in found.bytes, found.bytes[:500]
        await browser.page("/account/")
        signed_out = await browser.submit("/accounts/logout/", {})
        assert "/accounts/login/" in signed_out, signed_out[:500]
        again = await browser.page("/files/")
        assert 'name="password"' in again, again[:500]


async def until_read(browser, file):
    """Waits until the text of a file was read."""
    for _ in range(300):
        state = json.loads((await browser.ask("GET", file, JSON)).bytes)["status"]
        if state != "processing":
            assert state == "ready", state
            return
        await asyncio.sleep(0.2)
    raise AssertionError(f"{file} is not read")


GROUPS = [pages]
