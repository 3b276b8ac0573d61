"""MiniStack, an emulator of AWS that runs functions as processes of this machine: installed into an environment of
its own, started on loopback, and ended with everything that it started."""

import os
import pathlib
import signal
import subprocess
import time
import urllib.request

from install import environment
from live import free_port

START_SECONDS = 60


class Emulator:
    """One that keeps nothing."""

    def __init__(self, directory):
        self.directory = pathlib.Path(directory)
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = self.directory / "emulator.log"
        self.program = self.process = None

    def install(self):
        self.program = environment("emulator") / "ministack"

    def environment(self):
        """What callers of the emulator need, be it this script, a command of ours or a function."""
        return {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_REGION": "us-east-1",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
        }

    def start(self):
        (self.directory / "unpacked").mkdir()
        settings = {
            # What it unpacks and keeps is removed with the directory. Functions inherit its environment.
            "PATH": os.environ["PATH"],
            "HOME": str(self.directory),
            "TMPDIR": str(self.directory / "unpacked"),
            "STATE_DIR": str(self.directory / "state"),
            "BIND_HOST": "127.0.0.1",
            "MINISTACK_HOST": "127.0.0.1",
            "GATEWAY_PORT": str(self.port),
            # It does what policies say.
            "AUTH": "true",
            # What nobody here uses does not listen.
            "IOT_MTLS_ENABLED": "0",
        }
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [self.program],
                cwd=self.directory,
                env={**settings, **self.environment()},
                stdout=log,
                stderr=subprocess.STDOUT,
                # So that all that it starts can be ended with it.
                start_new_session=True,
            )
        until = time.monotonic() + START_SECONDS
        while not self.is_up():
            assert self.process.poll() is None and time.monotonic() < until, self.log.read_text()[-3000:]
            time.sleep(0.1)

    def is_up(self):
        try:
            with urllib.request.urlopen(f"{self.url}/_ministack/health", timeout=5) as answer:
                return answer.status == 200
        except OSError:
            return False

    def end(self):
        """Ends it and the functions that it runs, by the id of their group."""
        if self.process is None:
            return
        for how in [signal.SIGTERM, signal.SIGKILL]:
            try:
                os.killpg(self.process.pid, how)
            except ProcessLookupError:
                break
            try:
                self.process.wait(5)
            except subprocess.TimeoutExpired:
                pass
        self.process.wait()
