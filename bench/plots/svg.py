"""A small writer of SVG: texts, lines, boxes and marks on a white ground, which reads in a dark page, too.

Texts are escaped by the standard library's XML writer. Lengths are in pixels of the drawing.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bench.samples import Peer

NAMESPACE = "http://www.w3.org/2000/svg"
INK = "#1f2328"
FAINT = "#d0d7de"
MUTED = "#59636e"
GROUND = "#ffffff"
SMALL = 11
COLOURS: Mapping[Peer | str, str] = {"flux": "#0969da", "penstock": "#bc4c00"}
"""Both are legible on the ground, and told apart by shape as well: see Drawing.mark."""
_FONT = "ui-sans-serif, -apple-system, 'Segoe UI', Helvetica, Arial, sans-serif"
_RADIUS = 4.5


class Anchor(StrEnum):
    """Which end of a text is at its place."""

    START = "start"
    MIDDLE = "middle"
    END = "end"


class Drawing:
    """A picture with a title and a description for those who do not see it."""

    def __init__(self, width: float, height: float, title: str, description: str) -> None:
        self._root = ET.Element(
            "svg",
            {
                "xmlns": NAMESPACE,
                "viewBox": f"0 0 {_px(width)} {_px(height)}",
                "width": _px(width),
                "height": _px(height),
                "role": "img",
                "aria-labelledby": "title desc",
                "font-family": _FONT,
            },
        )
        self._add("title", {"id": "title"}, title)
        self._add("desc", {"id": "desc"}, description)
        self.box(0, 0, width, height, GROUND)
        self.text(16, 26, title, size=16, bold=True)

    def text(
        self,
        x: float,
        y: float,
        words: str,
        *,
        anchor: Anchor = Anchor.START,
        size: int = 12,
        colour: str = INK,
        bold: bool = False,
    ) -> None:
        """Words on the line y, at x."""
        attributes = {"x": _px(x), "y": _px(y), "font-size": str(size), "fill": colour}
        if anchor is not Anchor.START:
            attributes["text-anchor"] = anchor.value
        if bold:
            attributes["font-weight"] = "600"
        self._add("text", attributes, words)

    def line(self, x1: float, y1: float, x2: float, y2: float, colour: str = INK, width: float = 1) -> None:
        """A straight line."""
        ends = {"x1": _px(x1), "y1": _px(y1), "x2": _px(x2), "y2": _px(y2)}
        self._add("line", {**ends, "stroke": colour, "stroke-width": _px(width)})

    def box(self, x: float, y: float, width: float, height: float, colour: str, label: str = "") -> None:
        """A filled rectangle; the label is for who points at it, and for tests."""
        place = {"x": _px(x), "y": _px(y), "width": _px(width), "height": _px(height), "fill": colour}
        self._labelled("rect", place, label)

    def mark(self, x: float, y: float, peer: str, *, hollow: bool = False, label: str = "") -> None:
        """A peer's point: a circle for Flux, a square for penstock; hollow where it is a bound."""
        colour = COLOURS[peer]
        style = {"fill": GROUND if hollow else colour, "stroke": colour, "stroke-width": "1.5"}
        if peer == "flux":
            place = {"cx": _px(x), "cy": _px(y), "r": _px(_RADIUS)}
            self._labelled("circle", {**place, **style}, label)
            return
        side = 2 * _RADIUS
        corner = {"x": _px(x - _RADIUS), "y": _px(y - _RADIUS), "width": _px(side), "height": _px(side)}
        self._labelled("rect", {**corner, **style}, label)

    def render(self) -> str:
        """The text of the file."""
        ET.indent(self._root, " ")
        return ET.tostring(self._root, encoding="unicode") + "\n"

    def _labelled(self, tag: str, attributes: dict[str, str], label: str) -> None:
        made = self._add(tag, attributes)
        if label:
            ET.SubElement(made, "title").text = _clean(label)

    def _add(self, tag: str, attributes: dict[str, str], words: str = "") -> ET.Element:
        made = ET.SubElement(self._root, tag, attributes)
        if words:
            made.text = _clean(words)
        return made


def _px(length: float) -> str:
    """At most two digits after the point: no more is seen, and less changes from run to run."""
    return f"{length:.2f}".rstrip("0").rstrip(".")


def _clean(words: str) -> str:
    """Without what XML cannot hold."""
    return "".join(sign if sign.isprintable() else " " for sign in words)
