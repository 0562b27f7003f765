"""The table of hostile submissions. A right `share` is worth 3 points, a right `middle` 1.5: a case says what its functions deserve."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Callable
from dataclasses import replace
from textwrap import dedent, indent

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_output

from course.checks.model import Outcome, role_of
from course.grading.demo import fill
from course.grading.sandbox import MB
from tests.hostile.harness import FAST, LIMITS, Case
from tests.hostile.world import World

GRADED, WRONG, TIMED_OUT, DIED = Outcome.GRADED, Outcome.WRONG, Outcome.TIMED_OUT, Outcome.DIED
MEMORY, MALFORMED, MISSING, NOT_ATTEMPTED = Outcome.OUT_OF_MEMORY, Outcome.MALFORMED, Outcome.MISSING, Outcome.NOT_ATTEMPTED

SHARE = "def share(part, whole):\n    if whole == 0:\n        raise ValueError\n    return part / whole\n"
NOTHING = "def share(part, whole):\n    return 0\n"
MIDDLE = "def middle(values):\n    import statistics\n\n    return statistics.median(values)\n"
CHANNEL = "channel = type(get_ipython().kernel).channel\n"


def code(share: str = SHARE, middle: str = MIDDLE, start: str = "", between: str = "", end: str = "") -> Callable[[World], bytes]:
    """A builder: these texts in the solution cells, own cells in front, between the exercises and at the end. OUTSIDE and the like are filled in."""

    def build(world: World) -> bytes:
        notebook = fill(world.release, {"share": _in_place(share, world), "middle": _in_place(middle, world)})
        cells = notebook.cells
        if end:
            cells.append(new_code_cell(_in_place(end, world)))
        if between:
            place = next(index for index, cell in enumerate(cells) if role_of(cell) == {"role": "statement", "exercise": "middle", "level": "stretch"})
            cells.insert(place, new_code_cell(_in_place(between, world)))
        if start:
            cells.insert(1, new_code_cell(_in_place(start, world)))
        return json.dumps(notebook).encode()

    return build


def _in_place(text: str, world: World) -> str:
    names = {"OUTSIDE": repr(str(world.outside)), "FOLDER": repr(str(world.folder)), "TEMP": repr(str(world.temp))}
    names |= {"TCP_PORT": str(world.tcp_port), "UDP_PORT": str(world.udp_port), "GRADER": str(world.pid)}
    return re.sub(r"\b(" + "|".join(names) + r")\b", lambda match: names[match[0]], dedent(text).strip("\n"))


def function(body: str) -> str:
    """A `share` with this body."""
    return "def share(part, whole):\n" + indent(dedent(body).strip("\n"), "    ") + "\n"


def only_if(attack: str, at_call: bool = False) -> str:
    """A `share` that is right only if the attack, a function body that returns whether it worked, worked; it prints why it did not."""
    tried = (
        "def worked():\n"
        "    try:\n"
        "        return bool(attack()), ''\n"
        "    except BaseException as error:\n"
        "        return False, f'{type(error).__name__}: {error}'\n"
    )
    head = f"def attack():\n{indent(dedent(attack).strip(chr(10)), '    ')}\n\n\n{tried}\n\n"
    if at_call:
        return (
            head
            + "def share(part, whole):\n    done, why = worked()\n    if not done:\n        return f'refused, {why}'\n"
            + indent(SHARE.split("\n", 1)[1], "")
        )
    return (
        head
        + "done, why = worked()\nprint('worked' if done else f'refused, {why}')\n\n\ndef share(part, whole):\n    if not done:\n        return -1\n"
        + SHARE.split("\n", 1)[1]
    )


def refused(id: str, does: str, attack: str, says: str = "PermissionError", at_call: bool = False, **more: object) -> Case:
    """A case whose attack must be refused, with the error named in `says`."""
    return Case(id, does, code(only_if(attack, at_call)), share=0, says=("refused", says), never=("NameError", "SyntaxError", "'worked'"), **more)


def changed(change: Callable[[NotebookNode], object], share: str = SHARE, middle: str = MIDDLE) -> Callable[[World], bytes]:
    """A builder: a solved notebook, then changed (or replaced by what `change` returns)."""

    def build(world: World) -> bytes:
        notebook = fill(world.release, {"share": share, "middle": middle})
        made = change(notebook)
        return made if isinstance(made, bytes) else json.dumps(notebook).encode()

    return build


def cell_of(notebook: NotebookNode, role: str, exercise: str = "share") -> NotebookNode:
    return next(cell for cell in notebook.cells if role_of(cell).get("role") == role and role_of(cell).get("exercise", exercise) == exercise)


TIME = [
    Case(
        "endless loop in the solution cell",
        "while True in the cell",
        code(SHARE.replace("def", "while True:\n    pass\n\n\ndef", 1)),
        0,
        1.5,
        TIMED_OUT,
        TIMED_OUT,
        limits=FAST,
    ),
    Case(
        "endless loop in the function",
        "while True in share",
        code(function("while True:\n    pass")),
        0,
        1.5,
        TIMED_OUT,
        TIMED_OUT,
        says=("more than 1 s",),
        limits=FAST,
    ),
    Case(
        "endless loop that catches the interrupt",
        "catches KeyboardInterrupt for ever",
        code(function("while True:\n    try:\n        while True:\n            pass\n    except BaseException:\n        pass")),
        0,
        outcome=TIMED_OUT,
        share_is=TIMED_OUT,
        limits=FAST,
    ),
    Case(
        "endless loop that ignores the signal",
        "SIGINT is set to be ignored, then an endless loop",
        code(function("import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\nwhile True:\n    pass")),
        0,
        outcome=TIMED_OUT,
        share_is=TIMED_OUT,
        limits=FAST,
    ),
    Case(
        "endless loop in a lesson cell", "an own cell loops before everything else", code(start="while True:\n    pass"), says=("more than 1 s",), limits=FAST
    ),
    Case(
        "endless loop in a lesson cell that ignores the signal",
        "an own cell must be killed; it is left out when the rest is run again",
        code(start="import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\nwhile True:\n    pass"),
        limits=FAST,
    ),
    Case("endless output in a lesson cell", "prints for ever", code(start="while True:\n    print('x' * 1000)"), limits=FAST),
    Case(
        "endless output in the function",
        "prints for ever in share",
        code(function("while True:\n    print('x' * 1000)")),
        0,
        1.5,
        TIMED_OUT,
        TIMED_OUT,
        limits=FAST,
    ),
    Case(
        "endless loop in a thread",
        "a thread spins while the function is right",
        code("import threading\n\n\ndef spin():\n    while True:\n        pass\n\n\nthreading.Thread(target=spin, daemon=True).start()\n\n\n" + SHARE),
    ),
    Case("huge power in C code", "7 ** 10 ** 8 cannot be interrupted", code(function("return 7 ** 10 ** 8 > part")), 0, 1.5, TIMED_OUT, TIMED_OUT, limits=FAST),
    Case(
        "regular expression that backtracks",
        "catastrophic backtracking",
        code(function("import re\nreturn re.match('(a+)+$', 'a' * 60 + 'b')")),
        0,
        outcome=TIMED_OUT,
        share_is=TIMED_OUT,
        limits=FAST,
    ),
    Case("sleeping function", "share sleeps", code(function("import time\ntime.sleep(10 ** 6)")), 0, 1.5, TIMED_OUT, TIMED_OUT, limits=FAST),
    Case(
        "many slow cells",
        "each cell is within its time, all together are not",
        changed(lambda notebook: notebook.cells.__setitem__(slice(1, 1), [new_code_cell("import time\ntime.sleep(0.8)") for _ in range(12)])),
        0,
        0,
        TIMED_OUT,
        says=("in all",),
        limits=replace(FAST, total_seconds=5),
    ),
    Case(
        "waiting for input",
        "input() in the solution cell",
        code("input('the answer?')\n\n\n" + SHARE),
        0,
        share_is=WRONG,
        says=("did not run: StdinNotImplementedError",),
    ),
    Case(
        "debugger in the function",
        "breakpoint() in share",
        code(function("breakpoint()\nreturn part / whole")),
        (0, 2),
        outcome=(GRADED, TIMED_OUT),
        limits=FAST,
    ),
    Case(
        "hook that sleeps before each cell",
        "an event of IPython sleeps from then on",
        code(SHARE + "\n\nimport time\n\nget_ipython().events.register('pre_run_cell', lambda *_: time.sleep(10 ** 6))\n"),
        middle=(0, 1.5),
        outcome=(GRADED, TIMED_OUT),
        limits=FAST,
    ),
]

SPACE = [
    Case(
        "memory bomb of lists", "a list grows for ever", code(function("held = []\nwhile True:\n    held.append(bytearray(10 ** 6))")), 0, 1.5, MEMORY, MEMORY
    ),
    Case("memory bomb of an array", "an array of 8 GB", code(function("import numpy as np\nreturn np.ones(10 ** 9).sum()")), 0, 1.5, MEMORY, MEMORY),
    Case(
        "memory bomb that catches the error",
        "grows, catches MemoryError, grows",
        code(function("held = []\nwhile True:\n    try:\n        held.append(bytearray(10 ** 6))\n    except MemoryError:\n        pass")),
        0,
        outcome=(MEMORY, TIMED_OUT),
        limits=FAST,
    ),
    Case(
        "memory bomb of shared pages",
        "anonymous shared memory, which no data limit counts",
        code(
            function(
                "import mmap, time\n"
                "held = [mmap.mmap(-1, 30 * 2 ** 20) for _ in range(30)]\n"
                "for one in held:\n"
                "    one.write(b'x' * len(one))\n"
                "time.sleep(1)\n"
                "return part / whole"
            )
        ),
        0,
        outcome=(MEMORY, DIED),
    ),
    Case(
        "memory bomb of memory files",
        "600 MB in files that exist in memory only, mapped nowhere",
        code(
            only_if(
                "import os, time\n"
                "for number in range(12):\n"
                "    file = os.memfd_create('m')\n"
                "    for _ in range(50):\n"
                "        os.write(file, bytes(2 ** 20))\n"
                "time.sleep(0.5)\n"
                "return True"
            )
        ),
        0,
        outcome=(GRADED, MEMORY, DIED),
    ),
    refused(
        "shared memory segment",
        "multiprocessing.shared_memory",
        "from multiprocessing.shared_memory import SharedMemory\nreturn SharedMemory(create=True, size=10 ** 6).size",
    ),
    Case(
        "memory bomb in a lesson cell",
        "an own cell uses too much; it is left out",
        code(
            start="import mmap, time\nheld = [mmap.mmap(-1, 30 * 2 ** 20) for _ in range(30)]\nfor one in held:\n    one.write(b'x' * len(one))\ntime.sleep(1)"
        ),
    ),
    Case(
        "one huge file",
        "writes 200 MB",
        code(only_if("with open('big', 'wb') as file:\n    for _ in range(200):\n        file.write(bytes(2 ** 20))\nreturn True")),
        0,
        outcome=(GRADED, DIED),
    ),
    Case(
        "file over the limit in the function",
        "writes 40 MB of 20 MB and stays",
        code(function("import time\nopen('big', 'wb').write(bytes(40 * 2 ** 20))\ntime.sleep(1)\nreturn part / whole")),
        0,
        outcome=DIED,
        share_is=DIED,
        says=("more than 20 MB of files",),
    ),
    Case(
        "file over the limit in a lesson cell",
        "an own cell writes 40 MB in a moment: it alone is to blame",
        code(start="open('big', 'wb').write(bytes(40 * 2 ** 20))"),
        says=("more than 20 MB of files",),
    ),
    Case(
        "many files",
        "3,000 files of 16 KB",
        code(function("import time\nfor number in range(3000):\n    open(f'f{number}', 'wb').write(bytes(16384))\ntime.sleep(1)\nreturn part / whole")),
        0,
        outcome=DIED,
        share_is=DIED,
    ),
    Case(
        "empty files for ever",
        "makes empty files until it is stopped",
        code(function("n = 0\nwhile True:\n    n += 1\n    open(f'f{n}', 'w').close()")),
        0,
        outcome=(TIMED_OUT, DIED),
        limits=FAST,
    ),
    Case(
        "files without a name",
        "100 MB in files that are open but deleted",
        code(
            only_if(
                "import os\n"
                "held = []\n"
                "for number in range(5):\n"
                "    file = open('f', 'wb')\n"
                "    os.unlink('f')\n"
                "    file.write(bytes(20 * 2 ** 20))\n"
                "    held.append(file)\n"
                "import time\n"
                "time.sleep(0.5)\n"
                "return True"
            )
        ),
        0,
        outcome=DIED,
        share_is=DIED,
    ),
    Case(
        "very deep folders",
        "3,000 folders, each in the other",
        code("import os\n\nfor _ in range(3000):\n    os.mkdir('d')\n    os.chdir('d')\n\n\n" + SHARE),
        share=(0, 3),
        middle=(0, 1.5),
        outcome=(GRADED, DIED, TIMED_OUT),
    ),
    Case(
        "folder that cannot be listed",
        "files in a folder without the right to read it",
        code("import os\n\nos.mkdir('d', 0o300)\nopen('d/f', 'w').close()\n\n\n" + SHARE),
    ),
    Case(
        "thousands of threads",
        "starts 20,000 threads that sleep",
        code(
            only_if(
                "import threading, time\n"
                "threading.stack_size(32768)\n"
                "stop = threading.Event()\n"
                "n = 0\n"
                "try:\n"
                "    for n in range(20000):\n"
                "        threading.Thread(target=stop.wait, daemon=True).start()\n"
                "except BaseException:\n"
                "    pass\n"
                "stop.set()\n"
                "print(n, 'threads')\n"
                "return n > 2000"
            )
        ),
        share=0,
        middle=(0, 1.5),
        outcome=(GRADED, DIED, TIMED_OUT, MEMORY),
    ),
    Case(
        "open files",
        "opens files until it is refused",
        code(only_if("held = [open('f' + str(n), 'w') for n in range(1000)]\nreturn True")),
        0,
        says=("Too many open files",),
    ),
    Case("endless recursion", "share calls itself", code(function("return share(part, whole)")), 0, share_is=WRONG, says=("RecursionError",)),
    Case(
        "endless recursion without a limit",
        "the recursion limit is lifted first",
        code(function("import sys\nsys.setrecursionlimit(10 ** 9)\nreturn share(part, whole)")),
        0,
        outcome=(GRADED, DIED, MEMORY, TIMED_OUT),
    ),
]

FORK = "BlockingIOError"
PROCESSES = [
    Case("fork bomb", "forks for ever", code(function("import os\nwhile True:\n    os.fork()")), 0, share_is=WRONG, says=(FORK,)),
    refused("os.fork", "a child process", "import os\nif os.fork() == 0:\n    os._exit(0)\nreturn True", FORK),
    refused("os.forkpty", "a child process with a terminal", "import os\nif os.forkpty()[0] == 0:\n    os._exit(0)\nreturn True", "Error"),
    refused(
        "daemon",
        "a process that detaches itself",
        "import os\nif os.fork() == 0:\n    os.setsid()\n    if os.fork() == 0:\n        import time\n        time.sleep(100)\n    os._exit(0)\nreturn True",
        FORK,
    ),
    refused(
        "fork by libc",
        "fork() through ctypes",
        "import ctypes\nnumber = ctypes.CDLL(None).fork()\nif number == 0:\n    ctypes.CDLL(None)._exit(0)\nreturn number > 0",
        "refused",
    ),
    refused("subprocess", "runs a program", "import subprocess, sys\nreturn subprocess.run([sys.executable, '-c', '1']).returncode == 0", "Error"),
    refused("os.system", "runs a shell", "import os\nreturn os.system('true') == 0", "refused"),
    refused("posix_spawn", "runs a program", "import os\nreturn os.posix_spawn('/bin/true', ['true'], {}) > 0", "Error"),
    refused("exec", "becomes another program", "import os\nos.execv('/bin/true', ['true'])\nreturn True"),
    refused(
        "multiprocessing", "a pool of processes", "import multiprocessing\nreturn multiprocessing.get_context('fork').Pool(1).map(abs, [1]) == [1]", "refused"
    ),
    Case(
        "shell magic",
        "!echo and %%bash in an own cell",
        code(start="!echo word-of-a-shell | tr a-z A-Z\n%sx echo word-of-a-shell | tr a-z A-Z"),
        never=("WORD-OF-A-SHELL",),
    ),
    Case(
        "os._exit(0) in the function",
        "ends the process as if all were well",
        code(function("import os\nos._exit(0)")),
        0,
        1.5,
        DIED,
        DIED,
        says=("exit status 0",),
    ),
    Case("os._exit(1) in the solution cell", "ends the process", code("import os\n\nos._exit(1)\n\n\n" + SHARE), 0, 1.5, DIED, DIED, says=("exit status 1",)),
    Case("os._exit in a lesson cell", "ends the process; the cell is left out", code(start="import os\n\nos._exit(1)")),
    Case(
        "os._exit in four lesson cells",
        "each ends the process",
        changed(lambda notebook: [notebook.cells.insert(1, new_code_cell("import os\nos._exit(3)")) for _ in range(4)]),
    ),
    Case(
        "os._exit in eight lesson cells",
        "each ends the process; there is time enough to leave out all",
        changed(lambda notebook: [notebook.cells.insert(1, new_code_cell("import os\nos._exit(3)")) for _ in range(8)]),
    ),
    Case(
        "os._exit of both functions",
        "each function ends the process",
        code(function("import os\nos._exit(0)"), MIDDLE.replace("import statistics", "import os\n\n    os._exit(0)")),
        0,
        0,
        DIED,
        DIED,
    ),
    Case("sys.exit in the solution cell", "a right function, then sys.exit()", code(SHARE + "\n\nimport sys\n\nsys.exit()\n")),
    Case("SystemExit in the function", "raises SystemExit(0)", code(function("raise SystemExit(0)")), 0, share_is=WRONG, says=("SystemExit",)),
    Case(
        "KeyboardInterrupt in the function",
        "raises KeyboardInterrupt",
        code(function("raise KeyboardInterrupt")),
        0,
        share_is=WRONG,
        says=("raised KeyboardInterrupt",),
    ),
    Case("GeneratorExit in the function", "raises GeneratorExit", code(function("raise GeneratorExit")), 0, share_is=WRONG, says=("GeneratorExit",)),
    Case("segfault", "reads address 0", code(function("import ctypes\nreturn ctypes.string_at(0)")), 0, 1.5, DIED, DIED, says=("SIGSEGV",)),
    Case("abort", "os.abort()", code(function("import os\nos.abort()")), 0, 1.5, DIED, DIED, says=("aborted",)),
    Case("kills itself", "SIGKILL to its own process", code(function("import os\nos.kill(os.getpid(), 9)")), 0, 1.5, DIED, DIED),
    Case(
        "stops itself",
        "SIGSTOP to its own process",
        code(function("import os, signal\nos.kill(os.getpid(), signal.SIGSTOP)")),
        0,
        1.5,
        TIMED_OUT,
        TIMED_OUT,
        limits=FAST,
    ),
    Case("exit in a lesson cell", "the learner leaves with exit, as in a console", code(start="exit")),
    Case(
        "exit in a lesson cell long before the rest",
        "the kernel ends a moment after the cell",
        code(start="exit", between="import time\n\ntime.sleep(0.5)"),
    ),
    Case("quit() in a lesson cell", "the learner leaves with quit()", code(start="quit()")),
    Case("exit in the solution cell", "a right function, then exit", code(SHARE + "\n\nexit()\n"), share=(0, 3), outcome=(GRADED, DIED)),
    Case(
        "ask_exit in the function",
        "get_ipython().ask_exit() in share",
        code(SHARE.replace("    if", "    get_ipython().ask_exit()\n    if", 1)),
        (0, 3),
        outcome=(GRADED, DIED),
    ),
    Case("kernel shutdown", "the kernel is told to shut down, in an own cell", code(start="get_ipython().kernel.do_shutdown(False)")),
    Case(
        "timer that ends the process",
        "os._exit half a second after the solution cell",
        code("import os\nimport threading\n\nthreading.Timer(0.02, os._exit, [0]).start()\n\n\n" + SHARE),
        share=(0, 3),
        middle=(0, 1.5),
        outcome=(GRADED, DIED),
    ),
    refused("signal to the parent", "asks whether it may signal the parent", "import os\nos.kill(os.getppid(), 0)\nreturn True"),
    refused("signal to the grader", "SIGUSR2 to the grader", "import os, signal\nos.kill(GRADER, signal.SIGUSR2)\nreturn True"),
    refused(
        "signal by way of a pipe",
        "has the kernel send the grader a signal when a pipe has data",
        (
            "import fcntl, os, signal\n"
            "r, w = os.pipe()\n"
            "fcntl.fcntl(r, fcntl.F_SETOWN, GRADER)\n"
            "fcntl.fcntl(r, 10, int(signal.SIGUSR2))\n"
            "fcntl.fcntl(r, fcntl.F_SETFL, os.O_ASYNC)\n"
            "os.write(w, b'x')\n"
            "return False"
        ),
        "refused",
    ),
    refused("pidfd of the parent", "opens the parent as a file", "import os\nreturn os.pidfd_open(os.getppid()) > 0"),
    refused(
        "ptrace of the parent",
        "attaches to the parent",
        (
            "import ctypes, os\n"
            "libc = ctypes.CDLL(None, use_errno=True)\n"
            "if libc.ptrace(0x4206, os.getppid(), 0, 0) == 0:\n"
            "    return True\n"
            "raise OSError(ctypes.get_errno(), 'ptrace')"
        ),
    ),
    refused(
        "limits of the parent", "changes the parent's limits", "import os, resource\nreturn resource.prlimit(os.getppid(), resource.RLIMIT_NOFILE, (64, 64))"
    ),
    refused("raises its own limits", "lifts its memory limit", "import resource\nresource.setrlimit(resource.RLIMIT_DATA, (-1, -1))\nreturn True", "Error"),
]

READ_OF_MEMORY = """
import re
found = False
with open('/proc/self/maps') as maps, open('/proc/self/mem', 'rb', 0) as memory:
    for line in maps:
        area, rights, _, _, inode, *_ = line.split()
        low, high = (int(number, 16) for number in area.split('-'))
        if rights[:2] == 'rw' and inode == '0':
            while low < high:
                memory.seek(low)
                try:
                    part = memory.read(min(high - low, 2 ** 22))
                except OSError:
                    break
                found = found or re.search(b'hidde[n]_par[t]', part) is not None
                low += 2 ** 22
