"""The memory of a server and of the processes that it starts, as Linux counts it."""

import asyncio
import contextlib
import pathlib

# Child processes may live for a fraction of a second.
POLL_SECONDS = 0.01


def megabytes(process, field):
    """A size in the status of a process, such as `VmHWM`. 0 if the process has ended."""
    with contextlib.suppress(OSError):
        for line in pathlib.Path(f"/proc/{process}/status").read_text().splitlines():
            if line.startswith(f"{field}:"):
                return int(line.split()[1]) / 1024
    return 0.0


def children(process):
    """The processes that a process started."""
    found = []
    for tasks in pathlib.Path(f"/proc/{process}/task").glob("*/children"):
        with contextlib.suppress(OSError):
            found += tasks.read_text().split()
    return found


class Memory:
    """The highest memory of the server and of its child processes within a block, in MB."""

    def __init__(self, process):
        self.process, self.server, self.child, self.children = process, 0.0, 0.0, set()

    async def __aenter__(self):
        # The kernel's own peak, from here on.
        pathlib.Path(f"/proc/{self.process}/clear_refs").write_text("5")
        self.watching = asyncio.create_task(self.watch())
        return self

    async def watch(self):
        while True:
            for child in children(self.process):
                self.children.add(child)
                self.child = max(self.child, megabytes(child, "VmHWM"))
            await asyncio.sleep(POLL_SECONDS)

    async def __aexit__(self, *_):
        self.watching.cancel()
        self.server = megabytes(self.process, "VmHWM")
