#!/usr/bin/env python3
"""Renders the annual reports of this folder to PDF and to DOCX, and writes the price list. It needs the Python
environment `documents` of `.ci/tools`. The same sources give the same bytes.

`render.py DIR` writes all of them to a directory. `render.py --text FILE.docx` prints the text of a DOCX file."""

import collections
import io
import pathlib
import random
import re
import sys
import zipfile
from datetime import datetime

import docx
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.table import Table as WordTable
from docx.text.paragraph import Paragraph as WordParagraph
from reportlab import rl_config
from reportlab.lib import colors
from reportlab.lib.enums import TA_JUSTIFY, TA_RIGHT
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.platypus import (BaseDocTemplate, CondPageBreak, Frame, FrameBreak, ListFlowable, ListItem,
                                NextPageTemplate, PageBreak, PageTemplate, Paragraph, Spacer, Table, TableStyle)

HERE = pathlib.Path(__file__).resolve().parent
REPORTS = ["report-en", "report-nl"]
WRITTEN = datetime(2026, 3, 3)
# What is embedded in a PDF is different for each font: Vera as a subset with its own encoding, Times only by name.
FONTS = {"times": ("Times-Roman", "Times-Bold"), "vera": ("Vera", "VeraBd")}
# Points, and the distance of lines in sizes.
SIZES = {"times": (12.5, 1.65), "vera": (10, 1.5)}
MARGIN, GAP = 32 * mm, 8 * mm
WIDTH = A4[0] - 2 * MARGIN


def parse(source):
    """Returns the settings at the beginning of a source, and its blocks as `(kind, content)`."""
    head, body = source.split("\n\n", 1)
    settings = dict(line.split(": ", 1) for line in head.splitlines())
    blocks = []
    for block in re.split(r"\n{2,}|\n(?=:::$)|(?<=^:::columns)\n", body.strip(), flags=re.M):
        marks = re.match(r"#+ ", block)
        if marks:
            blocks.append((f"heading {len(marks[0]) - 1}", block[len(marks[0]):]))
        elif block.startswith(":::"):
            blocks.append(("columns" if block == ":::columns" else "column", None))
        elif block.startswith("|"):
            rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in block.splitlines()]
            blocks.append(("table", [rows[0], *rows[2:]]))
        elif block.startswith("- "):
            blocks.append(("list", [line[2:] for line in block.splitlines()]))
        else:
            blocks.append(("paragraph", block))
    return settings, blocks


def is_number(text):
    return not re.search(r"[A-Za-z]{3}", text)


def with_ligatures(text):
    """Typesetting programs put ligatures into a PDF where the font has them."""
    return text.replace("fi", "ﬁ").replace("fl", "ﬂ")


def escaped(text):
    return text.replace("&", "&amp;").replace("<", "&lt;")


class Pdf(BaseDocTemplate):
    """Pages with a running header and a page number, in one column or in two."""

    def __init__(self, file, settings):
        super().__init__(file, pagesize=A4, title=settings["title"], author=settings["title"], invariant=1)
        self.header, self.fonts = settings["header"], FONTS[settings["font"]]
        height, half = A4[1] - 2 * MARGIN, (WIDTH - GAP) / 2
        frames = [Frame(MARGIN + at, MARGIN, half, height, 0, 0, 0, 0) for at in [0, half + GAP]]
        self.addPageTemplates([
            PageTemplate("cover", Frame(MARGIN, MARGIN, WIDTH, height, 0, 0, 0, 0)),
            PageTemplate("one", Frame(MARGIN, MARGIN, WIDTH, height, 0, 0, 0, 0), onPage=self.decorate),
            PageTemplate("two", frames, onPage=self.decorate),
        ])

    def decorate(self, canvas, _):
        canvas.saveState()
        canvas.setFont(self.fonts[0], 8)
        canvas.drawString(MARGIN, A4[1] - 15 * mm, self.header)
        canvas.drawRightString(A4[0] - MARGIN, 14 * mm, str(canvas.getPageNumber()))
        canvas.restoreState()


Styles = collections.namedtuple("Styles", "body cell number top headings")


