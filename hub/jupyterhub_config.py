"""JupyterHub for one course on one machine: system users, a learner's server and an instructor's. docs/hub.md says how to install it.

SITE is the folder above the environment that runs the hub: SITE/env, SITE/exchange, SITE/hub (this folder).
"""

import grp
import os
import pwd
import sys
from pathlib import Path

c = get_config()

SITE = Path(sys.prefix).parent
HERE = Path(__file__).resolve().parent

# Who may log in, and as what: members of two Unix groups. Both names can be set in the environment of the hub.
LEARNERS = os.environ.get("COURSE_LEARNERS", "course-learners")
INSTRUCTORS = os.environ.get("COURSE_INSTRUCTORS", "course-instructors")


def settings_of(spawner):
    """The folder of Jupyter settings of a user's role, read before all others: an instructor's has formgrader, a learner's has not."""
    return str(HERE / ("instructor" if spawner.user.name in grp.getgrnam(INSTRUCTORS).gr_mem else "learner"))


def close_home(spawner):
    """No other user reads a home: Debian's useradd makes homes that everyone reads."""
    Path(pwd.getpwnam(spawner.user.name).pw_dir).chmod(0o700)


c.JupyterHub.authenticator_class = "pam"
c.PAMAuthenticator.allowed_groups = {LEARNERS, INSTRUCTORS}

# A server is a process of its user, of this environment, whatever is on the hub's PATH.
c.JupyterHub.spawner_class = "localprocess"
c.Spawner.cmd = [sys.executable, "-m", "jupyterhub.singleuser"]
c.Spawner.pre_spawn_hook = close_home
c.Spawner.default_url = "/lab"
c.Spawner.http_timeout = c.Spawner.start_timeout = 120
c.Spawner.environment = {
    "PATH": os.pathsep.join([str(Path(sys.prefix) / "bin"), os.environ.get("PATH", os.defpath)]),
    "JUPYTER_CONFIG_PATH": settings_of,
}

# Passwords cross this address: it is the machine's own, for a web server with TLS in front.
c.JupyterHub.bind_url = "http://127.0.0.1:8000"

# The hub's database and cookie secret, in a folder that only root enters.
STATE = HERE / "state"
STATE.mkdir(mode=0o700, exist_ok=True)
c.JupyterHub.db_url = f"sqlite:///{STATE}/jupyterhub.sqlite"
c.JupyterHub.cookie_secret_file = str(STATE / "cookie_secret")
c.ConfigurableHTTPProxy.pid_file = str(STATE / "proxy.pid")
