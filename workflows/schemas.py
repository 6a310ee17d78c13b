"""The shape of a definition file, as marshmallow schemas. Nothing here knows what a procedure means."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marshmallow import INCLUDE, Schema, ValidationError, fields, validate, validates_schema

from workflows.errors import SpanError, did_you_mean
from workflows.spans import parse_span

SILENCE = ("moves up", "may move up", "only tell", "not stated")
STRENGTH = ("must", "where possible", "guide", "indicative")
KINDS = ("text", "words", "choice", "date", "actions", "files", "post", "stage")
CHOICES_FROM = (
    *("reasons", "outcomes", "tracks", "routes", "pause_categories"),
    *("open_actions", "my_limits", "open_tasks"),  # what only the case knows
)
KEPT = ("fact", "words", "child", "people")
ID = validate.Regexp(
    r"^[a-z0-9_]{1,40}$", error="Use only small letters, digits and underscores, 40 at most."
)


class Strict(Schema):
    """A schema whose unknown keys are refused with a suggestion, beside every other fault."""

    class Meta:
        """Unknown keys reach the check below, which words the refusal."""

        unknown = INCLUDE

    @validates_schema(pass_original=True, skip_on_field_errors=False)
    def refuse_unknown(self, data: Any, original: Any, **_: Any) -> None:
        """Name each key that means nothing here."""
        if not isinstance(original, Mapping):
            return
        known = [field.data_key or name for name, field in self.fields.items()]
        unknown = {
            key: [f"“{key}” is not a key here.{did_you_mean(str(key), known)}"]
            for key in original
            if key not in known
        }
        if unknown:
            raise ValidationError(unknown)


def sentence(limit: int = 500, **more: Any) -> fields.String:
    """A string of a sensible length."""
    return fields.String(validate=validate.Length(min=1, max=limit), **more)


def one_of(choices: tuple[str, ...], **more: Any) -> fields.String:
    """One of a few words, named in the refusal."""
    error = f"“{{input}}” is not one of: {', '.join(choices)}."
    return fields.String(validate=validate.OneOf(choices, error=error), **more)


# Who tells somebody outside, that no letter can reach.
TELLERS = ("raising", "responding", "office")
PARTIES = ("raising", "responding", "deciding", "raiser", "raising side", "either", "office")


class SpanField(fields.String):
    """A length of time, checked but kept as its author wrote it."""

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> Any:
        text = super()._deserialize(value, attr, data, **kwargs)
        try:
            parse_span(str(text))
        except SpanError as error:
            raise ValidationError(str(error)) from error
        return text


class Head(Strict):
    """[procedure]"""

    id = fields.String(required=True, validate=ID)
    title = sentence(200, required=True)
    edition = sentence(100, required=True)
    effective = fields.Raw(load_default=None)
    source = sentence(2000, required=True)
    scope = sentence(1000, load_default="")
    extends = fields.String(load_default=None)
    over = fields.String(load_default=None)
    counting = fields.String(load_default="to the close of business")
    calendar = sentence(40, required=True)
    hours = fields.List(
        fields.String(
            validate=validate.Regexp(r"^([01]\d|2[0-3]):[0-5]\d$", error="Write a time like “09:00”.")
        ),
        load_default=["09:00", "17:00"],
        validate=validate.Length(equal=2, error="Give two times: when business opens and when it closes."),
    )


class TrackShape(Strict):
    """[[tracks]]"""

    id = fields.String(required=True, validate=ID)
    title = sentence(200, required=True)
    may_start_at = fields.List(fields.String(), load_default=list)
    urgent = fields.Boolean(load_default=None)


class ExitShape(Strict):
    """[[stages.exits]]: an odd way out of a stage: a fork, a step back, a jump. It always has a reason."""

    id = fields.String(required=True, validate=ID)
    button = sentence(100, required=True)
    to = sentence(80, required=True)
    by = one_of(PARTIES, load_default="raising side")
    when = one_of(("waiting", "answered", "either"), load_default="either")
    outcome = fields.String(load_default=None)


class MeetingShape(Strict):
    """[stages.meeting]: nobody answers at this stage before the meeting has been held and recorded."""

    convened_by = one_of(("raising", "responding", "deciding"), load_default="responding")
    chaired_by = sentence(200, load_default="")
    members = sentence(300, load_default="")


class NoticeShape(Strict):
    """[[notices]]: who is told of what, beside those a step concerns anyway."""

    tell = fields.List(fields.String(), required=True, validate=validate.Length(min=1))
    when = fields.List(fields.String(), required=True, validate=validate.Length(min=1))
    words = sentence(load_default="")


class PartyShape(Strict):
    """[[parties]]: somebody outside the posts of this installation, told by a person and not by a letter."""

    id = fields.String(required=True, validate=ID)
    title = sentence(200, required=True)
    by = one_of(TELLERS, load_default="raising")


class RouteShape(Strict):
    """[[routes]]: a kind of dispute that begins at a stage of its own."""

    id = fields.String(required=True, validate=ID)
    title = sentence(200, required=True)
    starts_at = fields.String(required=True)


class EquivalentShape(Strict):
    """[[equivalents]]: what a role is called in a kind of agency, and who stands in where it is missing."""

    role = fields.String(required=True)
    agency_kind = sentence(60, required=True)
    title = sentence(200, load_default="")
    proxy_kind = sentence(60, load_default="")


class AllowanceShape(Strict):
    """[reopening], [extension], [pause]: what a procedure may allow; off where it is not written."""

    words = sentence(required=True)
    by = one_of(PARTIES, load_default="raising side")
    most = SpanField(load_default=None)
    times = fields.Integer(load_default=1, validate=validate.Range(1, 10))
    categories = fields.Dict(fields.String(validate=ID), sentence(200), load_default=dict)


class ThenShape(Strict):
    """What follows when a limit runs out, beyond what the stage says of silence."""

    tell = fields.List(fields.String(), load_default=list)
    again_every = SpanField(load_default=None)


class LimitShape(Strict):
    """[[stages.limits]]"""

    id = fields.String(required=True, validate=ID)
    words = sentence(required=True)
    within = SpanField(load_default=None)
    starts = sentence(data_key="from", load_default="opened")
    until = sentence(load_default="answered")
    obliges = sentence(load_default=None)
    strength = one_of(STRENGTH, load_default="must")
    by_track = fields.Dict(fields.String(), SpanField(), data_key="for", load_default=dict)
    agreed = fields.Boolean(load_default=False)
    counting = fields.String(load_default=None)
    remind_before = fields.List(SpanField(), load_default=list, validate=validate.Length(max=5))
    then = fields.Nested(ThenShape, load_default=None)


class StageShape(Strict):
    """[[stages]]"""

    id = fields.String(required=True, validate=ID)
    title = sentence(200, required=True)
    raising = fields.String(load_default="senior")
    responding = fields.String(load_default="senior")
    deciding = fields.String(load_default=None)
    gate = sentence(load_default=None)
    silence = one_of(SILENCE, load_default="not stated")
    not_stated = fields.Boolean(load_default=False)
    number = sentence(10, load_default="")
    informal = fields.Boolean(load_default=False)
    optional = fields.Boolean(load_default=False)
    next = sentence(80, load_default=None)
    produces = fields.List(fields.String(), load_default=list)
    advice = fields.List(fields.String(), load_default=list)
    meeting = fields.Nested(MeetingShape, load_default=None)
    exits = fields.List(fields.Nested(ExitShape), load_default=list)
    limits = fields.List(fields.Nested(LimitShape), load_default=list)


class EachStageShape(Strict):
    """[[each_stage.limits]]"""

    limits = fields.List(fields.Nested(LimitShape), load_default=list)


class FieldShape(Strict):
    """[fields.NAME]"""

    kind = one_of(KINDS, required=True)
    label = sentence(200, required=True)
    told = sentence(200, load_default="")
    hint = sentence(load_default="")
    missing = sentence(200, load_default="")
    limit = fields.Integer(load_default=None, validate=validate.Range(1, 20_000))
    needed = fields.Boolean(load_default=True)
    needed_when = fields.Dict(fields.String(), fields.String(), load_default=None)
    kept = one_of(KEPT, required=True)
    choices = fields.Dict(fields.String(validate=ID), sentence(200), load_default=dict)
    choices_from = one_of(CHOICES_FROM, load_default=None)
    past = fields.Boolean(load_default=False)
    future = fields.Boolean(load_default=False)


class PageShape(Strict):
    """[[actions.NAME.pages]]"""

    id = fields.String(required=True, validate=ID)
    title = sentence(200, required=True)
    fields_ = fields.List(fields.String(), data_key="fields", required=True)


class ActionShape(Strict):
    """[actions.NAME]"""

    button = fields.String(required=True)
    title = fields.String(required=True)
    done = sentence(200, required=True)
    fields_ = fields.List(fields.String(), data_key="fields", required=True)
    pages = fields.List(fields.Nested(PageShape), load_default=list)
    outcome = fields.String(load_default=None)
    outcomes = fields.List(fields.String(), load_default=list)


class ElsewhereShape(Strict):
    """[[elsewhere]]"""

    id = fields.String(required=True, validate=ID)
    words = sentence(required=True)
    go_to = sentence(required=True)


class DefinitionShape(Strict):
    """The whole file, merged over the shared vocabulary."""

    procedure = fields.Nested(Head, required=True)
    tracks = fields.List(
        fields.Nested(TrackShape),
        load_default=lambda: [TrackShape().load({"id": "ordinary", "title": "Within the usual times"})],
    )
    stages = fields.List(
        fields.Nested(StageShape),
        required=True,
        validate=validate.Length(min=1, max=20, error="A procedure has between 1 and 20 stages."),
    )
    each_stage = fields.Nested(EachStageShape, load_default=lambda: {"limits": []})
    fields_ = fields.Dict(fields.String(validate=ID), fields.Nested(FieldShape), data_key="fields")
    actions = fields.Dict(fields.String(validate=ID), fields.Nested(ActionShape))
    reasons = fields.Dict(fields.String(validate=ID), sentence(200))
    outcomes = fields.Dict(fields.String(validate=ID), sentence(200))
    ends = fields.Dict(fields.String(), fields.Dict(fields.String(), fields.String()))
    roles = fields.Dict(fields.String(validate=ID), sentence(100))
    elsewhere = fields.List(fields.Nested(ElsewhereShape), load_default=list)
    routes = fields.List(fields.Nested(RouteShape), load_default=list)
    notices = fields.List(fields.Nested(NoticeShape), load_default=list)
    parties = fields.List(fields.Nested(PartyShape), load_default=list)
    equivalents = fields.List(fields.Nested(EquivalentShape), load_default=list)
    withdrawal = fields.Boolean(load_default=True)
    early = fields.Boolean(load_default=False)
    follow_up = fields.List(SpanField(), load_default=list, validate=validate.Length(max=4))
    reopening = fields.Nested(AllowanceShape, load_default=None)
    extension = fields.Nested(AllowanceShape, load_default=None)
    pause = fields.Nested(AllowanceShape, load_default=None)