return found
"""
READ_OF_OBJECTS = """
import gc, inspect, re, sys
texts = [text for cells in (In, Out.values()) for text in cells if isinstance(text, str)]
for thing in gc.get_objects():
    inside = list(thing.values()) if type(thing) is dict else thing if type(thing) in (list, tuple, set) else []
    texts += [text for text in inside if type(text) is str]
for frame in sys._current_frames().values():
    while frame:
        texts += [text for text in frame.f_locals.values() if type(text) is str]
        texts += inspect.getsource(frame).split('never') if frame.f_code.co_filename.startswith('<test') else []
        frame = frame.f_back
return any(re.search('hidde[n]_par[t]', text) for text in texts)
"""
FOREIGN = (
    "import os\n"
    "found = False\n"
    "for number in range(1, 32768):\n"
    "    if number != os.getpid():\n"
    "        try:\n"
    "            found = found or bool(open(f'/proc/{number}/%s', 'rb').read(10))\n"
    "        except OSError:\n"
    "            pass\n"
    "return found"
)
READING = [
    refused("reads a file outside", "opens a file of the grader's", "return open(OUTSIDE + '/victim.txt').read()"),
    refused("lists a folder outside", "lists the folder of submissions", "import os\nreturn os.listdir(OUTSIDE + '/submitted')"),
    refused("reads the source", "opens the source notebook", "return open(OUTSIDE + '/source/01-tiny.ipynb').read()"),
    refused("reads another submission", "opens bob's file", "return open(OUTSIDE + '/submitted/bob/01-tiny.ipynb').read()"),
    refused(
        "reads the gradebook",
        "opens gradebook.db with sqlite",
        "import sqlite3\nreturn sqlite3.connect(OUTSIDE + '/gradebook.db').execute('select * from grade').fetchall()",
        "OperationalError",
    ),
    refused(
        "reads by way of duckdb",
        "reads a file with duckdb",
        "import duckdb\nreturn duckdb.execute('select content from read_text(?)', [OUTSIDE + '/victim.txt']).fetchall()",
        "refused",
    ),
    refused("reads by way of numpy", "reads a file with numpy and pandas", "import numpy as np\nreturn np.fromfile(OUTSIDE + '/victim.txt', dtype='u1').size"),
    refused(
        "reads through a symlink",
        "a symlink in the scratch folder to a file outside",
        "import os\nos.symlink(OUTSIDE + '/victim.txt', 'link')\nreturn open('link').read()",
    ),
    refused(
        "reads through a hard link",
        "a hard link in the scratch folder to a file outside",
        "import os\nos.link(OUTSIDE + '/victim.txt', 'link')\nreturn open('link').read()",
        "Error",
    ),
    refused("reads through its root", "goes by /proc/self/root", "return open('/proc/self/root' + OUTSIDE + '/victim.txt').read()"),
    refused("reads beside its folder", "lists the folder for temporary files", "import os\nreturn os.listdir(TEMP)"),
    refused(
        "magic that runs a file", "%run of a file outside", "get_ipython().run_line_magic('load', OUTSIDE + '/source/01-tiny.ipynb')\nreturn True", "refused"
    ),
    refused(
        "environment variables",
        "looks for the grader's secret in its environment",
        "import os\nreturn 'COURSE_TEST_SECRET' in os.environ or any('no-learner' in value for value in os.environ.values())",
        "refused",
    ),
    refused("environment of its process", "reads /proc/self/environ", "return b'no-learner' in open('/proc/self/environ', 'rb').read()", "refused"),
    replace(
        refused(
            "environment of a process that was not forked",
            "reads /proc/self/environ where there is no fork server",
            "return b'no-learner' in open('/proc/self/environ', 'rb').read()",
            "refused",
        ),
        warm=False,
        limits=replace(LIMITS, total_seconds=40),
    ),
    refused("environment of the parent", "reads /proc/PID/environ of the parent", "import os\nreturn open(f'/proc/{os.getppid()}/environ', 'rb').read()"),
    refused("environment of all processes", "reads /proc/N/environ of every process", FOREIGN % "environ", "refused"),
    refused("command lines of all processes", "reads /proc/N/cmdline of every process", FOREIGN % "cmdline", "refused"),
    refused("open files of the parent", "lists /proc/PID/fd of the parent", "import os\nreturn os.listdir(f'/proc/{os.getppid()}/fd')"),
    refused(
        "memory of the parent",
        "process_vm_readv of the parent",
        (
            "import ctypes, os\n"
            "libc = ctypes.CDLL(None, use_errno=True)\n"
            "if libc.process_vm_readv(os.getppid(), 0, 0, 0, 0, 0) == 0:\n"
            "    return True\n"
            "raise OSError(ctypes.get_errno(), 'process_vm_readv')"
        ),
    ),
    refused(
        "test text among its objects",
        "looks through In, gc and frames for the hidden test, in its cell",
        READ_OF_OBJECTS,
        "refused",
        limits=replace(LIMITS, cell_seconds=8),
    ),
    refused(
        "test text among its objects during a call",
        "looks through In, gc and frames for the hidden test, in the function",
        READ_OF_OBJECTS,
        "refused",
        True,
        limits=replace(LIMITS, cell_seconds=8),
    ),
    refused(
        "test text in its memory",
        "searches its whole memory for the hidden test, in the function",
        READ_OF_MEMORY,
        "refused",
        True,
        limits=replace(LIMITS, cell_seconds=10),
    ),
]

NETWORK = [
    refused("connects by TCP", "to a port of this machine", "import socket\nsocket.create_connection(('127.0.0.1', TCP_PORT), 1)\nreturn True"),
    refused(
        "sends by UDP",
        "to a port of this machine",
        "import socket\nreturn socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('127.0.0.1', UDP_PORT))",
    ),
    refused("connects by IPv6", "makes an IPv6 socket", "import socket\nreturn socket.socket(socket.AF_INET6)"),
    refused("raw and netlink sockets", "makes them", "import socket\nreturn socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0)"),
    refused("connects to a UNIX socket", "of the grader's", "import socket\nsocket.socket(socket.AF_UNIX).connect(FOLDER + '/stream')\nreturn True"),
    refused(
        "sends to a UNIX socket from a socket pair",
        "a pair needs no new socket, and a datagram of its may name an address",
        "import socket\na, b = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)\nreturn a.sendto(b'x', FOLDER + '/datagram')",
    ),
    refused("listens", "for connections from anywhere", "import socket\nreturn socket.create_server(('', 0))"),
    refused("listens on a UNIX socket", "in its own folder", "import socket\nend = socket.socket(socket.AF_UNIX)\nend.bind('s')\nend.listen()\nreturn True"),
    refused(
        "downloads",
        "a page by its name",
        "import urllib.request\nreturn urllib.request.urlopen('http://localhost:TCP_PORT/'.replace('TCP_PORT', str(TCP_PORT)), timeout=1)",
        "URLError",
    ),
    refused(
        "network in a thread",
        "a thread that was started before",
        (
            "import socket, threading\n"
            "found = []\n"
            "def go():\n"
            "    try:\n"
            "        found.append(socket.create_connection(('127.0.0.1', TCP_PORT), 1))\n"
            "    except OSError:\n"
            "        pass\n"
            "thread = threading.Thread(target=go)\n"
            "thread.start()\n"
            "thread.join()\n"
            "return found"
        ),
        "refused",
    ),
]

OUTSIDE_WRITES = {
    "changes a file outside": "open(OUTSIDE + '/victim.txt', 'a').write('x')\nreturn True",
    "truncates a file outside": "import os\nos.truncate(OUTSIDE + '/victim.txt', 0)\nreturn True",
    "makes a file outside": "open(OUTSIDE + '/new.txt', 'w')\nreturn True",
    "makes a folder outside": "import os\nos.mkdir(OUTSIDE + '/new')\nreturn True",
    "deletes a file outside": "import os\nos.unlink(OUTSIDE + '/victim.txt')\nreturn True",
    "renames a file outside": "import os\nos.rename(OUTSIDE + '/victim.txt', OUTSIDE + '/other.txt')\nreturn True",
    "moves its own file out": "import os\nopen('f', 'w').close()\nos.rename('f', OUTSIDE + '/f')\nreturn True",
    "makes a symlink outside": "import os\nos.symlink('/', OUTSIDE + '/link')\nreturn True",
    "writes through a symlink": "import os\nos.symlink(OUTSIDE + '/victim.txt', 'link')\nopen('link', 'w').write('x')\nreturn True",
    "changes the mode of a file outside": "import os\nos.chmod(OUTSIDE + '/victim.txt', 0o777)\nreturn True",
    "changes the owner of a file outside": (
        "import os\nos.chown(OUTSIDE + '/victim.txt', os.getuid(), 12345 if os.getuid() == 0 else os.getgid())\nraise PermissionError('so nothing')"
    ),
    "changes the time of a file outside": "import os\nos.utime(OUTSIDE + '/victim.txt', (0, 0))\nreturn True",
    "changes an attribute of a file outside": "import os\nos.setxattr(OUTSIDE + '/victim.txt', 'user.x', b'x')\nreturn True",
    "writes into the course's package": "import course\nopen(course.__path__[0] + '/evil.py', 'w')\nreturn True",
    "writes into the libraries": "import numpy\nopen(numpy.__path__[0] + '/evil.py', 'w')\nreturn True",
    "writes into the folder for temporary files": "open(TEMP + '/evil', 'w')\nreturn True",
    "makes a device": "import os, stat\nos.mknod('device', stat.S_IFCHR | 0o666, os.makedev(1, 8))\nreturn open('device', 'rb').read(1)",
}
SETXATTRAT = """
import ctypes, os, struct
libc = ctypes.CDLL(None, use_errno=True)
value = ctypes.create_string_buffer(b'x')
arguments = ctypes.create_string_buffer(struct.pack('@QII', ctypes.addressof(value), 1, 0))
if libc.syscall(463, -100, (OUTSIDE + '/victim.txt').encode(), 0, b'user.x', arguments, ctypes.c_size_t(16)) == 0:
    return True
