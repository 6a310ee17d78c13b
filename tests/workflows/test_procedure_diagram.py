"""The picture of a procedure: well-formed, escaped, narrow, and readable without seeing it."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from dataclasses import replace
from itertools import pairwise

import pytest

from workflows.definition import Procedure
from workflows.loader import library
from workflows.plain import as_text
from workflows.procedure_diagram import WIDTH, procedure_svg

SVG = "{http://www.w3.org/2000/svg}"
ALL = sorted(library())


def drawn(procedure: Procedure) -> ET.Element:
    return ET.fromstring(procedure_svg(procedure))


def texts(name: str) -> list[str]:
    return [text.text or "" for text in drawn(library()[name]).iter(f"{SVG}text")]


@pytest.mark.parametrize("name", ALL)
def test_it_is_an_image_with_a_name_and_the_whole_procedure_as_its_description(name: str) -> None:
    procedure = library()[name]
    picture = drawn(procedure)
    title, description = picture.find(f"{SVG}title"), picture.find(f"{SVG}desc")
    assert title is not None
    assert description is not None
    assert picture.get("role") == "img"
    assert (picture.get("aria-labelledby"), picture.get("aria-describedby")) == (
        title.get("id"),
        description.get("id"),
    )
    assert description.text == as_text(procedure)


@pytest.mark.parametrize("name", ALL)
def test_it_is_narrow_enough_for_a_small_phone_and_nothing_lies_outside(name: str) -> None:
    picture = drawn(library()[name])
    height = int(picture.get("height", "0"))
    assert int(picture.get("width", "0")) == WIDTH <= 320
    for box in picture.iter(f"{SVG}rect"):
        left, top = int(box.get("x", "")), int(box.get("y", ""))
        assert left >= 0
        assert left + int(box.get("width", "")) <= WIDTH
        assert top + int(box.get("height", "")) <= height
    for text in picture.iter(f"{SVG}text"):
        wide = len(text.text or "") * int(text.get("font-size", "")) * 0.56
        assert int(text.get("x", "")) + wide <= WIDTH + 8, text.text
        assert int(text.get("font-size", "")) >= 12


@pytest.mark.parametrize("name", ALL)
def test_it_needs_no_more_than_a_strict_content_policy_and_a_black_printer(name: str) -> None:
    for element in drawn(library()[name]).iter():
        assert "style" not in element.attrib
        assert not any(key.startswith("on") for key in element.attrib)
        assert element.get("fill") in (None, "none", "#0b0c0c", "#484949", "#ffffff")


@pytest.mark.parametrize("name", ALL)
def test_every_stage_has_a_box_and_boxes_do_not_overlap(name: str) -> None:
    boxes = list(drawn(library()[name]).iter(f"{SVG}rect"))
    assert len(boxes) == len(library()[name].stages)
    ends = [(int(box.get("y", "")), int(box.get("y", "")) + int(box.get("height", ""))) for box in boxes]
    assert all(below[0] - above[1] >= 30 for above, below in pairwise(ends))


def test_silence_that_moves_a_case_is_drawn_otherwise_than_silence_that_offers() -> None:
    assert texts("standard").count("moves up by itself") == 3
    assert "side may move it up" not in texts("standard")
    assert "moves up by itself" not in texts("darlington")
    assert texts("darlington").count("side may move it up") == 3
    dashed = [line.get("stroke-dasharray") for line in drawn(library()["darlington"]).iter(f"{SVG}line")]
    assert dashed.count("4 4") == 3


def test_three_exits_each_have_a_letter_in_the_words_and_in_the_picture() -> None:
    said = texts("waltham_forest")
    for letter in "abc":
        assert letter in said
        assert any(words.startswith(f"({letter}) ") for words in said)


def test_two_ladders_have_two_starts_and_two_ends() -> None:
    said = texts("newcastle")
    assert sum(words.startswith("Start: ") for words in said) == 2
    assert said.count("End: the answer is accepted,") == 2


def test_an_exit_that_closes_says_so() -> None:
    assert " ".join(texts("wholistic_fostering")).count("ends it") == 2


def test_a_stage_the_source_only_names_says_so_and_has_no_invented_people() -> None:
    said = texts("west_yorkshire")
    assert said.count("(not described in the source)") == 3
    assert said.count("Both sides: senior manager") == 1


def test_words_cannot_bring_markup() -> None:
    procedure = library()["standard"]
    hostile = replace(procedure.stages[0], title='<script>alert("x")</script> & more')
    svg = procedure_svg(replace(procedure, title="<b>", stages=(hostile, *procedure.stages[1:])))
    assert "<script>" not in svg
    assert "<b>" not in svg
    ET.fromstring(svg)


def test_two_drawings_on_one_page_keep_their_ids_apart() -> None:
    procedure = library()["standard"]
    first, second = procedure_svg(procedure, name="one"), procedure_svg(procedure, name="two")
    assert 'id="one-title"' in first
    assert 'id="one-title"' not in second
