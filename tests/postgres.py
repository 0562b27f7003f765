"""A PostgreSQL server of the tests' own, on a socket in a temporary folder."""

import os
import pwd
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest


def programs():
    """The folder of initdb and pg_ctl; Debian keeps them off the PATH."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), reverse=True)
    path = found[0] if found else shutil.which("initdb")
    return Path(path).parent if path else None


@pytest.fixture(scope="session")
def postgres():
    """URL of an empty database, for SQLAlchemy and for psycopg."""
    folder = programs()
    if folder is None:
        pytest.skip("no PostgreSQL server: install the package postgresql")
    home = Path(tempfile.mkdtemp(prefix="pg-", dir="/tmp"))
    run = {"check": True, "capture_output": True}
    if os.getuid() == 0:  # the server refuses to run as root
        user = next(name for name in ("postgres", "nobody") if name in {entry.pw_name for entry in pwd.getpwall()})
        account = pwd.getpwnam(user)
        os.chown(home, account.pw_uid, account.pw_gid)
        run |= {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": [], "cwd": home}
    data = home / "data"
    subprocess.run([folder / "initdb", "-D", data, "-U", "course", "-A", "trust", "--no-sync", "-E", "UTF8", "--locale", "C"], **run)
    options = f"-c listen_addresses= -c unix_socket_directories={home} -c fsync=off -c TimeZone=UTC"
    subprocess.run([folder / "pg_ctl", "-D", data, "-o", options, "-l", home / "log", "-w", "start"], **(run | {"capture_output": False}))
    try:
        yield f"postgresql+psycopg://course@/postgres?host={home}"
    finally:
        subprocess.run([folder / "pg_ctl", "-D", data, "-m", "immediate", "stop"], **run)
        shutil.rmtree(home, ignore_errors=True)
