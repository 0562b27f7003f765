import json
import shutil
import socket
import sys

import pytest

from course.paths import CourseError
from course.study.lab import SETTINGS, command, environment, others


@pytest.fixture
def taken():
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        yield server.getsockname()[1]


@pytest.fixture
def free():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def test_the_command_opens_the_workspace_on_the_home_page(tmp_path):
    line = command(tmp_path)
    assert line[:3] == [sys.executable, "-m", "jupyterlab"]
    assert f"--LabApp.workspaces_dir={tmp_path}/.course/tabs" in line
    assert f"--ServerApp.root_dir={tmp_path}" in line and "--LabApp.default_url=/lab/tree/home.md" in line
    assert "--no-browser" not in line and not [option for option in line if "port" in option]


@pytest.mark.parametrize(("shell", "started"), [("/usr/bin/fish", "/usr/bin/fish"), (None, "/bin/sh")])
def test_terminals_are_no_login_shells_so_that_course_stays_on_the_path(shell, started, tmp_path, monkeypatch):
    monkeypatch.delenv("SHELL", raising=False)
    if shell:
        monkeypatch.setenv("SHELL", shell)
    assert f"--ServerApp.terminado_settings={{'shell_command': ['{started}']}}" in command(tmp_path)


def test_a_free_port_is_taken_and_no_other(tmp_path, free):
    line = command(tmp_path, free, browser=False)
    assert f"--ServerApp.port={free}" in line and "--ServerApp.port_retries=0" in line and "--no-browser" in line


def test_a_port_in_use_is_told(tmp_path, taken):
    with pytest.raises(CourseError, match=f"port {taken} is in use or not allowed: choose another with --port"):
        command(tmp_path, taken)


@pytest.mark.parametrize("port", [-1, 70_000])
def test_a_port_that_cannot_be_is_told(port, tmp_path):
    with pytest.raises(CourseError, match=f"port {port} is in use or not allowed"):
        command(tmp_path, port)


@pytest.mark.parametrize(("user", "allowed"), [(0, True), (1000, False)])
def test_root_is_allowed_only_when_it_is_root(user, allowed, tmp_path, monkeypatch):
    monkeypatch.setattr("os.geteuid", lambda: user, raising=False)
    assert ("--allow-root" in command(tmp_path)) is allowed


def test_servers_on_the_same_workspace_are_found(tmp_path, monkeypatch):
    servers = [{"url": f"http://localhost:{port}/", "token": "t", "root_dir": str(folder)} for port, folder in ((8890, tmp_path), (8891, tmp_path.parent))]
    monkeypatch.setattr("jupyter_server.serverapp.list_running_servers", lambda: iter(servers))
    assert others(tmp_path) == ["http://localhost:8890/lab?token=t"]


def test_kernels_know_the_workspace_and_all_else(tmp_path, monkeypatch):
    monkeypatch.setenv("SOMETHING", "else")
    assert environment(tmp_path)["COURSE_WORK"] == str(tmp_path)
    assert environment(tmp_path)["SOMETHING"] == "else"


def test_terminals_find_the_course_command(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", "/usr/bin")
    assert shutil.which("course", path=environment(tmp_path)["PATH"])


def test_the_settings_of_jupyterlab_are_there(tmp_path):
    assert f"--LabApp.app_settings_dir={SETTINGS}" in command(tmp_path)
    settings = json.loads((SETTINGS / "overrides.json").read_text())
    assert settings["@jupyterlab/docmanager-extension:plugin"]["defaultViewers"] == {"markdown": "Markdown Preview"}
