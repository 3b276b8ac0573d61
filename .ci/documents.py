"""The documents that `.ci/knowledge` asks about: what `tests/knowledge` renders, and manuals from Debian."""

import functools
import gzip
import json
import re
import subprocess
import unicodedata

from install import INSTALLED, ROOT, debian, environment, packages, renewed

SOURCES = ROOT / "tests" / "knowledge"
MANUALS = {
    "gnuplot.pdf": "usr/share/doc/gnuplot/gnuplot.pdf",
    "policy.pdf": "usr/share/doc/debian-policy/policy.pdf.gz",
    "fhs-3.0.pdf": "usr/share/doc/debian-policy/fhs/fhs-3.0.pdf.gz",
    "developers-reference.pdf": "usr/share/developers-reference/developers-reference.pdf",
    "copyright-format-1.0.txt": "usr/share/doc/debian-policy/copyright-format-1.0.txt.gz",
}


def manuals():
    """The directory with the unpacked packages. apt's own package lists stay as they are."""
    with renewed("documents-debian", "documents.apt") as (directory, is_empty):
        if is_empty:
            for name in ["lists/partial", "debs"]:
                (directory / name).mkdir(parents=True)
            apt = ["apt-get", "--quiet", "-o", f"Dir::State::Lists={directory / 'lists'}"]
            subprocess.run([*apt, "update"], check=True, stdout=subprocess.DEVNULL)
            download = [*apt, "download", *packages("documents.apt")]
            subprocess.run(download, cwd=directory / "debs", check=True, stdout=subprocess.DEVNULL)
            for package in sorted((directory / "debs").iterdir()):
                subprocess.run(["dpkg", "-x", package, directory], check=True)
                package.unlink()
    return directory


def renderer(*arguments):
    """Runs `render.py` and returns what it prints."""
    command = [environment("documents") / "python", SOURCES / "render.py", *arguments]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


@functools.cache
def documents():
    """The paths of all documents, by name."""
    unpacked, rendered = manuals(), INSTALLED / "documents-rendered"
    renderer(rendered)
    found = {path.name: path for path in sorted(rendered.iterdir())}
    for name, place in MANUALS.items():
        content = (unpacked / place).read_bytes()
        found[name] = unpacked / name
        found[name].write_bytes(gzip.decompress(content) if place.endswith(".gz") else content)
    return found


def pages(path):
    """The text of a document by page. A kind without pages has one."""
    if path.suffix == ".pdf":
        debian("pdftotext", "poppler-utils")
        command = ["pdftotext", path, "-"]
        text = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
        return text.removesuffix("\f").split("\f")
    return [renderer("--text", path) if path.suffix == ".docx" else path.read_text()]


def write_texts(directory):
    """Writes the text of each document as `<name>.txt`, with form feeds between pages."""
    directory.mkdir(parents=True, exist_ok=True)
    for name, path in documents().items():
        (directory / f"{name}.txt").write_text("\f".join(pages(path)))


def questions():
    """All questions, as tests/knowledge/README.md describes them."""
    return json.loads((SOURCES / "questions.json").read_text())


def normalized(text):
    """The letters, digits and signs of a text, without spaces, hyphens, ligatures and letter case."""
    text = unicodedata.normalize("NFKC", text).casefold().translate({0x2018: "'", 0x2019: "'"})
    return re.sub(r"[\s\u00ad\u2010-\u2015\u2212-]", "", text)


def places(expected):
    """The places that answer a question."""
    return expected.get("any", [expected])


def misplaced(asked):
    """The places of questions that are not in the text of the document."""
    texts = {name: [normalized(page) for page in pages(path)] for name, path in documents().items()}
    for question in asked:
        for place in places(question["expect"] or {"any": []}):
            page = texts[question["document"]][(place["page"] or 1) - 1:][:1]
            if not page or not all(normalized(fragment) in page[0] for fragment in place["contains"]):
                yield f"{question['id']}: {place} is not in {question['document']}"
