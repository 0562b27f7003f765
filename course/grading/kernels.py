"""The two processes that grade a submission, started warm from the fork server or as ordinary ones, and ended with all that they opened."""

from __future__ import annotations

import asyncio
import json
import os
import secrets
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import asdict, dataclass
from multiprocessing.connection import Connection, Listener, Pipe
from pathlib import Path
from queue import Empty
from typing import Any

import zmq
from jupyter_client.asynchronous import AsyncKernelClient
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager
from jupyter_client.provisioning import LocalProvisioner
from traitlets import Dict, Instance

from course.grading import forkserver
from course.grading.codec import pack, unpack
from course.grading.sandbox import MB, Limits, Mode, Unprotected, environment

STARTUP_SECONDS = 60
SERVE, SERVED = "course_serve", "course_served"  # the request to a student's kernel to answer the examiner's calls, and its reply
PICTURES = "course_pictures"  # in the metadata of a request to run a cell: whether its figures are drawn


class ForkProvisioner(LocalProvisioner):
    """Starts a kernel by forking the warm process, where jupyter_client's own provisioner runs a command."""

    child: forkserver.Child | None = None

    @property
    def has_process(self) -> bool:
        return self.child is not None

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> Any:
        manager = self.parent
        self.child = forkserver.Child("student", {**manager.request, "connection_file": manager.connection_file}, [manager.channel.fileno()])
        self.pid = self.child.pid
        return self.connection_info

    async def poll(self) -> int | None:
        return self.child.poll() if self.child else 0

    async def wait(self) -> int | None:
        while (status := await self.poll()) is None:
            await asyncio.sleep(0.005)
        return status

    async def send_signal(self, signum: int) -> None:
        if self.child:
            self.child.send_signal(signum)

    async def kill(self, restart: bool = False) -> None:
        if self.child:
            self.child.kill()

    async def terminate(self, restart: bool = False) -> None:
        await self.kill()

    async def cleanup(self, restart: bool = False) -> None:
        if self.child:
            self.child.close()
            self.child = None


class StudentManager(AsyncKernelManager):
    """Manages a student's kernel; `request` is what `course.grading.student` is told, `channel` its line to the examiner (when it is forked)."""

    request = Dict()
    channel = Instance(Connection, allow_none=True)

    @property
    def kernel_spec(self) -> KernelSpec:
        """A kernel of this Python, whatever kernels the machine has installed."""
        argv = [sys.executable, "-m", "course.grading.student", "-f", "{connection_file}", json.dumps(self.request)]
        name = "course-fork" if self.channel is not None else "local-provisioner"
        return KernelSpec(argv=argv, display_name="Python 3", language="python", metadata={"kernel_provisioner": {"provisioner_name": name}})


@dataclass
class Pair:
    """A student process and its examiner, ready for work; `in_force` are the protections that the student process has."""

    client: AsyncKernelClient
    manager: StudentManager
    line: Connection
    scratch: Path
    in_force: list[str]

    @property
    def pid(self) -> int:
        return self.manager.provisioner.pid

    async def alive(self) -> bool:
        return bool(await self.manager.is_alive())

    async def interrupt(self) -> None:
        """What Ctrl-C does."""
        await self.manager.interrupt_kernel()

    async def kill(self) -> None:
        """End the student process at once."""
        await self.manager.provisioner.kill()

    async def status(self, seconds: float) -> int | None:
        """Exit status of the student process when it ends within the time, None when it does not."""
        with suppress(TimeoutError):
            return await asyncio.wait_for(self.manager.provisioner.wait(), seconds) or 0
        return None


@asynccontextmanager
async def pair(folder: Path, locked: list[tuple[str, str]], limits: Limits, mode: Mode, warm: bool) -> AsyncIterator[Pair]:
    """A student process with its scratch folder below `folder`, and an examiner that knows the locked cells. Both are gone when the block ends."""
    scratch = folder / "scratch"
    scratch.mkdir()
    request = {"scratch": str(scratch), "mode": str(mode), "limits": asdict(limits)}
    async with AsyncExitStack() as stack:
        start = _forked_examiner if warm else _ordinary_examiner
        line, channel, more = await start(stack)
        line.send_bytes(pack([locked, limits.cell_seconds, limits.memory]))
        manager = StudentManager(transport="ipc", ip=str(scratch / ".k"), request={**request, **more}, channel=channel)
        if not hasattr(os, "fork"):
            manager = StudentManager(request={**request, **more}, channel=None)
        manager.connection_file = str(scratch / ".connection.json")
        stack.push_async_callback(_end, manager)
        await manager.start_kernel(env=environment(scratch), cwd=str(scratch))
        if channel is not None:
            channel.close()
        match await receive(line, STARTUP_SECONDS):
            case ["ready", in_force]:
                pass
            case ["unprotected", reason]:
                raise Unprotected(reason)
            case other:
                raise RuntimeError(f"the kernel did not start: {other}")
        client = manager.client()
        client.context.setsockopt(zmq.MAXMSGSIZE, 64 * MB)
        client.start_channels(hb=False, stdin=False)
        stack.callback(client.stop_channels)
        await _ready(client)
        yield Pair(client, manager, line, scratch, in_force)


async def receive(line: Connection, seconds: float) -> Any:
    """The next message of the examiner's, None when there is none within the time. EOFError when it is gone."""
    return unpack(line.recv_bytes()) if await asyncio.to_thread(line.poll, seconds) else None


async def _ready(client: AsyncKernelClient) -> None:
    """Ask the kernel for its name until it answers on both of its channels: what is said to it before may be lost."""
    end = asyncio.get_running_loop().time() + STARTUP_SECONDS
    while asyncio.get_running_loop().time() < end:
        client.kernel_info()
        with suppress(Empty):
            await client.get_shell_msg(timeout=0.2)
            await client.get_iopub_msg(timeout=0.2)
            return
    raise RuntimeError("the kernel does not answer")


async def _forked_examiner(stack: AsyncExitStack) -> tuple[Connection, Connection | None, dict[str, str]]:
    line, engine = stack.enter_context(_pipe())
    channel, student = stack.enter_context(_pipe())
    child = forkserver.Child("examiner", {}, [engine.fileno(), channel.fileno()])
    stack.callback(child.close)
    engine.close()
    channel.close()
    return line, student, {}


async def _ordinary_examiner(stack: AsyncExitStack) -> tuple[Connection, Connection | None, dict[str, str]]:
    key = secrets.token_hex(32)
    with Listener(authkey=bytes.fromhex(key)) as listener:
        process = subprocess.Popen([sys.executable, "-m", "course.grading.examiner"], stdin=subprocess.PIPE, text=True)
        stack.callback(process.wait)
        stack.callback(process.kill)
        assert process.stdin is not None
        process.stdin.write(json.dumps([listener.address, key]) + "\n")
        process.stdin.close()
        line = await asyncio.to_thread(listener.accept)
    stack.callback(line.close)
    return line, None, {"address": await receive(line, STARTUP_SECONDS), "key": key}


class _pipe:
    """A two-way pipe as a context manager."""

    def __enter__(self) -> tuple[Connection, Connection]:
        self.ends = Pipe()
        return self.ends

    def __exit__(self, *_: object) -> None:
        for end in self.ends:
            end.close()


async def _end(manager: StudentManager) -> None:
    with suppress(RuntimeError):
        await manager.shutdown_kernel(now=True)