raise OSError(ctypes.get_errno(), 'setxattrat')
"""
WRITING = [refused(name, name, attack) for name, attack in OUTSIDE_WRITES.items()] + [
    refused("changes an attribute by the new call", "setxattrat(2), new in Linux 6.13", SETXATTRAT, "Error"),
    Case(
        "deletes its own folder",
        "removes all files that its process was given",
        code("import os\nimport shutil\n\nshutil.rmtree(os.getcwd(), ignore_errors=True)\n\n\n" + SHARE),
    ),
]

EMIT = "k = get_ipython().kernel\n\n\ndef emit(kind, content):\n    k.session.send(k.iopub_socket, kind, content, parent=k.get_parent())\n\n\n"
OUTPUT = [
    Case("huge print", "prints 5 MB in one go", code("print('x' * 5_000_000)\n\n\n" + SHARE), says=("more output than a cell may have",)),
    Case(
        "huge display",
        "shows HTML of 10 MB",
        code("from IPython.display import HTML, display\n\ndisplay(HTML('<b>x</b>' * 1_250_000))\n\n\n" + SHARE),
        says=("more output than a cell may have",),
    ),
    Case("huge result of a cell", "an expression with a long text", code(SHARE + "\n\n'y' * 5_000_000\n"), never=("y" * 30_000,)),
    Case(
        "display over the largest message",
        "shows HTML of 70 MB",
        code(start="from IPython.display import HTML, display\n\ndisplay(HTML('x' * 70_000_000))"),
        limits=replace(LIMITS, memory=600 * MB),
    ),
    Case(
        "endless images",
        "shows images of 1 MB for ever",
        code(start="from IPython.display import display\n\nwhile True:\n    display({'image/png': 'A' * 2 ** 20}, raw=True)"),
        limits=FAST,
        outputs=30_000_000,
    ),
    Case(
        "endless metadata of outputs",
        "shows little text with 1 MB of metadata for ever",
        code(start="from IPython.display import display\n\nwhile True:\n    display({'text/plain': ''}, metadata={'x': 'A' * 2 ** 20}, raw=True)"),
        limits=FAST,
    ),
    Case(
        "endless tracebacks",
        "shows errors for ever",
        code(start="try:\n    1 / 0\nexcept ZeroDivisionError:\n    while True:\n        get_ipython().showtraceback()"),
        limits=FAST,
    ),
    Case(
        "endless state of widgets",
        "sends states of 1 MB for ever",
        code(
            start=EMIT
            + (
                "n = 0\n"
                "while True:\n"
                "    n += 1\n"
                "    emit('comm_open', {'comm_id': str(n), 'target_name': 'jupyter.widget', 'data': {'state': {'x': 'A' * 2 ** 20}}})"
            )
        ),
        limits=FAST,
    ),
    Case(
        "endless prints of a thread during the tests",
        "a thread prints 5 MB after 5 MB while the function waits",
        code(
            (
                "import sys\n"
                "import threading\n"
                "import time\n\n"
                "out = sys.stdout\n\n\n"
                "def talk():\n"
                "    while True:\n"
                "        out.write('x' * 5_000_000)\n"
                "        out.flush()\n\n\n"
                "threading.Thread(target=talk, daemon=True).start()\n\n\n"
            )
            + function("time.sleep(1.5)\nif whole == 0:\n    raise ValueError\nreturn part / whole")
        ),
        share=(0, 3),
        middle=(0, 1.5),
        outcome=(GRADED, TIMED_OUT, MEMORY, DIED),
        limits=replace(LIMITS, cell_seconds=4),
    ),
    Case(
        "thread that goes on printing",
        "a thread prints after its cell has ended",
        code(
            (
                "import threading\n"
                "import time\n\n\n"
                "def talk():\n"
                "    while True:\n"
                "        print('psst')\n"
                "        time.sleep(0.001)\n\n\n"
                "threading.Thread(target=talk, daemon=True).start()\n\n\n"
            )
            + SHARE
        ),
    ),
    Case(
        "endless traceback",
        "an error at the end of a deep recursion",
        code("def deep(n):\n    return deep(n + 1)\n\n\n" + SHARE + "\n\ndeep(0)\n"),
        (0, 3),
        outcome=(GRADED, TIMED_OUT),
    ),
    Case("huge text of an error", "the function raises an error with a text of 10 MB", code(function("raise KeyError('x' * 10_000_000)")), 0, share_is=WRONG),
    Case("huge text of an error in the cell", "the cell raises an error with a text of 10 MB", code("raise KeyError('x' * 10_000_000)\n"), 0, share_is=WRONG),
    Case(
        "huge name of an error",
        "the function raises an error whose class has a name of 5 MB",
        code(function("raise type('E' * 5_000_000, (Exception,), {})('x')")),
        0,
        share_is=WRONG,
    ),
    Case(
        "huge name of an error in the cell",
        "the cell raises an error whose class has a name of 5 MB",
        code("raise type('E' * 5_000_000, (Exception,), {})('x')\n"),
        0,
        share_is=WRONG,
    ),
    Case("huge name of a result", "the result is of a class with a name of 5 MB", code(function("return type('R' * 5_000_000, (), {})()")), 0, share_is=WRONG),
    Case(
        "error that cannot be printed",
        "__str__ raises",
        code("class Bad(Exception):\n    def __str__(self):\n        raise RuntimeError\n\n\n" + function("raise Bad")),
        0,
        share_is=WRONG,
        says=("raised Bad",),
    ),
    Case(
        "error that prints for ever",
        "__str__ never returns",
        code("class Bad(Exception):\n    def __str__(self):\n        while True:\n            pass\n\n\n" + function("raise Bad")),
        0,
        1.5,
        TIMED_OUT,
        TIMED_OUT,
        limits=FAST,
    ),
    Case(
        "error whose text is no text",
        "__str__ returns 3",
        code("class Bad(Exception):\n    def __str__(self):\n        return 3\n\n\n" + function("raise Bad")),
        0,
        share_is=WRONG,
    ),
    Case(
        "error whose text ends the process",
        "__str__ raises SystemExit",
        code("class Bad(Exception):\n    def __str__(self):\n        raise SystemExit\n\n\n" + function("raise Bad")),
        0,
        outcome=(GRADED, DIED),
    ),
    Case(
        "error in the cell that prints for ever",
        "an error of the cell whose __str__ never returns",
        code("class Bad(Exception):\n    def __str__(self):\n        while True:\n            pass\n\n\nraise Bad\n"),
        0,
        outcome=(GRADED, TIMED_OUT),
        limits=FAST,
    ),
    Case("half a character in a print", "prints a lone surrogate", code("print('\\ud800')\n\n\n" + SHARE)),
    Case("half a character in an error", "the function raises an error with a lone surrogate", code(function("raise KeyError('\\ud800')")), 0, share_is=WRONG),
    Case("half a character in an error of the cell", "the cell raises an error with a lone surrogate", code("raise KeyError('\\ud800')\n"), 0, share_is=WRONG),
    Case("half a character in a result", "the function returns a lone surrogate", code(function("return '\\ud800'")), 0, share_is=WRONG),
    Case(
        "control characters and markup in an error",
        "the function raises an error with a script and terminal codes",
        code(function("raise KeyError('<script>alert(1)</script>\\x1b[2J\\x00')")),
        0,
        share_is=WRONG,
    ),
]

PATCHING = [
    Case(
        "replaced checks",
        "course.checks does nothing any more",
        code(NOTHING, start="import course.checks as c\n\nfor name in ('close', 'raises', 'array', 'equal'):\n    setattr(c, name, lambda *_, **__: None)"),
        0,
        share_is=WRONG,
    ),
    Case(
        "replaced inner parts of the checks",
        "compare._close is always true",
        code(NOTHING, start="import course.checks.compare as c\n\nc._close = lambda *_: True\nc.CheckFailed = KeyError"),
        0,
        share_is=WRONG,
    ),
    Case(
        "replaced runner",
        "course.checks.run says that all passed",
        code(NOTHING, start="import course.checks.run as r\n\nr._outcome = lambda *_: ('passed', '')\nr.run_test = lambda *_: None"),
        0,
        share_is=WRONG,
    ),
    Case(
        "replaced server of calls",
        "boundary._answer returns 0.25 whatever is asked",
        code(NOTHING + "\n\nimport course.grading.boundary as b\n\nb._answer = lambda *_: b.pack(['return', 0.25])\n"),
        0,
        (0, 1.5),
        outcome=(GRADED, DIED),
    ),
    Case(
        "replaced numpy",
        "numpy's median, asarray and isclose are replaced",
        code(
            NOTHING,
            start="import numpy as np\n\nnp.isclose = np.allclose = lambda *_, **__: True\nnp.asarray = lambda *_, **__: 2\nnp.testing.assert_allclose = print",
        ),
        0,
        share_is=WRONG,
    ),
    Case(
        "replaced random numbers",
        "draw and default_rng give ones",
        code(NOTHING.replace("0", "1"), start="import numpy as np\n\nnp.random.default_rng = lambda *_: None\ndraw = lambda n, seed: [1.0] * n"),
        0,
        share_is=WRONG,
    ),
    Case(
        "replaced abs and round",
        "builtins say that there are no differences",
        code(NOTHING, start="import builtins\n\nbuiltins.abs = builtins.round = lambda *_: 0\nbuiltins.float = lambda *_: 0.25"),
        0,
        (0, 1.5),
        (GRADED, DIED, TIMED_OUT),
    ),
    Case(
        "replaced len",
        "builtins.len is always 3",
        code(NOTHING + "\n\nimport builtins\n\nbuiltins.len = lambda *_: 3\n"),
        0,
        (0, 1.5),
        (GRADED, DIED, TIMED_OUT),
    ),
    Case(
        "replaced isinstance",
        "builtins.isinstance is always true",
        code(NOTHING + "\n\nimport builtins\n\nbuiltins.isinstance = lambda *_: True\n"),
        0,
        (0, 1.5),
        (GRADED, DIED, TIMED_OUT),
    ),
    Case(
        "replaced Exception",
        "builtins.Exception is something else",
        code(NOTHING + "\n\nimport builtins\n\nbuiltins.Exception = builtins.BaseException = ZeroDivisionError\n"),
        0,
        (0, 1.5),
        (GRADED, DIED, TIMED_OUT),
    ),
    Case(
        "replaced AssertionError",
        "builtins.AssertionError and ValueError are something else",
        code(NOTHING, start="import builtins\n\nbuiltins.AssertionError = builtins.ValueError = KeyError"),
        0,
        (0, 1.5),
        (GRADED, DIED, TIMED_OUT),
    ),
    Case(
        "replaced import",
        "builtins.__import__ raises",
        code(SHARE, start="import builtins\n\n\ndef no(*_, **__):\n    raise ImportError\n\n\nbuiltins.__import__ = no"),
        (0, 3),
        (0, 1.5),
        (GRADED, DIED, TIMED_OUT),
    ),
    Case(
        "replaced showtraceback",
        "errors are not shown any more",
        code(NOTHING, "raise KeyError\n", start="get_ipython().showtraceback = lambda *_, **__: None\nget_ipython().showsyntaxerror = lambda *_, **__: None"),
        0,
        0,
        says=("`middle` is not defined",),
    ),
    Case(
        "handler of all errors",
        "a custom handler swallows errors",
        code(NOTHING, start="get_ipython().set_custom_exc((Exception,), lambda *_, **__: None)"),
        0,
        share_is=WRONG,
    ),
    Case(
        "transformer that empties cells",
        "IPython empties the cells that follow",
        code(SHARE + "\n\nget_ipython().input_transformers_cleanup.append(lambda lines: [])\n"),
        middle=0,
        says=("`middle` is not defined",),
    ),
    Case(
        "transformer that hangs",
        "IPython never gets through the cells that follow",
        code(SHARE + "\n\n\ndef hang(lines):\n    while True:\n        pass\n\n\nget_ipython().input_transformers_cleanup.append(hang)\n"),
        middle=0,
        outcome=(GRADED, TIMED_OUT),
        limits=FAST,
    ),
    Case(
        "trace function",
        "sys.settrace and setprofile change locals",
        code(
            NOTHING
            + (
                "\n\n"
                "import sys\n\n\n"
                "def trace(frame, event, arg):\n"
                "    frame.f_locals['result'] = 0.25\n"
                "    return trace\n\n\n"
                "sys.settrace(trace)\n"
                "sys.setprofile(trace)\n"
            )
        ),
        0,
        (0, 1.5),
        (GRADED, DIED, TIMED_OUT),
    ),
    Case(
        "audit hook",
        "every later compilation is refused",
        code(
            SHARE + "\n\nimport sys\n\n\ndef hook(event, args):\n    if event in ('compile', 'exec'):\n        raise RuntimeError\n\n\nsys.addaudithook(hook)\n"
        ),
        (0, 3),
        0,
        (GRADED, DIED, TIMED_OUT),
        limits=FAST,
    ),
    Case(
        "garbage collector",
        "gc.disable, freeze, and callbacks that raise",
        code(SHARE, start="import gc\n\ngc.disable()\ngc.freeze()\ngc.set_threshold(1)\ngc.callbacks.append(lambda *_: 1 / 0)"),
    ),
    Case("warnings as errors", "all warnings are errors", code(start="import warnings\n\nwarnings.simplefilter('error')")),
    Case(
        "changed warnings and streams",
        "stdout is closed",
        code("import sys\n\nsys.stdout.close()\nsys.stdout = sys.stderr = None\n\n\n" + SHARE),
        middle=(0, 1.5),
    ),
    Case("changed current folder", "goes to /", code("import os\n\nos.chdir('/')\n\n\n" + SHARE)),
    Case("%reset", "forgets all names after its cell", code(between="%reset -f")),
    Case("deleted function", "del share after its cell", code(SHARE + "\n\ndel share\n"), 0, share_is=WRONG, says=("`share` is not defined",)),
    Case("number in place of the function", "share = 5", code("share = 5\n"), 0, share_is=WRONG),
    Case(
        "class in place of the function",
        "share is a class that is a float",
        code(
            "class share(float):\n"
            "    def __new__(cls, part, whole):\n"
            "        if whole == 0:\n"
            "            raise ValueError\n"
            "        return float.__new__(cls, part / whole)\n"
        ),
    ),
    Case(
        "function that claims to be untested",
        "raises NotImplementedError for the second test only",
        code(function("if whole == 0:\n    raise NotImplementedError\nreturn part / whole")),
        2,
    ),
    Case(
        "function that imitates the checks",
        "raises AssertionError with a text of praise",
        code(function("raise AssertionError('all tests passed')")),
        0,
        share_is=WRONG,
    ),
]


def returns(id: str, does: str, value: str, before: str = "", **more: object) -> Case:
    """A case in which share returns something strange."""
    return Case(
        id, does, code((dedent(before).strip("\n") + "\n\n\n" if before else "") + function(f"return {value}")), **{"share": 0, "share_is": WRONG, **more}
    )


EQUAL = (
    "class Yes:\n"
    "    def __eq__(self, other):\n"
    "        return True\n"
    "    def __getattr__(self, name):\n"
    "        return lambda *_: True\n"
    "    __ne__ = __lt__ = __gt__ = lambda *_: False\n"
    "    __le__ = __ge__ = __eq__\n"
    "    __hash__ = lambda _: 1\n"
    "    __float__ = lambda _: 0.25\n"
    "    __sub__ = __rsub__ = __abs__ = lambda *_: 0"
)
LIAR = (
    "class Liar(%s):\n"
    "    __eq__ = __le__ = __ge__ = lambda *_: True\n"
    "    __ne__ = lambda *_: False\n"
    "    __sub__ = __rsub__ = __abs__ = lambda *_: 0.0\n"
    "    __float__ = lambda _: 0.25\n"
    "    __hash__ = lambda _: 1"
)
RESULTS = [
    returns("object equal to everything", "__eq__ is always true", "Yes()", EQUAL),
    returns("float that lies", "a subclass of float", "Liar(99)", LIAR % "float"),
    returns("int that lies", "a subclass of int", "Liar(99)", LIAR % "int" + "\n    __int__ = __index__ = lambda _: 99"),
    returns("NumPy float that lies", "a subclass of np.float64", "Liar(99)", "import numpy as np\n\n\n" + LIAR % "np.float64"),
    returns("array that lies", "a subclass of np.ndarray", "np.ones(3).view(Liar)", "import numpy as np\n\n\n" + LIAR % "np.ndarray"),
    *[
        returns(
            f"object that claims to be {name}",
            f"its __class__ is {name}",
            "Fake()",
            (
                f"import fractions\n"
                f"import enum\n\n"
                f"import numpy as np\n"
                f"import pandas as pd\n\n\n"
                f"class Fake:\n"
                f"    __class__ = property(lambda self: {name})\n"
                f"    __int__ = __index__ = lambda self: 1 // 0"
            ),
        )
        for name in ("int", "float", "str", "dict", "np.ndarray", "pd.DataFrame", "enum.Enum", "fractions.Fraction")
    ],
    returns(
        "object whose class cannot be asked", "__class__ raises", "Fake()", "class Fake:\n    @property\n    def __class__(self):\n        raise SystemExit"
    ),
    returns(
        "list that is read for ever",
        "__iter__ never ends",
        "Endless()",
        "class Endless(list):\n    def __iter__(self):\n        while True:\n            yield 1",
        outcome=(MEMORY, TIMED_OUT),
        share_is=(MEMORY, TIMED_OUT),
        limits=FAST,
    ),
    returns(
        "mapping that hangs",
        "keys() never returns",
        "Hangs({1: 2})",
        "import collections\nimport time\n\n\nclass Hangs(collections.UserDict):\n    def __iter__(self):\n        time.sleep(10 ** 6)",
        outcome=TIMED_OUT,
        share_is=TIMED_OUT,
        limits=FAST,
    ),
    returns("generator that never ends", "a generator as result", "iter(int, 1)"),
    returns("list that holds itself", "a list in itself", "held", "held = []\nheld.append(held)"),
    returns("tuple that holds itself", "a tuple in a list in itself", "held", "inner = []\nheld = (inner,)\ninner.append(held)"),
    returns("very deep list", "100,000 lists, each in the other", "held", "held = []\nfor _ in range(100_000):\n    held = [held]"),
    returns("very deep set", "400 frozensets, each in the other", "held", "held = frozenset()\nfor _ in range(400):\n    held = frozenset([held])"),
    returns(
        "huge result",
        "300 MB of bytes",
        "bytes(300 * 2 ** 20)",
        limits=replace(LIMITS, memory=1400 * MB, cell_seconds=6, total_seconds=40),
        says=("300 MB",),
        children=2000 * MB,
    ),
    returns(
        "huge index",
        "an index of 60 million numbers that needs no memory here, but where it is looked at",
        "pd.RangeIndex(60_000_000)",
        "import pandas as pd",
        children=900 * MB,
        limits=replace(LIMITS, cell_seconds=5),
    ),
    returns("huge range", "range(10 ** 18)", "range(10 ** 18)"),
    returns("huge number", "10 ** 100000", "10 ** 100_000", never=("Exceeds the limit",)),
    returns("huge fraction", "a fraction of two huge numbers", "Fraction(10 ** 100_000, 3)", "from fractions import Fraction"),
    returns("decimal that is none", "a signalling NaN", "Decimal('sNaN')", "from decimal import Decimal"),
    returns("not a number", "nan", "float('nan')"),
    returns("text of the number", "'0.25'", "'0.25'"),
    returns("coroutine", "a coroutine as result", "answer()", "async def answer():\n    return 0.25"),
    returns("module", "a module as result", "np", "import numpy as np"),
    returns("open file", "an open file as result", "open('f', 'w')"),
    returns("class named float", "an object of a class that is named float", "Float()", "Float = type('float', (), {'__float__': lambda self: 0.25})"),
    returns(
        "frame with strange columns",
        "a frame with columns that are no text, twice the same",
        "pd.DataFrame([[1, 2]], columns=[(1, 2), (1, 2)])",
        "import pandas as pd",
    ),
    Case(
        "fraction that is right",
        "Fraction in place of float",
        code("from fractions import Fraction\n\n\n" + function("if whole == 0:\n    raise ValueError\nreturn Fraction(part) / Fraction(whole)")),
    ),
    Case(
        "arguments changed",
        "the function spoils the list that it is given",
        code(SHARE, "def middle(values):\n    values.sort()\n    found = values[1] if len(values) == 3 else 3\n    values.clear()\n    return found\n"),
    ),
    Case(
        "memory from call to call",
        "the first call's arguments are given away in an own cell",
        code("heard = []\n\n\n" + SHARE.replace("    if", "    heard.append((part, whole))\n    if", 1), between="print('it was asked', len(heard), 'times')"),
        says=("it was asked 3 times",),
    ),
]

FORGED = [
    Case(
        "forged end of a cell",
        "says that the cell has ended, then goes on",
        code(EMIT + "emit('status', {'execution_state': 'idle'})\nimport time\n\ntime.sleep(0.3)\n\n\n" + SHARE),
    ),
    Case(
        "forged end of a cell that loops",
        "says that the cell has ended, then loops",
        code(EMIT + "emit('status', {'execution_state': 'idle'})\nwhile True:\n    pass\n"),
        0,
        outcome=(GRADED, TIMED_OUT),
        limits=FAST,
    ),
    Case(
        "forged output with a number for its text",
        "a stream message whose text is 5",
        code(EMIT + "emit('stream', {'name': 'stdout', 'text': 5})\n\n\n" + SHARE),
        outcome=(GRADED, DIED),
        share=(0, 3),
    ),
    Case(
        "forged output that is a list",
        "a message whose content is a list",
        code(EMIT + "emit('stream', [1, 2])\n\n\n" + SHARE),
        outcome=(GRADED, DIED),
        share=(0, 3),
    ),
    Case(
        "forged display without data",
        "a display whose data is a text",
        code(EMIT + "emit('display_data', {'data': 'x', 'metadata': 3})\n\n\n" + SHARE),
        outcome=(GRADED, DIED),
        share=(0, 3),
    ),
    Case(
        "forged display of strange types",
        "a display whose data hold numbers",
        code(EMIT + "emit('display_data', {'data': {'text/plain': 5, 'x': None}, 'metadata': {}, 'transient': {}})\n\n\n" + SHARE),
        outcome=(GRADED, DIED),
        share=(0, 3),
    ),
    Case(
        "forged error",
        "an error message without a traceback",
        code(EMIT + "emit('error', {'ename': 3, 'evalue': None, 'traceback': [1]})\n\n\n" + SHARE),
        outcome=(GRADED, DIED),
        share=(0, 3),
    ),
    Case(
        "forged kind of message",
        "a message of an unknown kind, and one without a header",
        code(
            EMIT + "emit('course_served', {})\nk.session.send(k.iopub_socket, {'header': {}, 'parent_header': {}, 'content': {}, 'metadata': {}})\n\n\n" + SHARE
        ),
        outcome=(GRADED, DIED),
        share=(0, 3),
    ),
    Case(
        "garbage on the output socket",
        "bytes that are no message",
        code(EMIT + "k.iopub_socket.send_multipart([b'x', b'y'])\nk.iopub_socket.send_multipart([b'<IDS|MSG>', b'', b'{', b'{', b'{', b'{'])\n\n\n" + SHARE),
        outcome=(GRADED, DIED),
        share=(0, 3),
    ),
    Case(
        "forged reply that the tests are done",
        "says during a call that the tests are over, then hangs",
        code(
            function(
                "import time\n"
                "k = get_ipython().kernel\n"
                "for name in ('shell_stream', 'shell_socket'):\n"
                "    try:\n"
                "        ident = k._shell_parent_ident.get() if hasattr(k, '_shell_parent_ident') else None\n"
                "        k.session.send(getattr(k, name), 'course_served', {}, parent=k.get_parent('shell'), ident=ident)\n"
                "    except Exception:\n"
                "        pass\n"
                "time.sleep(100)"
            )
        ),
        0,
        outcome=(DIED, TIMED_OUT),
        limits=FAST,
    ),
    Case(
        "answers in advance",
        "right answers lie ready before the questions come",
        code(NOTHING + "\n\nfrom course.grading.codec import pack\n\n" + CHANNEL + "channel.send_bytes(pack(['return', 0.25]))\n"),
        0,
        outcome=(GRADED, DIED),
    ),
    Case(
        "wrong answers in advance",
        "a stale answer must not be taken for one of the next exercise's",
        code(SHARE + "\n\nfrom course.grading.codec import pack\n\n" + CHANNEL + "channel.send_bytes(pack(['return', 77]))\n"),
        (0, 3),
        outcome=(GRADED, DIED),
    ),
    Case(
        "garbage on the channel",
        "bytes that are no message",
        code(SHARE + "\n\n" + CHANNEL + "channel.send_bytes(b'\\xc1garbage')\n"),
        (0, 3),
        outcome=(GRADED, DIED),
    ),
    Case(
        "garbage on the channel from gc",
        "the channel is found among all objects",
        code(
            SHARE + "\n\nimport gc\n\nfor thing in gc.get_objects():\n    if type(thing).__name__ == 'Connection':\n        thing.send_bytes(b'\\xff' * 1000)\n"
        ),
        (0, 3),
        outcome=(GRADED, DIED),
    ),
    Case("channel closed", "the channel is closed", code(SHARE + "\n\n" + CHANNEL + "channel.close()\n"), 0, outcome=DIED, share_is=DIED),
    Case(
        "channel closed in the function",
        "the channel is closed during a call",
        code(function("type(get_ipython().kernel).channel.close()\nreturn 0.25")),
        0,
        outcome=DIED,
        share_is=DIED,
    ),
    Case(
        "half a message on the channel",
        "announces 100 bytes and sends 3",
        code(SHARE + "\n\nimport os\n\n" + CHANNEL + "os.write(channel.fileno(), b'\\x00\\x00\\x00\\x64abc')\n"),
        0,
        outcome=(TIMED_OUT, DIED),
        limits=FAST,
    ),
    Case(
        "huge message announced",
        "announces 2 TB",
        code(SHARE + "\n\nimport os\nimport struct\n\n" + CHANNEL + "os.write(channel.fileno(), struct.pack('!iQ', -1, 2 ** 41))\n"),
        0,
        outcome=DIED,
        share_is=DIED,
    ),
    Case(
        "channel flooded",
        "a thread sends right answers for ever",
        code(
            NOTHING
            + "\n\nimport threading\n\nfrom course.grading.codec import pack\n\n"
            + CHANNEL
            + "\n\ndef flood():\n    while True:\n        channel.send_bytes(pack(['return', 0.25]))\n\n\nthreading.Thread(target=flood, daemon=True).start()\n"
        ),
        0,
        outcome=(GRADED, DIED),
    ),
    Case(
        "questions stolen",
        "a thread reads the questions away",
        code(
            SHARE
            + "\n\nimport threading\n\n"
            + CHANNEL
            + "\n\ndef steal():\n    while True:\n        channel.recv_bytes()\n\n\nthreading.Thread(target=steal, daemon=True).start()\n"
        ),
        (0, 3),
        (0, 1.5),
        outcome=(GRADED, TIMED_OUT, DIED),
        limits=FAST,
    ),
    Case(
        "questions answered that nobody asked",
        "asks the examiner for items of an iterator",
        code(SHARE + "\n\nfrom course.grading.codec import pack\n\n" + CHANNEL + "channel.send_bytes(pack(['next', 0]))\n"),
        (0, 3),
        outcome=(GRADED, DIED),
    ),
    Case(
        "nested message",
        "a message of 3,000 extensions, each in the other",
        code(
            SHARE
            + "\n\nimport msgpack\n\ndata = b'\\xc0'\nfor _ in range(3000):\n    data = msgpack.packb(msgpack.ExtType(0, data))\n"
            + CHANNEL
            + "channel.send_bytes(data)\n"
        ),
        (0, 3),
        outcome=(GRADED, DIED),
    ),
    Case(
        "forged array",
        "a message with an array of another size than its data, and one of a forbidden type",
        code(
            SHARE
            + "\n\nimport msgpack\n\n"
            + CHANNEL
            + (
                "for content in (['<f8', [10 ** 15], b'x'], ['|O', [1], b'12345678'], ['<U99999999', [1], b'x'], ['V0', [-1], b'']):\n"
                "    channel.send_bytes(msgpack.packb(['return', msgpack.ExtType(16, msgpack.packb(content))]))\n"
            )
        ),
        (0, 3),
        outcome=(GRADED, DIED),
    ),
    Case(
        "forged name of an error",
        "an error whose name is no name",
        code(
            SHARE
            + "\n\nfrom course.grading.codec import pack\n\n"
            + CHANNEL
            + "channel.send_bytes(pack(['raise', ['a\\0b' * 10 ** 6], 't' * 10 ** 6, [['f', 'x']]]))\n"
        ),
        (0, 3),
        outcome=(GRADED, DIED, TIMED_OUT),
    ),
]


def _with_outputs(notebook: NotebookNode) -> None:
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs = [new_output("display_data", {"text/html": "<script>steal-the-cookie()</script>"}), new_output("stream", text="z" * 3_000_000)]
            cell.execution_count = 10**9


def _swapped_ids(notebook: NotebookNode) -> None:
    first, second = (cell_of(notebook, "solution", name).metadata.nbgrader for name in ("share", "middle"))
    first.grade_id, second.grade_id = second.grade_id, first.grade_id


def _split(notebook: NotebookNode) -> None:
    """The end of the solution in a new cell below, as JupyterLab's split does (which copies the metadata)."""
    first = cell_of(notebook, "solution")
    second = copy.deepcopy(first)
    first.source, second.source = "import math\n\nhelper = math.fsum", SHARE.replace("part /", "helper([part]) /")
    notebook.cells.insert(notebook.cells.index(first) + 1, second)


