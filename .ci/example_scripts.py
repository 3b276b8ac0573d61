"""The scripts in `examples/`: what they print, and how they are run."""

import os
import subprocess
import sys

from install import ROOT, environment, javascript_sdk

EXAMPLES = ROOT / "examples"
ECHO = "This is a dummy response from the AI."
SDK = {"PYTHONPATH": str(ROOT / "sdk" / "python" / "src"), "PYTHONDONTWRITEBYTECODE": "1"}
# What each script prints at every run, in this order.
PRINTED = {
    "reports.py": ["report.txt is ready", "three years", "Sources: report.txt"],
    "webchat.py": ["You:       Hello", ECHO, "You:       How are you?", ECHO, "Sessions: ", "Logout successful"],
    "chatbot.py": ["You:       Hello", ECHO, "Tokens left: "],
    "metered.py": [ECHO, "That cost 100 of "],
    "platform_sdk.py": [ECHO, "Tokens left: ", "user: Hello", f"assistant: {ECHO}"],
    "platform_sdk.mjs": [ECHO, "Tokens left: ", "user: Hello", f"assistant: {ECHO}"],
}


def interpreter(script):
    """The program that runs a script: only those with an SDK need more than Python's standard library."""
    if script.endswith(".mjs"):
        return "node"
    return environment("sdk-python") / "python" if "sdk" in script else sys.executable


def install():
    """What examples/README.md says, with the pinned packages."""
    environment("sdk-python")
    javascript_sdk()
    command = ["npm", "install", "--prefix", EXAMPLES, "--ignore-scripts", "--silent", "--no-audit", "--no-fund"]
    subprocess.run(command, check=True)


def missing(printed, expected):
    """Returns the first of the texts that is not there after the ones before it."""
    place = 0
    for text in expected:
        place = printed.find(text, place)
        if place < 0:
            return text
        place += len(text)
    return None


def run(script, url, directory):
    """Runs a script elsewhere, so that it cannot depend on the directory, and ends the check if it does wrong."""
    settings = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    settings |= {"QUINTET_URL": url, **(SDK if "sdk" in script else {})}
    command = [interpreter(script), EXAMPLES / script]
    ran = subprocess.run(command, cwd=directory, env=settings, capture_output=True, text=True, timeout=30)
    lacking = missing(ran.stdout, PRINTED[script])
    if ran.returncode != 0 or lacking is not None:
        sys.exit(f"{script}: status {ran.returncode}, lacks {lacking!r}\n{ran.stdout}{ran.stderr}")
    return ran.stdout
