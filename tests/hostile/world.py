"""The surroundings that hostile submissions reach for: secrets, files to spoil, open ports. A world knows afterwards what became of them."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import sqlite3
import tempfile
from contextlib import suppress
from pathlib import Path

import nbformat

from course.authoring.build import build
from course.grading import forkserver
from course.paths import notebook

PROJECT = Path(__file__).resolve().parents[2]
SECTION = "01-tiny"
SECRET = "the-word-that-no-learner-may-see"


def build_tiny(folder: Path) -> Path:
    """The tiny course with its notebooks and its release, in a new folder."""
    root = folder / "tiny"
    shutil.copytree(PROJECT / "tests" / "fixtures" / "tiny", root)
    shutil.copy(PROJECT / "nbgrader_config.py", root)
    build(root, SECTION)
    return root


class World:
    """A folder that stands for the grader's machine; `root` is a built tiny course."""

    def __init__(self, root: Path):
        os.environ["COURSE_TEST_SECRET"] = SECRET
        self.root = root
        self.source = nbformat.read(notebook(root, SECTION), as_version=4)
        self.release = nbformat.read(notebook(root, SECTION, "release"), as_version=4)
        self.server = forkserver.address()  # started before the folder for temporary files is a passing one
        self.folder = Path(tempfile.mkdtemp(prefix="h-", dir=forkserver.short_folder()))
        self.temp = self.folder / "t"
        self.temp.mkdir()
        self.pid = os.getpid()
        self.signals: list[int] = []
        with suppress(ValueError):  # not in the main thread
            signal.signal(signal.SIGUSR2, lambda number, _: self.signals.append(number))
        self.outside = self.folder / "outside"
        (self.outside / "submitted" / "bob").mkdir(parents=True)
        (self.outside / "submitted" / "bob" / f"{SECTION}.ipynb").write_text(SECRET)
        (self.outside / "source").mkdir()
        shutil.copy(notebook(root, SECTION), self.outside / "source")
        (self.outside / "victim.txt").write_text(SECRET)
        (self.outside / "victim.txt").chmod(0o640)
        with sqlite3.connect(self.outside / "gradebook.db") as database:
            database.execute("create table grade (secret text)")
            database.execute("insert into grade values (?)", [SECRET])
        database.close()
        self.tcp = self._listening(socket.AF_INET, socket.SOCK_STREAM, ("127.0.0.1", 0))
        self.udp = self._listening(socket.AF_INET, socket.SOCK_DGRAM, ("127.0.0.1", 0))
        self.stream = self._listening(socket.AF_UNIX, socket.SOCK_STREAM, str(self.folder / "stream"))
        self.datagram = self._listening(socket.AF_UNIX, socket.SOCK_DGRAM, str(self.folder / "datagram"))
        self.tcp_port, self.udp_port = self.tcp.getsockname()[1], self.udp.getsockname()[1]
        self.before = self._look()

    def _listening(self, family: int, kind: int, place: object) -> socket.socket:
        end = socket.socket(family, kind)
        end.bind(place)
        end.setblocking(False)
        if kind == socket.SOCK_STREAM:
            end.listen()
        return end

    def _look(self) -> dict[str, object]:
        found: dict[str, object] = {}
        for path in sorted(self.outside.rglob("*")):
            about = path.lstat()
            found[str(path.relative_to(self.outside))] = (
                path.read_bytes() if path.is_file() else None,
                about.st_mode,
                about.st_uid,
                about.st_gid,
                about.st_mtime_ns,
                about.st_nlink,
                tuple(os.listxattr(path)) if hasattr(os, "listxattr") else (),
            )
        return found

    def harm(self) -> list[str]:
        """What has been done to the world since the last look."""
        found = []
        now = self._look()
        if now != self.before:
            found.append(f"files outside changed: {[name for name in {*now, *self.before} if now.get(name) != self.before.get(name)]}")
            self.before = now
        for name, end in (("TCP", self.tcp), ("a UNIX socket", self.stream)):
            with suppress(BlockingIOError):
                end.accept()[0].close()
                found.append(f"a connection came in over {name}")
        for name, end in (("UDP", self.udp), ("a UNIX datagram socket", self.datagram)):
            with suppress(BlockingIOError):
                end.recv(1000)
                found.append(f"a message came in over {name}")
        if self.signals:
            found.append("a signal came in")
            self.signals.clear()
        left = [path.name for path in self.temp.iterdir() if not path.name.startswith("pymp-")]  # multiprocessing's own, gone at exit
        if left:
            found.append(f"left behind in the folder for temporary files: {left}")
            for name in left:
                os.system(f"rm -rf '{self.temp / name}'")  # shutil.rmtree does not get through very deep folders
        return found

    def close(self) -> None:
        for end in (self.tcp, self.udp, self.stream, self.datagram):
            end.close()
        shutil.rmtree(self.folder, ignore_errors=True)
        os.environ.pop("COURSE_TEST_SECRET", None)
