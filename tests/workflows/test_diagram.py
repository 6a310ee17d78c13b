"""The drawn path: well-formed, escaped, without style attributes, and readable without seeing it."""

import xml.etree.ElementTree as ET
from dataclasses import dataclass

import pytest

from workflows.diagram import NOTES, WIDTH, note, path_svg, said

SVG = "{http://www.w3.org/2000/svg}"
SHAPES = ("svg", "title", "desc", "g", "line", "circle", "path", "text")


@dataclass(frozen=True)
class Stage:
    number: int
    title: str
    where: str
    not_stated: bool = False

    @property
    def label(self) -> str:
        return str(self.number)


STEPS = (
    Stage(1, "Practitioner to practitioner", "passed over"),
    Stage(2, "Manager to manager", "done"),
    Stage(3, "Senior review", "here"),
    Stage(4, "Inter-agency meeting, if the manager thinks it appropriate", "ahead", True),
)


def drawn(steps=STEPS):
    return ET.fromstring(path_svg(steps))


def test_it_is_an_image_with_a_name_and_a_description_that_says_where_the_case_is():
    picture = drawn()
    title, desc = picture.find(f"{SVG}title"), picture.find(f"{SVG}desc")

    assert picture.get("role") == "img"
    assert picture.get("aria-labelledby").split() == [title.get("id"), desc.get("id")]
    assert desc.text == "You are here: stage 3 of 4, Senior review."


def test_every_stage_and_you_are_here_are_written_in_it():
    words = " ".join(text.text for text in drawn().iter(f"{SVG}text"))

    assert words.count("You are here") == 1
    for step in STEPS:
        assert f"{step.number}. {step.title}" in words
        assert NOTES[step.where] in words


def test_nothing_in_it_needs_more_than_a_strict_content_policy_allows():
    for element in drawn().iter():
        assert "style" not in element.attrib
        assert not any(name.startswith("on") for name in element.attrib)
        assert element.tag.removeprefix(SVG) in SHAPES


def test_a_title_cannot_bring_markup():
    steps = [Stage(1, '<script>alert("x")</script> & more', "here")]

    assert "<script" not in path_svg(steps)
    assert "& more" in drawn(steps).find(f"{SVG}desc").text


def test_lines_are_short_enough_for_the_width_and_stay_inside_the_picture():
    picture = drawn()

    for text in picture.iter(f"{SVG}text"):
        assert int(text.get("x")) + len(text.text) * 8.4 < WIDTH + 8
        assert 0 < int(text.get("y")) < int(picture.get("height"))


def test_stages_do_not_overlap():
    heights = [int(text.get("y")) for text in drawn().iter(f"{SVG}text")]

    assert heights == sorted(set(heights))


def test_a_closed_case_says_where_it_ended():
    steps = [Stage(1, "Practitioners", "done"), Stage(2, "Managers", "done"), Stage(3, "Senior", "ahead")]

    assert said(steps) == "It ended at stage 2 of 3, Managers."
    assert "You are here" not in path_svg(steps)


def test_a_stage_the_procedure_does_not_describe_says_so():
    assert note(STEPS[3]) == "Not reached. The procedure does not set this out"
    assert note(STEPS[1]) == "Done"


@pytest.mark.parametrize("count", [0, 1, 7])
def test_any_number_of_stages_can_be_drawn(count):
    steps = [Stage(n, f"Stage {n}", "ahead") for n in range(1, count + 1)]

    assert len(drawn(steps).findall(f".//{SVG}g")) == count


def test_two_drawings_on_one_page_have_ids_of_their_own():
    assert 'id="other-title"' in path_svg(STEPS, name="other")
