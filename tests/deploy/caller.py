"""Who calls the API, and how answers are compared."""

import dataclasses
import json

import aiohttp

PASSWORD = "password123"


def is_like(wanted, value):
    """Whether a value is as wanted, where `...` stands for anything."""
    if wanted is ...:
        return True
    if isinstance(wanted, dict) and isinstance(value, dict):
        return wanted.keys() == value.keys() and all(is_like(one, value[name]) for name, one in wanted.items())
    if isinstance(wanted, list) and isinstance(value, list):
        return len(wanted) == len(value) and all(is_like(*pair) for pair in zip(wanted, value))
    return type(wanted) is type(value) and wanted == value


@dataclasses.dataclass
class Answer:
    """What was answered to a request."""

    asked: str
    status: int
    headers: dict
    bytes: bytes

    @property
    def body(self):
        return json.loads(self.bytes)

    def is_answer(self, status, wanted):
        """Wants this status and this body, and gives the body."""
        assert self.status == status, f"{self.asked}: {self.status}, not {status}: {self.bytes[:500]}"
        assert is_like(wanted, self.body), f"{self.asked}: {self.body} is not like {wanted}"
        return self.body


class Caller:
    """Somebody who calls the API, with or without a credential."""

    def __init__(self, session, url, credential=None):
        self.session, self.url, self.credential = session, url, credential

    def bearing(self, credential):
        """The same with a credential, like `Bearer …`."""
        return Caller(self.session, self.url, credential)

    async def ask(self, method, path, body=None, form=None, headers=None, redirects=True):
        given = {**({"Authorization": self.credential} if self.credential else {}), **(headers or {})}
        asked = self.session.request(method, self.url + path, json=body, data=form, headers=given, allow_redirects=redirects)
        async with asked as answer:
            return Answer(f"{method} {path}", answer.status, answer.headers, await answer.read())

    async def get(self, path, **more):
        return await self.ask("GET", path, **more)

    async def post(self, path, body=None, **more):
        return await self.ask("POST", path, {} if body is None and "form" not in more else body, **more)

    async def put(self, path, body):
        return await self.ask("PUT", path, body)

    async def delete(self, path):
        return await self.ask("DELETE", path)

    async def user(self, name):
        """Somebody new, signed in through 001."""
        names = {"username": name, "email": f"{name}@example.com", "password": PASSWORD}
        (await self.post("/api/v1/auth/register", names)).is_answer(201, ...)
        return await self.sign_in(name)

    async def sign_in(self, name):
        answer = await self.post("/api/v1/auth/login", {"email": name, "password": PASSWORD})
        return self.bearing(f"Bearer {answer.is_answer(200, ...)['access_token']}")


def session():
    """What callers share."""
    return aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=60))
