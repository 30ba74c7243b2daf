"""Makes the environment, and runs the long steps of `make`, with a clear sentence when one fails.

Runs on whatever Python is there, before anything is installed: only the standard library, and no
syntax newer than Python 3.6, so that a Python that is too old or too new can say so itself.

    python3 scripts/bootstrap.py environment [--dev]      make .venv, install the locked versions
    python3 scripts/bootstrap.py run "Doing this" -- command ...
"""

import argparse
import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
BIN = VENV / ("Scripts" if os.name == "nt" else "bin")

#: TensorFlow 2.21 has wheels for these.
OLDEST, NEWEST = (3, 10), (3, 13)

#: Bytes. The environment takes 2.5 GB on Linux x86, and pip unpacks beside it.
ROOM_FOR_ENVIRONMENT = 4 * 10**9
#: Bytes free before a step begins: for the site, the class's notebooks and the gradebook.
ROOM_FOR_STEP = 200 * 10**6


class Stop(Exception):
    """The one sentence to print before giving up."""


def is_supported(version: tuple) -> bool:
    """Whether TensorFlow can be installed for a Python of this (major, minor)."""
    return OLDEST <= version <= NEWEST


def version_of(python: str) -> tuple:
    """(major, minor) of an interpreter, or (0, 0) if it cannot be run."""
    command = [python, "-c", "import sys; print(*sys.version_info[:2])"]
    try:
        done = subprocess.run(
            command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True, timeout=60
        )
        major, minor = done.stdout.split()
        return int(major), int(minor)
    except (OSError, ValueError, subprocess.SubprocessError):
        return 0, 0


def find_python() -> str:
    """The running interpreter if it will do, else the newest on the PATH that will."""
    running = tuple(sys.version_info[:2])
    if is_supported(running):
        return sys.executable
    for minor in range(NEWEST[1], OLDEST[1] - 1, -1):
        found = shutil.which(f"python3.{minor}")
        if found and is_supported(version_of(found)):
            return found
    raise Stop(
        f"TensorFlow has no packages for Python {running[0]}.{running[1]}: install a Python from "
        f"{OLDEST[0]}.{OLDEST[1]} to {NEWEST[0]}.{NEWEST[1]} and say which, for example: "
        "make PYTHON=/path/to/python3.12 course"
    )


def require_room(needed: float, folder: Path = ROOT) -> None:
    """Raise `Stop` unless the folder's disk has `needed` bytes free."""
    free = shutil.disk_usage(str(folder)).free
    if free < needed:
        raise Stop(
            f"The disk is too full: {folder} has {free / 1e9:.1f} GB free and this step needs "
            f"{needed / 1e9:.1f} GB. Free some space and run make again."
        )


def wanted(dev: bool) -> str:
    """Fingerprint of what the environment must hold, to tell whether it is up to date."""
    total = hashlib.sha256()
    names = ["requirements.txt", "requirements.lock"] + (["requirements-dev.txt"] if dev else [])
    for name in names:
        total.update((ROOT / name).read_bytes())
    return total.hexdigest()


def make_environment(dev: bool) -> None:
    """Make .venv and install requirements.txt (and requirements-dev.txt) as locked."""
    stamp = VENV / ("dev.stamp" if dev else "course.stamp")
    if stamp.exists() and stamp.read_text() == wanted(dev):
        return
    in_venv = str(BIN / ("python.exe" if os.name == "nt" else "python"))
    if not is_supported(version_of(in_venv)):
        python = find_python()
        require_room(ROOM_FOR_ENVIRONMENT)
        say(f"Making .venv with {python} ...")
        if subprocess.run([python, "-m", "venv", "--clear", str(VENV)]).returncode:
            require_room(ROOM_FOR_STEP)
            major, minor = version_of(python)
            raise Stop(
                f"{python} cannot make a virtual environment: install its venv module (Debian, "
                f"Ubuntu: sudo apt install python{major}.{minor}-venv) or name another Python: "
                "make PYTHON=/path/to/python3 course"
            )
    command = [in_venv, "-m", "pip", "install", "--disable-pip-version-check"]
    command += ["-c", str(ROOT / "requirements.lock"), "-r", str(ROOT / "requirements.txt")]
    if dev:
        command += ["-r", str(ROOT / "requirements-dev.txt")]
    say("Installing the locked packages into .venv (about 500 MB to download the first time) ...")
    # On a terminal pip draws progress bars; elsewhere its lines would only fill a log.
    if not sys.stdout.isatty():
        command += ["--quiet", "--progress-bar", "off"]
    if subprocess.run(command).returncode:
        require_room(ROOM_FOR_STEP)
        raise Stop(
            "The packages could not be installed; the lines above say why. If they speak of the "
            "network, check it and run make again: what was downloaded is kept."
        )
    for name in ["course.stamp"] + (["dev.stamp"] if dev else []):
        (VENV / name).write_text(wanted(name == "dev.stamp"))


def run_step(title: str, command: list) -> None:
    """Run a command of .venv; its failure is told in one sentence after its own lines."""
    require_room(ROOM_FOR_STEP)
    say(f"{title} ...")
    path = str(BIN) + os.pathsep + os.environ.get("PATH", "")
    # A shell looks a command up in the PATH it is given; a plain exec would use our own.
    found = shutil.which(command[0], path=path) or command[0]
    environment = dict(os.environ, PATH=path)
    status = subprocess.run([found] + command[1:], env=environment, cwd=str(ROOT)).returncode  # noqa: RUF005
    if status:
        require_room(10**6)  # the cause of most strange failures, so it is looked at first
        raise Stop(f"“{title}” failed with status {status}; the lines above say why.")


def say(text: str) -> None:
    """Print at once, also where the output is a pipe that a child writes to too."""
    print(text, flush=True)


def main() -> int:
    """Command line; returns the exit status."""
    parser = argparse.ArgumentParser(description="Make the environment; run a step of make.")
    commands = parser.add_subparsers(dest="command")
    commands.required = True
    environment = commands.add_parser("environment")
    environment.add_argument("--dev", action="store_true", help="also what the tests need")
    step = commands.add_parser("run")
    step.add_argument("title")
    step.add_argument("argv", nargs=argparse.REMAINDER)
    arguments = parser.parse_args()
    try:
        if arguments.command == "environment":
            make_environment(arguments.dev)
        else:
            run_step(arguments.title, [a for a in arguments.argv if a != "--"])
    except Stop as stop:
        say(f"\nmake: {stop}\n")
        return 1
    except KeyboardInterrupt:
        say("\nmake: stopped; run it again to go on.\n")
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