def styles_of(settings):
    """The styles of a report's paragraphs, cells and headings."""
    font, bold = FONTS[settings["font"]]
    size, spacing = SIZES[settings["font"]]
    body = ParagraphStyle("body", fontName=font, fontSize=size, leading=size * spacing, alignment=TA_JUSTIFY,
                          spaceAfter=8, hyphenationLang=settings["language"], embeddedHyphenation=1)
    cell = ParagraphStyle("cell", fontName=font, fontSize=size - 1.5, leading=(size - 1.5) * 1.3)
    number = ParagraphStyle("number", parent=cell, alignment=TA_RIGHT)
    top = ParagraphStyle("top", parent=cell, fontName=bold)
    headings = [
        ParagraphStyle(f"heading {level}", fontName=bold, fontSize=points, leading=points * 1.3, spaceBefore=before,
                       spaceAfter=8, keepWithNext=1)
        for level, points, before in [(1, 22, 0), (2, 14, 12)]
    ]
    return Styles(body, cell, number, top, headings)


def pdf_table(content, prepared, styles):
    """A table whose first column is the widest and whose first line is its head."""
    first = 0.4 if len(content[0]) > 2 else 0.6
    widths = [WIDTH * first] + [WIDTH * (1 - first) / (len(content[0]) - 1)] * (len(content[0]) - 1)
    heads = [styles.top] + [None] * (len(content) - 1)
    cells = [[Paragraph(prepared(text), head or (styles.number if is_number(text) else styles.cell)) for text in line]
             for head, line in zip(heads, content, strict=True)]
    rule = TableStyle([("LINEBELOW", (0, 0), (-1, -1), 0.4, colors.grey), ("VALIGN", (0, 0), (-1, -1), "TOP")])
    return Table(cells, widths, style=rule, repeatRows=1)


def pdf(settings, blocks):
    """Returns the bytes of a PDF."""
    styles = styles_of(settings)
    prepared = (lambda text: escaped(with_ligatures(text))) if settings["font"] == "vera" else escaped
    story = [Spacer(1, 60 * mm), Paragraph(escaped(settings["title"]), styles.headings[0]),
             Paragraph(settings["subtitle"], styles.headings[1]), NextPageTemplate("one")]
    in_columns = False
    for kind, content in blocks:
        if kind == "heading 1":
            chapter = Paragraph(prepared(content), styles.headings[0])
            story += [NextPageTemplate("one"), PageBreak(), chapter, Spacer(1, 6 * mm)]
        elif kind == "heading 2":
            # In two columns, the second heading begins the second column.
            is_next = in_columns and not isinstance(story[-1], PageBreak)
            heading = Paragraph(prepared(content), styles.headings[1])
            story += [FrameBreak() if is_next else CondPageBreak(35 * mm), heading]
        elif kind == "columns":
            story += [NextPageTemplate("two"), PageBreak()]
            in_columns = True
        elif kind == "column":
            story += [NextPageTemplate("one"), PageBreak()]
            in_columns = False
        elif kind == "list":
            items = [ListItem(Paragraph(prepared(item), styles.body), leftIndent=14) for item in content]
            story.append(ListFlowable(items, bulletType="bullet", bulletFontSize=7, leftIndent=14))
        elif kind == "table":
            story += [pdf_table(content, prepared, styles), Spacer(1, 5 * mm)]
        else:
            story.append(Paragraph(prepared(content), styles.body))
    file = io.BytesIO()
    Pdf(file, settings).build(story)
    return file.getvalue()


def word(settings, blocks):
    """Returns the bytes of a DOCX file."""
    document = docx.Document()
    properties = document.core_properties
    properties.title, properties.author = settings["title"], settings["title"]
    properties.created = properties.modified = WRITTEN
    document.sections[0].header.paragraphs[0].text = settings["header"]
    page = document.sections[0].footer.paragraphs[0]
    page.alignment = WD_ALIGN_PARAGRAPH.RIGHT
    field = OxmlElement("w:fldSimple")
    field.set(qn("w:instr"), "PAGE")
    page._p.append(field)
    document.add_heading(settings["title"], 0)
    document.add_paragraph(settings["subtitle"])
    for kind, content in blocks:
        if kind == "heading 1":
            document.add_page_break()
            document.add_heading(content, 1)
        elif kind == "heading 2":
            document.add_heading(content, 2)
        elif kind in ["columns", "column"]:
            section = document.add_section(0)
            columns = section._sectPr.find(qn("w:cols"))
            columns.set(qn("w:num"), "2" if kind == "columns" else "1")
        elif kind == "list":
            for item in content:
                document.add_paragraph(item, style="List Bullet")
        elif kind == "table":
            table = document.add_table(len(content), len(content[0]), style="Table Grid")
            for row, line in zip(table.rows, content, strict=True):
                for cell, text in zip(row.cells, line, strict=True):
                    cell.text = text
        else:
            in_runs(document.add_paragraph(), content)
    file = io.BytesIO()
    document.save(file)
    return dated(file.getvalue())


