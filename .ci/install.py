#!/usr/bin/env python3
"""Installs the tools of the checks into `target/tools`. All versions are in `.ci/tools`: one file per Python
environment, `node.txt` for npm, `*.apt` for Debian, whose packages have the versions of the distribution. The small
model has its versions in `examples/small-model`.

`.ci/install.py NAME` installs one environment and prints the directory of its programs; without a name it installs
those that .ci/run needs. To update an environment, install newer versions of its direct packages into an empty one and
copy `pip freeze`."""

import contextlib
import fcntl
import os
import pathlib
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
VERSIONS = ROOT / ".ci" / "tools"
INSTALLED = ROOT / "target" / "tools"
NODE, ARM64 = "node", "arm64"
# Only .ci/full uses it. It takes a minute to install.
CHECKOV = "checkov"
# Installed beside the packages of `sdk-python`, by .ci/sdk-python.
LOWEST = "sdk-python-lowest"
SMALL_MODEL = ROOT / "examples" / "small-model"
JAVASCRIPT_SDK = ROOT / "sdk" / "javascript"
OLDEST_NODE = (20, 19)


@contextlib.contextmanager
def renewed(name, file=None):
    """Yields the directory for a tool, and whether it is empty: on the first run, and after its versions changed. A
    lock keeps two processes from filling it at once."""
    directory, versions = INSTALLED / name, (VERSIONS / (file or f"{name}.txt")).read_text()
    marker = directory / "installed.txt"
    INSTALLED.mkdir(parents=True, exist_ok=True)
    with (INSTALLED / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        is_current = marker.exists() and marker.read_text() == versions
        if not is_current:
            shutil.rmtree(directory, ignore_errors=True)
        yield directory, not is_current
        if not is_current:
            marker.write_text(versions)


def packages(file):
    """The packages in a file that is not for pip."""
    lines = (VERSIONS / file).read_text().splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def environment(name):
    """The directory with the programs of a Python environment."""
    with renewed(name) as (directory, is_empty):
        if is_empty:
            subprocess.run([sys.executable, "-m", "venv", directory], check=True)
            # The file also pins indirect dependencies, so pip must not look for any.
            pip = [directory / "bin" / "python", "-m", "pip", "--quiet", "--disable-pip-version-check", "install"]
            subprocess.run([*pip, "--no-deps", "--requirement", VERSIONS / f"{name}.txt"], check=True)
    return directory / "bin"


def node_package():
    """The directory with the packages from npm."""
    with renewed(NODE) as (directory, is_empty):
        if is_empty:
            debian("npm", "npm")
            npm = ["npm", "install", "--silent", "--prefix", directory, *packages(f"{NODE}.txt")]
            subprocess.run(npm, check=True, stdout=subprocess.DEVNULL)
    return directory / "node_modules"


def small_model():
    """Installs the example's model. Returns the command that starts it, and the environment that the command needs."""
    with renewed("small-model", SMALL_MODEL / "requirements.txt") as (directory, is_empty):
        settings = {**os.environ, "SMALL_MODEL_DIR": str(directory)}
        if is_empty:
            subprocess.run([SMALL_MODEL / "run", "--install"], check=True, stdout=subprocess.DEVNULL, env=settings)
    return SMALL_MODEL / "run", settings


def debian(program, *names):
    """Installs packages of the distribution, unless the program exists."""
    if shutil.which(program) is None:
        for command in [["update"], ["install", "--yes", "--no-install-recommends", *names]]:
            subprocess.run(["apt-get", "--quiet", *command], check=True, stdout=subprocess.DEVNULL)


def javascript_sdk():
    """Installs the pinned packages of the JavaScript SDK if they changed, and builds it."""
    debian("npm", "npm")
    version = subprocess.run(["node", "--version"], capture_output=True, text=True, check=True).stdout.strip()
    if tuple(int(part) for part in version[1:].split(".")[:2]) < OLDEST_NODE:
        sys.exit(f"Node.js {version} is too old: at least {'.'.join(map(str, OLDEST_NODE))} is needed.")
    versions = (JAVASCRIPT_SDK / "package-lock.json").read_text()
    marker = JAVASCRIPT_SDK / "node_modules" / "installed.txt"
    if not marker.exists() or marker.read_text() != versions:
        install = ["npm", "ci", "--silent", "--ignore-scripts", "--no-audit", "--no-fund"]
        subprocess.run(install, cwd=JAVASCRIPT_SDK, check=True)
        marker.write_text(versions)
    subprocess.run(["npm", "run", "--silent", "build"], cwd=JAVASCRIPT_SDK, check=True)


def arm64_compiler():
    """A `rustc` with the standard library for arm64. Its packages are unpacked below `target/tools`, not installed, and
    apt's own package lists stay as they are. The linker and the emulator are installed."""
    with renewed(ARM64, f"{ARM64}-compiler.apt") as (directory, is_empty):
        if is_empty:
            for name in ["lists/partial", "debs"]:
                (directory / name).mkdir(parents=True)
            both = ["-o", f"Dir::State::Lists={directory / 'lists'}", "-o", "APT::Architectures::=arm64"]
            apt = ["apt-get", "--quiet", *both]
            subprocess.run([*apt, "update"], check=True, stdout=subprocess.DEVNULL)
            download = [*apt, "download", *packages(f"{ARM64}-compiler.apt")]
            subprocess.run(download, cwd=directory / "debs", check=True, stdout=subprocess.DEVNULL)
            for package in sorted((directory / "debs").iterdir()):
                subprocess.run(["dpkg", "-x", package, directory], check=True)
                package.unlink()
            compiler = directory / "rustc"
            libraries = directory / "usr" / "lib" / "x86_64-linux-gnu"
            run = f'exec env LD_LIBRARY_PATH="{libraries}" "{directory}/usr/bin/rustc" "$@"'
            compiler.write_text(f"#!/bin/sh\n{run}\n")
            compiler.chmod(0o755)
    debian("aarch64-linux-gnu-g++", *packages(f"{ARM64}.apt"))
    return directory / "rustc"


def main():
    if len(sys.argv) == 2:
        print(environment(sys.argv[1]))
    else:
        for name in sorted(file.stem for file in VERSIONS.glob("*.txt") if file.stem not in [NODE, CHECKOV, LOWEST]):
            environment(name)
        node_package()
        small_model()


if __name__ == "__main__":
    main()
