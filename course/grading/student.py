"""The process in which a learner's cells run: a Jupyter kernel, confined, that also answers the examiner's calls of the learner's functions."""

from __future__ import annotations

import argparse
import json
import os
import sys
from multiprocessing.connection import Client, Connection
from pathlib import Path
from typing import Any

from ipykernel import kernelapp
from ipykernel.ipkernel import IPythonKernel
from ipykernel.kernelapp import IPKernelApp

from course.grading import sandbox
from course.grading.boundary import serve
from course.grading.codec import pack
from course.grading.kernels import PICTURES, SERVE, SERVED


class StudentApp(IPKernelApp):
    """A kernel application that opens no network port: IOPub's, for output of subprocesses, is of no use where none can be started."""

    def init_iopub(self, context: Any) -> None:
        original = kernelapp.IOPubThread
        kernelapp.IOPubThread = lambda socket, pipe, session: original(socket, pipe=False, session=session)
        try:
            super().init_iopub(context)
        finally:
            kernelapp.IOPubThread = original


class StudentKernel(IPythonKernel):
    """An IPython kernel with one more request: to serve calls until the examiner is done."""

    msg_types = [*IPythonKernel.msg_types, SERVE]  # noqa: RUF012
    channel: Connection

    async def execute_request(self, stream: Any, ident: Any, parent: Any) -> None:
        """Run a cell; figures are drawn only where the engine wants their pictures."""
        self.shell.display_formatter.formatters["image/png"].enabled = parent["metadata"].get(PICTURES, True)
        await super().execute_request(stream, ident, parent)

    def do_shutdown(self, restart: bool) -> dict[str, Any]:
        """Stay: `exit` in a learner's cell is no reason to lose what comes behind it; the engine ends the process."""
        return {"status": "ok", "restart": restart}

    def course_serve(self, stream: Any, ident: Any, parent: Any) -> None:
        """Handle the request: returns, with a reply, when the examiner says so."""
        try:
            serve(self.channel, self.shell.user_ns)
        finally:
            self.session.send(stream, SERVED, {"status": "ok"}, parent, ident)


def forked(request: dict[str, Any], fds: list[int]) -> None:
    """Start in a process of the fork server; the one descriptor is the channel to the examiner."""
    run(request, Connection(fds[0]))


def run(request: dict[str, Any], channel: Connection) -> None:
    """Confine this process, be the kernel of `request["connection_file"]`, and tell the examiner what protection is in force."""
    scratch = Path(request["scratch"])
    environment = sandbox.environment(scratch)
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(scratch)
    sys.path.insert(0, "")
    try:
        in_force = sandbox.enter(sandbox.Mode(request["mode"]), scratch, sandbox.Limits(**request["limits"]))
    except sandbox.Unprotected as error:
        channel.send_bytes(pack(["unprotected", str(error)]))
        return
    StudentKernel.channel = channel
    app = StudentApp.instance(
        connection_file=request["connection_file"],
        kernel_class=StudentKernel,
        parent_handle=0 if sys.platform == "win32" else 1,
        quiet=True,
        log_level=50,
    )
    app.init_crash_handler = lambda: None
    app.initialize([])
    app.shell.enable_matplotlib("inline")  # else done when it is imported, which the fork server did without a shell
    app.shell.history_manager.enabled = False
    app.shell.ask_exit = lambda: None
    sandbox.seal(in_force)
    channel.send_bytes(pack(["ready", in_force]))
    app.start()


def main() -> None:
    """Start as an ordinary process: `python -m course.grading.student -f FILE REQUEST`, where there is no fork."""
    parser = argparse.ArgumentParser()
    parser.add_argument("-f", dest="connection_file", required=True)
    parser.add_argument("request")
    arguments = parser.parse_args()
    request = json.loads(arguments.request)
    channel = Client(request["address"], authkey=bytes.fromhex(request["key"]))
    run({**request, "connection_file": arguments.connection_file}, channel)


if __name__ == "__main__":
    main()
