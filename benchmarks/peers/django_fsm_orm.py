"""django-fsm-2 on Django’s ORM, as its manual shows it."""

from __future__ import annotations

import sys

import django
from django.conf import settings

from benchmarks.peers.ground import NOW, chained, django_database, due, main

settings.configure(DATABASES={"default": django_database(sys.argv[1])}, INSTALLED_APPS=[], USE_TZ=True)
django.setup()

from django.db import connection, models, transaction  # noqa: E402 - Django wants its settings first
from django_fsm import FSMField, transition  # noqa: E402 - Django wants its settings first


class Case(models.Model):
    """One escalation."""

    state = FSMField(default="one", protected=True)
    version = models.IntegerField(default=0)
    head = models.CharField(max_length=64, default="")

    class Meta:
        """Where Django looks for it."""

        app_label = "peers"

    @transition(field=state, source="one", target="one_answered")
    def respond_one(self):
        """The first answer."""

    @transition(field=state, source="one_answered", target="two")
    def move_up_one(self):
        """To the second stage."""

    @transition(field=state, source="two", target="two_answered")
    def respond_two(self):
        """The second answer."""

    @transition(field=state, source="two_answered", target="three")
    def move_up_two(self):
        """To the third stage."""


class Event(models.Model):
    """One happening."""

    case = models.ForeignKey(Case, on_delete=models.CASCADE)
    number = models.IntegerField()
    action = models.CharField(max_length=40)
    at = models.DateTimeField()
    previous = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)

    class Meta:
        """Unique by its number."""

        app_label = "peers"
        unique_together = (("case", "number"),)


class Deadline(models.Model):
    """One running limit."""

    case = models.OneToOneField(Case, on_delete=models.CASCADE)
    due_at = models.DateTimeField()

    class Meta:
        """Where Django looks for it."""

        app_label = "peers"


class Message(models.Model):
    """One letter."""

    key = models.CharField(max_length=80, unique=True)
    case = models.ForeignKey(Case, on_delete=models.CASCADE)
    letter = models.CharField(max_length=40)
    sent_at = models.DateTimeField(null=True)

    class Meta:
        """Where Django looks for it."""

        app_label = "peers"


def happened(case, action):
    """Event, limit and letter of one act."""
    case.version += 1
    digest = chained(case.pk, case.version, action, case.head)
    Event.objects.create(
        case=case, number=case.version, action=action, at=NOW, previous=case.head, hash=digest
    )
    case.head = digest
    case.save()
    Deadline.objects.update_or_create(case=case, defaults={"due_at": due(case.version)})
    Message.objects.create(key=f"{case.pk}/{case.version}", case=case, letter=action)


class Peer:
    """Raises and moves."""

    def __init__(self, url: str) -> None:
        with connection.schema_editor() as editor:
            for model in (Case, Event, Deadline, Message):
                editor.create_model(model)

    def raised(self) -> int:
        """A new case."""
        with transaction.atomic():
            case = Case.objects.create()
            happened(case, "raise")
        return int(case.pk)

    def move(self, case: int, action: str) -> None:
        """One move."""
        with transaction.atomic():
            found = Case.objects.select_for_update().get(pk=case)
            stage = "one" if found.state.startswith("one") else "two"
            getattr(found, f"{action}_{stage}")()
            happened(found, action)


if __name__ == "__main__":
    main(Peer)