def in_runs(paragraph, text):
    """Adds a text in several runs, as word processors do: they cut words too."""
    paragraph.alignment = WD_ALIGN_PARAGRAPH.JUSTIFY
    for start in range(0, len(text), 97):
        paragraph.add_run(text[start:start + 97])


def dated(archive):
    """Returns a ZIP archive with the same entries, all of one time."""
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(archive)) as old, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            entry = zipfile.ZipInfo(name, WRITTEN.timetuple()[:6])
            entry.compress_type = zipfile.ZIP_DEFLATED
            new.writestr(entry, old.read(name))
    return file.getvalue()


def text_of(file):
    """The paragraphs of a DOCX file, and the rows of its tables with a tab between their cells, in their order."""
    lines = []
    for element in docx.Document(file).element.body.iterchildren():
        if element.tag == qn("w:p"):
            lines += [WordParagraph(element, None).text, ""]
        elif element.tag == qn("w:tbl"):
            rows = WordTable(element, None).rows
            lines += [*("\t".join(cell.text for cell in row.cells) for row in rows), ""]
    return "\n".join(lines)


KINDS = {
    "HV": ("Half mask respirator", ["FFP2", "FFP3", "A1P3"], "Breathing protection"),
    "GL": ("Work glove", ["leather", "nitrile", "aramid", "latex-free"], "Hand protection"),
    "SB": ("Safety boot", ["S1P", "S3", "S5 rubber"], "Footwear"),
    "HE": ("Helmet", ["vented", "with visor", "for climbers"], "Head protection"),
    "EP": ("Ear defender", ["27 dB", "32 dB", "with radio"], "Hearing protection"),
    "LT": ("Head torch", ["200 lumen", "450 lumen", "ATEX zone 1"], "Lighting"),
    "RP": ("Static rope", ["10 mm", "11 mm", "13 mm"], "Work at height"),
    "KB": ("Carabiner", ["steel, screw lock", "aluminium, triple lock"], "Work at height"),
    "EX": ("Fire extinguisher", ["foam 6 l", "CO2 5 kg", "powder 9 kg"], "Fire protection"),
    "SG": ("Warning sign", ["slippery floor", "high voltage", "forklift traffic"], "Signs"),
}
COLOURS = ["black", "yellow", "orange", "white", "blue", "red", "green"]
MAKERS = ["Brandvik", "Tessaro", "Okuma Safety", "Lindqvist & Son", "Ardèche Pro", "Norrgard"]
NOTES = ["", "", "", "discontinued", "new", "delivery in 3 weeks", "minimum order 10", "hazardous goods surcharge"]


def price_list():
    """Returns a CSV file with 300 products."""
    chance = random.Random(2025)
    lines = ["article;description;group;maker;colour;size;price_eur;stock;note"]
    for number in range(300):
        code = chance.choice(list(KINDS))
        name, variants, group = KINDS[code]
        article = f"{code}-{1000 + 7 * number}-{chance.choice('ABCDEFX')}"
        price = f"{chance.randint(350, 42_000) / 100:.2f}"
        cells = [article, f"{name} {chance.choice(variants)}", group, chance.choice(MAKERS), chance.choice(COLOURS),
                 chance.choice(["S", "M", "L", "XL", "one size"]), price, str(chance.randint(0, 900)),
                 chance.choice(NOTES)]
        lines.append(";".join(cells))
    return "\n".join(lines) + "\n"


def main():
    if sys.argv[1] == "--text":
        print(text_of(sys.argv[2]))
        return
    directory = pathlib.Path(sys.argv[1])
    directory.mkdir(parents=True, exist_ok=True)
    rl_config.invariant = 1
    for name in ["Vera", "VeraBd"]:
        pdfmetrics.registerFont(TTFont(name, f"{name}.ttf"))
    for name in REPORTS:
        settings, blocks = parse((HERE / f"{name}.md").read_text())
        (directory / f"{name}.pdf").write_bytes(pdf(settings, blocks))
        (directory / f"{name}.docx").write_bytes(word(settings, blocks))
    (directory / "prices.csv").write_text(price_list())


main()