def _on_tests(change: Callable[[NotebookNode], object]) -> Callable[[NotebookNode], None]:
    def work(notebook: NotebookNode) -> None:
        for cell in notebook.cells:
            if role_of(cell).get("role") == "test":
                change(cell)

    return work


def _metadata(value: object) -> Callable[[NotebookNode], bytes]:
    """A lesson cell's metadata replaced by something strange."""

    def work(notebook: NotebookNode) -> bytes:
        plain = json.loads(json.dumps(notebook))
        plain["cells"][4]["metadata"] = value
        return json.dumps(plain).encode()

    return work


def _nested(depth: int) -> dict:
    held: dict = {}
    for _ in range(depth):
        held = {"x": held}
    return held


def _nested_text(notebook: NotebookNode, depth: int) -> bytes:
    """A notebook with metadata so deep that Python cannot write, but can read them."""
    return json.dumps(notebook).replace('"metadata": {', '"metadata": {"deep": ' + '{"x":' * depth + "0" + "}" * depth + ",", 1).encode()


def _everything(notebook: NotebookNode, key: str, value: object) -> bytes:
    plain = json.loads(json.dumps(notebook))
    plain[key] = value
    return json.dumps(plain).encode()


def whole(id: str, does: str, data: bytes | None, *says: str, outcome: Outcome = MALFORMED) -> Case:
    """A file that is no notebook of the course."""
    return Case(id, does, lambda world: data, 0, 0, outcome, outcome, outcome, says=says)


