"""Collecting from nbgrader's exchange, into which every learner can write anything: a submission is its owner's, and is made of files, not of links."""

from __future__ import annotations

import glob
import os
import stat
from typing import Any

from nbgrader.exchange.default import ExchangeCollect
from nbgrader.utils import ignore_patterns


class Collect(ExchangeCollect):
    """`nbgrader collect` for a course whose learners cannot be trusted with the exchange.

    nbgrader warns of a submission that bears another account's name and takes it, and it follows links with the instructor's rights: a link
    to the source would come back as full marks and a feedback page with the solutions. Here such submissions are refused: they stay in the
    exchange under a hidden name that says why. `c.ExchangeCollect.check_owner = False` accepts any owner (where learners share an account).
    """

    def init_src(self) -> None:
        inbound = os.path.join(self.root, self.coursedir.course_id, "inbound")
        for path in glob.glob(os.path.join(glob.escape(inbound), f"*+{glob.escape(self.coursedir.assignment_id)}+*")):
            if reason := self._refusal(path):
                name = os.path.basename(path)
                os.rename(path, os.path.join(inbound, f".refused {name}"))
                self.log.error("refused %s: %s", name, reason)
        super().init_src()

    def do_copy(self, src: str, dest: str, log: Any = None) -> None:
        """Copy the plain files of a submission's folder that are its owner's. Links, folders and what is ignored or too large stay behind."""
        folder = os.open(src, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        try:
            owner, most, shared = os.fstat(folder).st_uid, 1000 * self.coursedir.max_file_size, self.coursedir.groupshared
            names = os.listdir(folder)
            left = ignore_patterns(exclude=self.coursedir.ignore, include=self.coursedir.include, log=self.log)(src, names)
            os.makedirs(dest)
            for name in sorted(set(names) - set(left)):
                data = _read(folder, name, owner, most)
                if data is None:
                    self.log.warning("left behind %s of %s: no plain file of its owner, or larger than %d bytes", name, os.path.basename(src), most)
                    continue
                target = os.path.join(dest, name)
                with open(target, "wb") as file:
                    file.write(data)
                if shared:
                    os.chmod(target, 0o660)
            if shared:
                os.chmod(dest, 0o2770)
        finally:
            os.close(folder)

    def _refusal(self, path: str) -> str | None:
        """Why a folder of the exchange is no submission; None when it is one."""
        import pwd  # not on Windows, where nbgrader has no exchange

        try:
            found = os.lstat(path)
            student = self._path_to_record(path)["username"]
        except Exception:
            return "its name is not that of a submission"
        if not stat.S_ISDIR(found.st_mode):
            return "it is no folder"
        try:
            owner = pwd.getpwuid(found.st_uid).pw_name
        except KeyError:
            owner = str(found.st_uid)
        return f"it belongs to {owner}" if self.check_owner and owner != student else None


def _read(folder: int, name: str, owner: int, most: int) -> bytes | None:
    """What a plain file holds that belongs to `owner`; None for all else, also for what was put in its place since it was listed."""
    try:
        file = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=folder)
    except OSError:
        return None
    try:
        found = os.fstat(file)
        if not stat.S_ISREG(found.st_mode) or found.st_uid != owner or found.st_size > most:
            return None
        with open(file, "rb", closefd=False) as opened:
            return opened.read(found.st_size)
    finally:
        os.close(file)
