"""The README and the pages under docs/, taken apart: blocks, prose, tables, links and the commands in them."""

import re
import shlex
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from tools.dev.settings import ROOT

_BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_MAKE = "make "


@dataclass(frozen=True)
class Document:
    """A Markdown file of the repository."""

    path: Path

    @property
    def name(self) -> str:
        """Return the path from the repository's root."""
        return self.path.relative_to(ROOT).as_posix()

    @cached_property
    def text(self) -> str:
        """Return the whole file."""
        return self.path.read_text()

    @cached_property
    def blocks(self) -> list[tuple[str, str]]:
        """Return the language and the text of each fenced block."""
        return _BLOCK.findall(self.text)

    @cached_property
    def prose(self) -> str:
        """Return the text without its fenced blocks."""
        return _BLOCK.sub("", self.text)

    @property
    def shell(self) -> str:
        """Return the commands to run, in order; `make` runs elsewhere."""
        blocks = [text for language, text in self.blocks if language == "sh"]
        return "\n".join(text for text in blocks if not text.startswith(_MAKE))

    @property
    def python(self) -> list[str]:
        """Return the Python blocks."""
        return [text for language, text in self.blocks if language == "python"]

    @property
    def make_blocks(self) -> list[list[str]]:
        """Return the arguments of each block that is a call of `make`."""
        blocks = [text for language, text in self.blocks if language == "sh"]
        return [shlex.split(text)[1:] for text in blocks if text.startswith(_MAKE)]

    @property
    def make_calls(self) -> list[list[str]]:
        """Return the arguments of every call of `make`, in blocks and in prose."""
        return self.make_blocks + [shlex.split(call) for call in re.findall(r"`make ([^`]+)`", self.prose)]

    @property
    def links(self) -> list[str]:
        """Return the targets of links and pictures."""
        return re.findall(r"\]\(([^)\s]+)\)", self.prose)

    @property
    def rows(self) -> list[list[str]]:
        """Return the cells of every row of every table."""
        return table_rows(self.prose)

    def section(self, title: str) -> list[list[str]]:
        """Return the cells of the rows of the one table below a heading, without its head."""
        part = self.prose.partition(f"\n## {title}\n")[2].partition("\n## ")[0]
        return table_rows(part)[2:]

    @property
    def headings(self) -> set[str]:
        """Return the anchors of the headings, as links name them."""
        titles = re.findall(r"^#+ (.+)$", self.prose, re.MULTILINE)
        return {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}


def table_rows(text: str) -> list[list[str]]:
    """Return the cells of every row of the tables in a text."""
    lines = [line for line in text.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


README = Document(ROOT / "README.md")
CLIENT = Document(ROOT / "client/README.md")
PAGES = [Document(path) for path in sorted((ROOT / "docs").rglob("*.md"))]
DOCUMENTS = [README, *PAGES]


def page(name: str) -> Document:
    """Return the page `docs/<name>.md`."""
    return Document(ROOT / "docs" / f"{name}.md")
