"""JupyterLab on the learner's workspace."""

from __future__ import annotations

import os
import socket
import sys
from pathlib import Path

from course.paths import CourseError, search_path
from course.study.home import HOME
from course.study.progress import FOLDER

SETTINGS = Path(__file__).with_name("lab_settings")  # the home page opens rendered; no news, no look for updates


def command(work: Path, port: int | None = None, browser: bool = True) -> list[str]:
    """The command that opens JupyterLab in `work` on the home page. Raises CourseError when the port asked for is taken."""
    if port is not None:
        _check_free(port)
    options = [
        f"--ServerApp.root_dir={work}",
        f"--LabApp.default_url=/lab/tree/{HOME}",
        f"--LabApp.app_settings_dir={SETTINGS}",
        f"--LabApp.workspaces_dir={work / FOLDER / 'tabs'}",  # JupyterLab's own is shared by all servers of a user, and so are the tabs in it
    ]
    if os.name != "nt":  # a login shell, which JupyterLab takes when it was not started in a terminal, would put its own PATH in the place of ours
        shell = os.environ.get("SHELL") or "/bin/sh"
        options.append(f"--ServerApp.terminado_settings={{'shell_command': [{shell!r}]}}")
    if port is not None:
        options += [f"--ServerApp.port={port}", "--ServerApp.port_retries=0"]
    if not browser:
        options.append("--no-browser")
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        options.append("--allow-root")
    return [sys.executable, "-m", "jupyterlab", *options]


def environment(work: Path) -> dict[str, str]:
    """The environment of the server, its kernels and terminals: the workspace is named, and `course` is on the path."""
    return {**os.environ, "COURSE_WORK": str(work), "PATH": search_path()}


def others(work: Path) -> list[str]:
    """Addresses of servers that are open on the workspace already."""
    from jupyter_server.serverapp import list_running_servers

    return [f"{server['url']}lab?token={server['token']}" for server in list_running_servers() if Path(server["root_dir"]).resolve() == work.resolve()]


def _check_free(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except (OSError, OverflowError):
            raise CourseError(
                f'port {port} is in use or not allowed: choose another with --port (`make lab ARGS="--port 8890"`), or stop what runs there'
            ) from None
