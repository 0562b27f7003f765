"""A site as docs/hub.md makes it: an environment, an exchange, system users, a running JupyterHub. All in one folder below /tmp, but for the users."""

import contextlib
import json
import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from course.authoring import bank
from course.authoring.source import dumps, read, to_notebook
from tests.conftest import PROJECT, SECTION, TINY

COURSE_ID = "ai-data-scientist"
SCRIPTS = {"alembic": "alembic.config:main", "course": "course.cli:main", "nbgrader": "nbgrader.apps.nbgraderapp:main"}


@dataclass
class Site:
    """A hub for one course: `folder` holds env, exchange, hub and home."""

    folder: Path
    url: str
    instructor: str
    learners: list[str]
    passwords: dict[str, str]
    started: list[subprocess.Popen] = field(default_factory=list)

    @property
    def course(self) -> Path:
        """The instructor's copy of the course."""
        return self.home(self.instructor) / COURSE_ID

    def home(self, user: str) -> Path:
        return self.folder / "home" / user

    def start(self, user: str, *command: str, folder: Path | None = None, log: str = "commands.log", **settings) -> subprocess.Popen:
        """Start a command of the site's environment as a user, with that user's groups and nothing of this process's environment."""
        account = pwd.getpwnam(user)
        with (self.folder / log).open("a") as output:
            process = subprocess.Popen(
                command,
                cwd=folder or account.pw_dir,
                user=account.pw_uid,
                group=account.pw_gid,
                extra_groups=os.getgrouplist(user, account.pw_gid),
                env={"HOME": account.pw_dir, "USER": user, "PATH": f"{self.folder / 'env' / 'bin'}:/usr/bin:/bin", "LANG": "C.UTF-8"},
                start_new_session=True,
                **{"stdout": output, "stderr": output, **settings},
            )
        self.started.append(process)
        return process

    def run(self, user: str, *command: str, folder: Path | None = None) -> subprocess.CompletedProcess:
        """Run a command as a user to its end; what it wrote is in the result."""
        process = self.start(user, *command, folder=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        output, _ = process.communicate(timeout=120)
        return subprocess.CompletedProcess(command, process.returncode, output)

    def said(self, log: str) -> str:
        return (self.folder / log).read_text()


@pytest.fixture(scope="session")
def site() -> Iterator[Site]:
    """A running hub with an instructor, who has a copy of the tiny course, and two learners."""
    if missing := _missing():
        pytest.skip(f"a hub of system users needs {missing}")
    folder = Path(tempfile.mkdtemp(prefix="hub-", dir="/tmp"))
    folder.chmod(0o755)
    mark = secrets.token_hex(3)
    names = {role: f"{role}-{mark}" for role in ("prof", "ada", "bo")}
    site = Site(folder, "", names["prof"], [names["ada"], names["bo"]], {name: secrets.token_urlsafe(12) for name in names.values()})
    groups = {"COURSE_LEARNERS": f"learn-{mark}", "COURSE_INSTRUCTORS": f"teach-{mark}"}
    try:
        _install(folder)
        for group in groups.values():
            _do("groupadd", group)
        for name, password in site.passwords.items():
            group = groups["COURSE_INSTRUCTORS" if name == site.instructor else "COURSE_LEARNERS"]
            _do("useradd", "--create-home", "--home-dir", str(site.home(name)), "--groups", group, "--shell", "/bin/bash", name)
            _do("chpasswd", input=f"{name}:{password}")
        _copy_course(site)
        with _hub(site, groups):
            yield site
    finally:
        for process in site.started:
            _end(process)
        for name in names.values():
            _clear(name)
            subprocess.run(["userdel", name], check=False, capture_output=True)
        for group in groups.values():
            subprocess.run(["groupdel", group], check=False, capture_output=True)
        subprocess.run(["rm", "-rf", folder], check=False)


def _missing() -> str | None:
    """What this machine lacks, in words."""
    if os.geteuid() != 0:
        return "root, which makes the users and starts servers as them"
    for program, package in (("useradd", "passwd"), ("configurable-http-proxy", "node-configurable-http-proxy")):
        if shutil.which(program) is None:
            return f"the program {program}: install Debian's package `{package}` (.ci/run does)"
    if _interpreter() is None:
        return f"a Python {sys.version_info.major}.{sys.version_info.minor} that other users may run: this one is below a closed folder and /usr/bin has none"
    return None


def _interpreter() -> Path | None:
    """A Python of this version that other users may run."""
    name = f"python{sys.version_info.major}.{sys.version_info.minor}"
    for path in (Path(sys.base_prefix) / "bin" / name, Path("/usr/bin") / name):
        real = path.resolve()
        if real.is_file() and all(parent.stat().st_mode & 0o001 for parent in real.parents):
            return path
    return None


def _install(folder: Path) -> None:
    """SITE/env, SITE/exchange and SITE/hub. The environment is this one in hard links, the course in it a real copy as `pip install` makes it."""
    env, python = folder / "env", _interpreter()
    assert python is not None
    own = Path(sys.prefix).resolve()  # `cp -a` would copy a link to the environment as a link
    if subprocess.run(["cp", "-al", own, env], capture_output=True, check=False).returncode:  # another file system
        shutil.rmtree(env, ignore_errors=True)
        _do("cp", "-a", str(own), str(env))
    assert env.resolve() == env and env != own
    _put(env / "pyvenv.cfg", f"home = {python.parent}\ninclude-system-site-packages = false\n")
    for name, entry in SCRIPTS.items():
        _put(env / "bin" / name, _script(env, entry))
    for link in ("python", "python3", python.name):
        (env / "bin" / link).unlink(missing_ok=True)
        (env / "bin" / link).symlink_to(python)
    packages = next(env.glob("lib/python*/site-packages"))
    for path in packages.glob("_editable_impl_*course*"):
        path.unlink()
    shutil.rmtree(packages / "course", ignore_errors=True)
    shutil.copytree(PROJECT / "course", packages / "course", ignore=shutil.ignore_patterns("__pycache__"))
    _put(env / "etc" / "jupyter" / "nbgrader_config.py", (PROJECT / "hub" / "nbgrader_config.py").read_text())
    (folder / "exchange").mkdir()
    (folder / "exchange").chmod(0o1777)
    shutil.copytree(PROJECT / "hub", folder / "hub")


def _put(path: Path, text: str) -> None:
    """Write a file of the site's own: what lies there is a link to a file of this environment, and is taken away, never written through."""
    path.unlink(missing_ok=True)
    path.write_text(text)
    path.chmod(0o755)


def _script(env: Path, entry: str) -> str:
    module, function = entry.split(":")
    return f"#!{env}/bin/python\nfrom {module} import {function}\n\nif __name__ == '__main__':\n    {function}()\n"


def _copy_course(site: Site) -> None:
    """The instructor's course folder, closed to others."""
    shutil.copytree(TINY, site.course)
    shutil.copy(PROJECT / "nbgrader_config.py", site.course)
    text = site.course / "source" / SECTION / f"{SECTION}.py"
    start = '# %% locked="setup"'
    text.write_text(text.read_text().replace(start, f"# %%\n# %load_ext course\n\n{start}"))  # as every section of the course has it
    text.with_suffix(".ipynb").write_text(dumps(to_notebook(read(text, bank.folder(site.course, SECTION)), SECTION)))
    account = pwd.getpwnam(site.instructor)
    for path in (site.course, *site.course.rglob("*")):
        os.chown(path, account.pw_uid, account.pw_gid)
    site.course.chmod(0o700)


@contextlib.contextmanager
def _hub(site: Site, groups: dict[str, str]) -> Iterator[None]:
    """The hub with the shipped settings, on free ports."""
    public, hub, api = (_free_port() for _ in range(3))
    site.url = f"http://127.0.0.1:{public}"
    config = site.folder / "hub" / "test_config.py"
    config.write_text(
        f"load_subconfig({str(site.folder / 'hub' / 'jupyterhub_config.py')!r})\n"
        f"c = get_config()\nc.JupyterHub.bind_url = {site.url!r}\nc.JupyterHub.hub_port = {hub}\n"
        f"c.ConfigurableHTTPProxy.api_url = 'http://127.0.0.1:{api}'\n"
    )
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("COURSE_", "JUPYTER", "PYTHON"))}
    # Node that is not Debian's does not look where Debian puts the modules of the proxy.
    modules = {"NODE_PATH": "/usr/share/nodejs:/usr/lib/nodejs"}
    with (site.folder / "hub.log").open("w") as log:
        process = subprocess.Popen(
            [site.folder / "env" / "bin" / "python", "-m", "jupyterhub", "-f", config],
            cwd=site.folder / "hub",
            env={**environment, **groups, **modules},
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    site.started.append(process)
    try:
        for _ in range(240):
            with contextlib.suppress(OSError), urllib.request.urlopen(f"{site.url}/hub/api", timeout=5) as answer:
                assert json.load(answer)["version"]
                break
            if process.poll() is not None:
                break
            time.sleep(0.25)
        else:
            process.kill()
        assert process.poll() is None, f"the hub did not start:\n{site.said('hub.log')[-3000:]}"
        yield
    finally:
        # The hub stops servers one after the other and takes its time; the proxy is in a session of its own.
        with contextlib.suppress(OSError, ValueError):
            os.kill(int((site.folder / "hub" / "state" / "proxy.pid").read_text()), signal.SIGKILL)
        _end(process)


def _end(process: subprocess.Popen) -> None:
    """End a process and its session."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _clear(user: str) -> None:
    """End what a user of this fixture still runs, and remove what a killed process of theirs left in the folder for temporary files."""
    try:
        number = pwd.getpwnam(user).pw_uid
    except KeyError:
        return
    for _ in range(50):
        listed = subprocess.run(["ps", "-o", "pid=,stat=", "-u", user], capture_output=True, text=True, check=False).stdout.splitlines()
        found = [words[0] for words in map(str.split, listed) if not words[1].startswith("Z")]  # dead already, and not fetched by its parent
        if not found:
            break
        for process in found:
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(process), signal.SIGKILL)
        time.sleep(0.1)
    for path in Path(tempfile.gettempdir()).iterdir():
        with contextlib.suppress(OSError):
            if path.lstat().st_uid == number:
                shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()


def _do(*command: str, input: str | None = None) -> None:
    done = subprocess.run(command, input=input, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{' '.join(command)}: {done.stderr}"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
