"""The plots are XML that says in words what it shows, and every number is at its place."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.plots.cost import cost
from bench.plots.ratios import ratios
from bench.plots.svg import COLOURS, GROUND, NAMESPACE, Drawing
from bench.plots.timeline import timeline
from bench.samples import Peer, Step
from tests.bench.made_up import sample

if TYPE_CHECKING:
    from collections.abc import Callable

_NS = {"svg": NAMESPACE}
_RUN = (
    sample(fleet="1x1000", wall_s=4.0, cpu_s=1.8, requests=2100),
    sample(fleet="100x10", wall_s=40.0, cpu_s=47.5, requests=2900),
    sample(fleet="100x10", flags="tuned", wall_s=32.0),
    sample(fleet="1000x2", wall_s=600.0, cpu_s=860.0, requests=12000, bound=True),
    sample("penstock", fleet="1x1000", wall_s=8.0, cpu_s=0.5, requests=12),
    sample("penstock", fleet="100x10", wall_s=0.8, cpu_s=0.6, requests=12),
    sample("penstock", fleet="1000x2", wall_s=3.0, cpu_s=2.0, requests=20),
)
_STEPS = (
    Step(peer=Peer.FLUX, at_s=0.1, what="artifact <stored> & ready"),
    Step(peer=Peer.FLUX, at_s=10.0, what="all at the new revision"),
    Step(peer=Peer.PENSTOCK, at_s=1.0, what="the changed object is applied"),
)


def _parsed(text: str) -> ET.Element:
    return ET.fromstring(text)  # noqa: S314 - our own


def _texts(root: ET.Element) -> list[str]:
    return [element.text or "" for element in root.iterfind(".//svg:text", _NS)]


def _labelled(root: ET.Element) -> dict[str, ET.Element]:
    """The marks and bars by what they say to those who point at them."""
    found = {}
    for element in root:
        label = element.find("svg:title", _NS)
        if label is not None:
            found[label.text or ""] = element
    return found


def _place(mark: ET.Element) -> tuple[float, float]:
    """The middle of a mark."""
    if mark.tag.endswith("circle"):
        return float(mark.attrib["cx"]), float(mark.attrib["cy"])
    x, y, width, height = (float(mark.attrib[name]) for name in ("x", "y", "width", "height"))
    return x + width / 2, y + height / 2


@pytest.mark.parametrize(
    "draw",
    [
        lambda: cost(_RUN),
        lambda: ratios(_RUN),
        lambda: timeline(_STEPS),
        lambda: cost(()),
        lambda: ratios(()),
        lambda: timeline(()),
    ],
)
def test_a_plot_has_a_title_a_description_and_a_ground_of_its_own(draw: Callable[[], str]) -> None:
    root = _parsed(draw())
    title, desc, ground = root[0], root[1], root[2]
    assert root.attrib["aria-labelledby"].split() == [title.attrib["id"], desc.attrib["id"]]
    assert title.text
    assert title.text in _texts(root)
    assert desc.text
    assert ground.attrib["fill"] == GROUND
    assert (ground.attrib["width"], ground.attrib["height"]) == (root.attrib["width"], root.attrib["height"])
    assert root.attrib["viewBox"] == f"0 0 {root.attrib['width']} {root.attrib['height']}"


def test_nothing_is_drawn_outside_of_the_picture() -> None:
    for text in (cost(_RUN), ratios(_RUN), timeline(_STEPS)):
        root = _parsed(text)
        width, height = float(root.attrib["width"]), float(root.attrib["height"])
        for element in root:
            for name in ("x", "x1", "x2", "cx"):
                assert 0 <= float(element.get(name, 0)) <= width
            for name in ("y", "y1", "y2", "cy"):
                assert 0 <= float(element.get(name, 0)) <= height


def test_cost_stands_at_the_number_of_kustomizations_and_its_own_height() -> None:
    root = _parsed(cost(_RUN))
    marks = _labelled(root)
    wall = [label for label in marks if label.endswith(" s")]
    assert "flux, 100 Kustomizations: 32.0 s" in wall
    one, hundred, thousand = (
        _place(marks[f"penstock, {size}"])
        for size in ("1 Kustomizations: 8.00 s", "100 Kustomizations: 800 ms", "1000 Kustomizations: 3.00 s")
    )
    assert hundred[0] - one[0] == pytest.approx(2 * (thousand[0] - hundred[0]), abs=0.1)
    assert one[1] < thousand[1] < hundred[1]
    flux = _place(marks["flux, 1 Kustomizations: 4.00 s"])
    assert flux[0] == pytest.approx(one[0], abs=0.1)
    assert flux[1] > one[1]


def test_peers_differ_in_colour_and_shape_and_a_bound_is_hollow() -> None:
    marks = _labelled(_parsed(cost(_RUN)))
    flux = marks["flux, 1 Kustomizations: 4.00 s"]
    ours = marks["penstock, 1 Kustomizations: 8.00 s"]
    assert (flux.tag.rpartition("}")[2], ours.tag.rpartition("}")[2]) == ("circle", "rect")
    assert (flux.attrib["fill"], ours.attrib["fill"]) == (COLOURS["flux"], COLOURS["penstock"])
    assert marks["flux, 1000 Kustomizations: ≥ 600 s"].attrib["fill"] == GROUND


def test_axes_are_named_with_their_units() -> None:
    texts = _texts(_parsed(cost(_RUN)))
    assert {"wall, s", "CPU, own processes, s", "API requests, number", "Kustomizations"} <= set(texts)
    assert "seconds after the push (logarithmic)" in _texts(_parsed(timeline(_STEPS)))
    assert "ratio (log)" in _texts(_parsed(ratios(_RUN)))


def test_bars_begin_at_one_and_end_at_the_ratio() -> None:
    root = _parsed(ratios(_RUN))
    bars = _labelled(root)
    better, worse, bound = bars["0.025"], bars["2.0"], bars["≤ 0.0050"]
    one = float(better.attrib["x"]) + float(better.attrib["width"])
    assert float(worse.attrib["x"]) == pytest.approx(one, abs=0.02)
    assert float(bound.attrib["x"]) + float(bound.attrib["width"]) == pytest.approx(one, abs=0.02)
    assert (better.attrib["fill"], worse.attrib["fill"]) == (COLOURS["penstock"], COLOURS["flux"])
    decades = float(bound.attrib["width"]) / float(better.attrib["width"])
    assert decades == pytest.approx(2.301 / 1.602, rel=0.01)
    assert {"1x1000 one-file", "100x10 one-file", "1000x2 one-file"} <= set(_texts(root))


def test_steps_stand_at_their_seconds_each_peer_in_its_lane() -> None:
    root = _parsed(timeline(_STEPS))
    marks = _labelled(root)
    stored = _place(marks["Flux, 0.1 s: artifact <stored> & ready"])
    whole = _place(marks["Flux, 10 s: all at the new revision"])
    ours = _place(marks["penstock, 1 s: the changed object is applied"])
    assert ours[0] == pytest.approx((stored[0] + whole[0]) / 2, abs=0.1)
    assert stored[1] < whole[1] < ours[1]
    assert "0.1 s: artifact <stored> & ready" in _texts(root)


def test_without_samples_a_plot_says_so() -> None:
    for text in (cost(()), ratios(()), timeline(())):
        assert "Nothing has been measured yet." in text


@given(st.text(max_size=40))
def test_any_text_is_a_text(words: str) -> None:
    drawing = Drawing(100, 100, words, words)
    drawing.text(1, 1, words)
    drawing.box(1, 1, 1, 1, GROUND, label=words)
    root = _parsed(drawing.render())
    assert len(_texts(root)) == 2
    shown = "".join(sign if sign.isprintable() else " " for sign in words)
    assert _texts(root)[1].strip() == shown.strip()
