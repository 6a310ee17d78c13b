"""A submitted form becomes the input of the schemas, and what was typed is drawn again as it was."""

from __future__ import annotations

import html
from datetime import date
from typing import Any

import pytest
from flask import Flask, render_template_string
from marshmallow import ValidationError

from escalation.errors import Unanswered
from web.forms import flat_errors, form_key, given, seen
from workflows.definition import Procedure
from workflows.forms import Asked, form_schema
from workflows.loader import library

ACTION = {
    "agreed_actions-1-what": "",
    "agreed_actions-1-by-day": "",
    "agreed_actions-2-what": "Visit\nat home",
    "agreed_actions-2-side": "responding",
    "agreed_actions-2-by-day": "1",
    "agreed_actions-2-by-month": "5",
    "agreed_actions-2-by-year": "2026",
}


@pytest.fixture(scope="module")
def procedure() -> Procedure:
    return library()["standard"]


def test_text_is_always_there_and_a_choice_nobody_made_is_left_out(procedure):
    assert given(procedure, ["decision", "reason"], {}) == {"decision": ""}
    assert given(procedure, ["reason"], {"reason": ""}) == {}


def test_a_date_is_three_boxes(procedure):
    form = {"decision_date-day": "27", "decision_date-month": "3", "decision_date-year": "2026"}
    typed = given(procedure, ["decision_date"], form)
    assert typed == {"decision_date": {"day": "27", "month": "3", "year": "2026"}}
    schema = form_schema(procedure, "raise", Asked(date(2026, 4, 1)), only=("decision_date",))
    assert schema.load(typed) == {"decision_date": date(2026, 3, 27)}


def test_actions_are_rows_and_an_empty_row_is_nothing(procedure):
    typed = given(procedure, ["agreed_actions", "no_action_why"], ACTION)
    assert [row["what"] for row in typed["agreed_actions"]] == ["", "Visit\nat home"]
    asked = Asked(date(2026, 4, 1))
    schema = form_schema(procedure, "accept", asked, only=("agreed_actions", "no_action_why"))
    loaded = schema.load(typed)
    assert loaded["agreed_actions"] == [
        {"what": "Visit\nat home", "side": "responding", "by": date(2026, 5, 1)}
    ]


def test_what_was_not_asked_never_gets_through(procedure):
    assert given(procedure, ["decision"], {"decision": "x", "outcome": "changed"}) == {"decision": "x"}


def test_errors_link_to_the_first_control(procedure):
    messages = {
        "decision": ["Say it"],
        "decision_date": ["Enter it"],
        "agreed_actions": ["Action 2: Choose which side does it"],
        "reason": ["Choose it"],
    }
    links = [each["href"] for each in flat_errors(messages, procedure)]
    assert links == ["#decision", "#decision_date-day", "#agreed_actions-2-what", "#reason"]


def test_keys_are_fresh_and_versions_are_numbers():
    assert form_key() != form_key()
    assert seen({"seen": "12"}) == 12
    assert seen({"seen": "12x"}) is None
    assert seen({}) is None


DRAW = '{% from "macros/fields.html" import field %}{{ field(question, value, errors, choices=choices) }}'


def drawn(
    site: Flask, procedure: Procedure, name: str, value: Any, choices: Any = None, **errors: Any
) -> str:
    with site.test_request_context():
        question = procedure.fields[name]
        return render_template_string(DRAW, question=question, value=value, errors=errors, choices=choices)


def test_every_question_of_the_shipped_procedure_can_be_drawn(site, procedure):
    for name, question in procedure.fields.items():
        text = drawn(site, procedure, name, None, **{name: ["Something is wrong"]})
        assert question.missing or question.kind
        assert "Something is wrong" in text


@pytest.mark.parametrize("typed", ["a\nb\n\n  c", "<b>&amp;", "“x” 'y'"])
def test_words_come_back_as_they_were_typed(site, procedure, typed):
    text = drawn(site, procedure, "decision", typed)
    inside = text.split("<textarea", 1)[1].split(">", 1)[1].split("</textarea>")[0]
    assert html.unescape(inside) == typed


def test_a_wrong_date_and_half_an_action_come_back_as_typed(site, procedure):
    text = drawn(site, procedure, "decision_date", {"day": "32", "month": "<", "year": ""})
    assert 'value="32"' in text
    assert 'value="&lt;"' in text
    text = drawn(
        site, procedure, "agreed_actions", given(procedure, ["agreed_actions"], ACTION)["agreed_actions"]
    )
    assert "Visit&#10;at home" in text
    assert 'value="responding" checked' in text
    assert "Responding side" in text
    assert "agreed_actions-3-what" in text


def test_many_choices_are_a_list_and_few_are_radios(site, procedure):
    assert "<select" in drawn(site, procedure, "reason", "referral")
    assert 'type="radio"' in drawn(site, procedure, "urgency", "urgent")
    offered = drawn(site, procedure, "answered_by", "b", choices=(("a", "One"), ("b", "Two")))
    assert 'id="answered_by"' in offered
    assert 'value="b" checked' in offered


def test_messages_of_a_schema_become_links(procedure):
    schema = form_schema(procedure, "raise", Asked(date(2026, 4, 1)), only=("decision", "decision_date"))
    with pytest.raises(ValidationError) as wrong:
        schema.load(given(procedure, ["decision", "decision_date"], {"decision_date-day": "1"}))
    links = flat_errors(Unanswered(wrong.value.messages_dict).messages, procedure)
    assert {"text": "Say what you disagree with", "href": "#decision"} in links
    assert {"text": "The date must include a month and a year", "href": "#decision_date-day"} in links