FILES = [
    whole("empty file", "no bytes", b"", "empty"),
    whole("blank file", "blanks only", b" \n\t\n", "empty"),
    whole("no file", "nothing was handed in", None, "not in the submission", outcome=MISSING),
    whole("zip file", "an archive with the notebook's name", b"PK\x03\x04" + bytes(range(256)) * 40, "JSON is broken"),
    whole("nul bytes", "a megabyte of nul bytes, as after a full disk", bytes(10**6), "JSON is broken"),
    whole("web page", "the page of a login in place of the file", b"<!DOCTYPE html><html><title>Log in</title></html>", "JSON is broken"),
    whole("JSON of another kind", "a list", b"[1, 2, 3]", "holds no cells"),
    whole("JSON text", "a text", b'"notebook"', "holds no cells"),
    whole("deep JSON", "a million brackets", b"[" * 10**6 + b"]" * 10**6),
    whole("cells that are no list", "a dict of cells", b'{"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": {}}', "no list of cells"),
    whole("no cells", "an empty notebook", b'{"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": []}', "no cell of 01-tiny"),
    whole(
        "cells of another kind",
        "cells are numbers and lists",
        b'{"nbformat": 4, "nbformat_minor": 5, "metadata": [], "cells": [1, null, [], "x", {}]}',
        "no cell of 01-tiny",
    ),
    whole("merge conflict", "the marks of git in the JSON", b'{\n<<<<<<< HEAD\n "cells": []\n=======\n "cells": [1]\n>>>>>>> other\n}', "JSON is broken"),
    Case(
        "truncated file",
        "half of the notebook",
        changed(lambda notebook: json.dumps(notebook).encode()[: len(json.dumps(notebook)) // 2]),
        0,
        0,
        MALFORMED,
        says=("JSON is broken",),
    ),
    Case(
        "notebook of another section",
        "its metadata name another section",
        changed(lambda notebook: notebook.metadata.course.__setitem__("section", "02-other")),
        0,
        0,
        MALFORMED,
        says=("02-other, not of 01-tiny",),
    ),
    Case("UTF-16", "written by an editor as UTF-16", changed(lambda notebook: json.dumps(notebook).encode("utf-16")), (0, 3), (0, 1.5), (MALFORMED, GRADED)),
    Case("byte order mark", "written by an editor with a mark in front", changed(lambda notebook: b"\xef\xbb\xbf" + json.dumps(notebook).encode())),
    Case("not UTF-8", "a comment in Latin-1", changed(lambda notebook: json.dumps(notebook).encode().replace(b"def share", b"# \xe9t\xe9\\ndef share")), 3),
    Case("bytes after the end", "a second JSON follows", changed(lambda notebook: json.dumps(notebook).encode() + b"{}"), 0, 0, MALFORMED),
    Case(
        "half a character in the source", "a lone surrogate in a lesson cell", changed(lambda notebook: notebook.cells.insert(1, new_code_cell("x = '\ud800'")))
    ),
    Case("half a character in the solution", "a lone surrogate in share's cell", changed(lambda notebook: None, "x = '\ud800'\n\n\n" + SHARE), (0, 3)),
    Case("nul character in the source", "a nul character in share's cell", changed(lambda notebook: None, SHARE + "# \0\n"), (0, 3)),
    Case(
        "Windows line ends",
        "\\r\\n in all cells",
        changed(lambda notebook: [cell.__setitem__("source", cell.source.replace("\n", "\r\n")) for cell in notebook.cells]),
    ),
    Case(
        "60 MB notebook",
        "60 MB of outputs",
        changed(lambda notebook: notebook.cells[4].__setitem__("outputs", [new_output("stream", text="x" * 60_000_000)])),
        grader=1500 * MB,
    ),
    Case(
        "10 MB of source",
        "a lesson cell with a text of 10 MB",
        changed(lambda notebook: notebook.cells.insert(1, new_code_cell("x = '" + "x" * 10_000_000 + "'"))),
        limits=replace(LIMITS, cell_seconds=5),
    ),
    Case(
        "20,000 cells",
        "20,000 own cells of one line at the end",
        changed(lambda notebook: notebook.cells.extend(new_code_cell(f"x{n} = {n}") for n in range(20_000))),
        limits=replace(LIMITS, total_seconds=8),
        outputs=10**7,
    ),
    Case(
        "20,000 texts",
        "20,000 own cells of text in front",
        changed(lambda notebook: notebook.cells.__setitem__(slice(0, 0), [new_markdown_cell("x") for _ in range(20_000)])),
    ),
    Case(
        "solution 2,000 times",
        "share's cell again and again",
        changed(lambda notebook: notebook.cells.extend(copy.deepcopy(cell_of(notebook, "solution")) for _ in range(2000))),
        (0, 3),
        (0, 1.5),
        (GRADED, TIMED_OUT),
    ),
    Case(
        "tests deleted",
        "all test cells are gone",
        changed(lambda notebook: notebook.__setitem__("cells", [cell for cell in notebook.cells if role_of(cell).get("role") != "test"])),
        says=("missing; it is back",),
    ),
    Case(
        "everything deleted but the solutions",
        "two cells are left",
        changed(lambda notebook: notebook.__setitem__("cells", [cell for cell in notebook.cells if role_of(cell).get("role") == "solution"])),
        says=("missing; it is back",),
    ),
    Case(
        "solution deleted",
        "share's cell is gone",
        changed(lambda notebook: notebook.cells.remove(cell_of(notebook, "solution"))),
        0,
        share_is=NOT_ATTEMPTED,
        says=("cell share was missing",),
    ),
    Case(
        "tests emptied", "wrong answers, and no assert is left", changed(_on_tests(lambda cell: cell.__setitem__("source", "pass")), NOTHING), 0, share_is=WRONG
    ),
    Case(
        "tests that raise are swallowed",
        "wrong answers, and the tests are wrapped in try",
        changed(_on_tests(lambda cell: cell.__setitem__("source", "try:\n    1 / 0\nexcept Exception:\n    pass\n1.0")), NOTHING),
        0,
        share_is=WRONG,
    ),
    Case("points raised", "each test is worth 1,000 points", changed(_on_tests(lambda cell: cell.metadata.nbgrader.__setitem__("points", 1000)), NOTHING), 0),
    Case(
        "points lost",
        "the points of the tests are texts, negative, or gone",
        changed(_on_tests(lambda cell: cell.metadata.nbgrader.__setitem__("points", "lots"))),
    ),
    Case(
        "tests made ungraded",
        "tests are said not to be graded, nor locked",
        changed(_on_tests(lambda cell: cell.metadata.nbgrader.update(grade=False, locked=False, solution=True)), NOTHING),
        0,
        share_is=WRONG,
    ),
    Case(
        "tests turned into text",
        "the test cells are markdown",
        changed(_on_tests(lambda cell: (cell.__setitem__("cell_type", "markdown"), cell.pop("outputs"), cell.pop("execution_count")))),
    ),
    Case(
        "locked cell changed",
        "draw gives ones, for which the wrong answer is right",
        changed(lambda notebook: cell_of(notebook, "locked").__setitem__("source", "def draw(n, seed):\n    return [1.0] * n\n"), NOTHING.replace("0", "1")),
        0,
        share_is=WRONG,
    ),
    Case(
        "verdict forged in the metadata",
        "the cells say that they passed",
        changed(lambda notebook: [cell.metadata.course.update(outcome="passed", message="") for cell in notebook.cells if "course" in cell.metadata], NOTHING),
        0,
        share_is=WRONG,
    ),
    Case(
        "result forged in the metadata",
        "the notebook says that it is graded",
        changed(lambda notebook: notebook.metadata.course.update(result={"score": 4.5}, repair={}), NOTHING),
        0,
        share_is=WRONG,
    ),
    Case(
        "tests doubled",
        "each test cell twice",
        changed(lambda notebook: notebook.cells.extend(copy.deepcopy(cell) for cell in list(notebook.cells) if role_of(cell).get("role") == "test")),
        says=("more than once",),
    ),
    Case(
        "solution doubled",
        "a right copy below a wrong one",
        changed(
            lambda notebook: (notebook.cells.append(copy.deepcopy(cell_of(notebook, "solution"))), cell_of(notebook, "solution").__setitem__("source", NOTHING))
        ),
        says=("more than once",),
    ),
    Case("solution split", "JupyterLab's split left two cells with one id", changed(_split), says=("more than once",)),
    Case(
        "solution turned into text",
        "share's cell is markdown",
        changed(lambda notebook: cell_of(notebook, "solution").__setitem__("cell_type", "markdown")),
        says=("had been turned into markdown",),
    ),
    Case("cells in reverse", "the whole notebook upside down", changed(lambda notebook: notebook.cells.reverse()), says=("had been moved",)),
    Case("new cell ids", "ids of cells are all the same, or none", changed(lambda notebook: [cell.__setitem__("id", "same") for cell in notebook.cells])),
    Case(
        "grade id renamed",
        "share's grade id is another",
        changed(lambda notebook: cell_of(notebook, "solution").metadata.nbgrader.__setitem__("grade_id", "shares")),
        3,
        says=("cell share was missing",),
    ),
    Case("grade ids swapped", "the ids of the solutions are swapped", changed(_swapped_ids), (0, 3), (0, 1.5)),
    Case(
        "grade ids of other types",
        "grade ids are lists and numbers",
        changed(lambda notebook: [cell.metadata.nbgrader.__setitem__("grade_id", [1]) for cell in notebook.cells if role_of(cell).get("role") == "test"]),
    ),
    Case(
        "all metadata deleted",
        "cells without metadata",
        changed(lambda notebook: [cell.__setitem__("metadata", NotebookNode()) for cell in notebook.cells]),
        0,
        0,
        MALFORMED,
        says=("no cell of 01-tiny",),
    ),
    Case("metadata that are a list", "a cell's metadata are a list", changed(_metadata([1, 2]))),
    Case("metadata of strange types", "nbgrader and course are lists", changed(_metadata({"nbgrader": [1], "course": [1], "tags": {"a": 1}, "jupyter": 3}))),
    Case("metadata that are no numbers", "NaN and Infinity in the metadata", changed(_metadata({"x": float("nan"), "y": float("inf")}))),
    Case("deep metadata of a cell", "400 dicts, each in the other", changed(_metadata(_nested(400)))),
    Case(
        "deep metadata of the notebook",
        "5,000 dicts, each in the other",
        changed(lambda notebook: _nested_text(notebook, 5000)),
        (0, 3),
        (0, 1.5),
        (GRADED, MALFORMED),
    ),
    Case(
        "number of 10,000 digits",
        "in the metadata",
        changed(lambda notebook: json.dumps(notebook).encode().replace(b'"metadata": {', b'"metadata": {"n": ' + b"9" * 10_000 + b", ", 1)),
        (0, 3),
        (0, 1.5),
        (GRADED, MALFORMED),
    ),
    Case(
        "kernel of another language",
        "a kernelspec that does not exist",
        changed(lambda notebook: notebook.metadata.update(kernelspec={"name": "../../julia", "display_name": "J", "language": "julia"})),
    ),
    Case(
        "kernelspec of a strange type",
        "a kernelspec that is a list, a language that is a number",
        changed(lambda notebook: _everything(notebook, "metadata", {"kernelspec": [], "language_info": 3, "course": {"section": "01-tiny"}})),
    ),
    Case(
        "notebook format 3",
        "saved by an old tool",
        changed(lambda notebook: nbformat.writes(nbformat.convert(notebook, 3)).encode()),
        (0, 3),
        (0, 1.5),
        (GRADED, MALFORMED),
    ),
    Case(
        "worksheets in place of cells",
        "half of an old format",
        changed(lambda notebook: _everything(notebook, "worksheets", [{"cells": 3}])),
        (0, 3),
        (0, 1.5),
        (GRADED, MALFORMED),
    ),
    Case("notebook format of the future", "nbformat 5", changed(lambda notebook: _everything(notebook, "nbformat", 5))),
    Case("minor format of the future", "nbformat 4.99", changed(lambda notebook: _everything(notebook, "nbformat_minor", 99))),
    Case("format that is a text", 'nbformat "four"', changed(lambda notebook: _everything(notebook, "nbformat", ["four"]))),
    Case("outputs with scripts", "each cell comes with a script and 3 MB of text", changed(_with_outputs), never=("steal-the-cookie",)),
    Case(
        "attachments",
        "a text cell with an attached image of 5 MB",
        changed(lambda notebook: notebook.cells.insert(1, new_markdown_cell("![x](attachment:x.png)", attachments={"x.png": {"image/png": "A" * 5_000_000}}))),
    ),
    Case(
        "raw cell",
        "a cell of raw text and one of an unknown type",
        changed(lambda notebook: notebook.cells.insert(1, NotebookNode(cell_type="raw", source="x", metadata={}, id="r"))),
    ),
    Case("nul and slashes in the student's name", "the name is no file name", code(), student="../../\0x"),
    Case("markup in the student's name", "the name is a script", code(), student="<script>alert(1)</script>"),
    Case("untouched notebook", "the release as it is", changed(lambda notebook: None, "", ""), 0, 0, (GRADED, NOT_ATTEMPTED)),
    Case(
        "tests written in the solution cell",
        "a copy of a test cell's own asserts that always hold",
        code(NOTHING + "\n\nassert share(1, 4) == 0\n"),
        0,
        share_is=WRONG,
    ),
    Case(
        "old trick on stderr",
        "errors and warnings in all places, which costs nothing",
        code("import sys\nimport warnings\n\nprint('x', file=sys.stderr)\nwarnings.warn('x')\n\n\n" + SHARE),
    ),
]

CASES = [*TIME, *SPACE, *PROCESSES, *READING, *NETWORK, *WRITING, *OUTPUT, *PATCHING, *RESULTS, *FORGED, *FILES]
