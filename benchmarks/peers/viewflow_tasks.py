"""Viewflow: a process and a row a task for each case, on Django’s ORM; the rest by plain statements."""

from __future__ import annotations

import sys
from importlib import import_module

import django
from django.conf import settings

from benchmarks.peers.ground import DEADLINES, EVENTS, MESSAGES, NOW, chained, django_database, due, main

_APPS = ["django.contrib.auth", "django.contrib.contenttypes", "viewflow", "viewflow.workflow"]
if not settings.configured:
    settings.configure(
        DATABASES={"default": django_database(sys.argv[1])},
        INSTALLED_APPS=[*_APPS, "benchmarks.peers"],
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        USE_TZ=True,
    )
    django.setup()

from django.core.management import call_command  # noqa: E402 - Django wants its settings first
from django.db import connection, transaction  # noqa: E402 - Django wants its settings first
from viewflow import this  # noqa: E402 - Django wants its settings first
from viewflow.workflow import flow  # noqa: E402 - Django wants its settings first
from viewflow.workflow.models import Process, Task  # noqa: E402 - Django wants its settings first


class Escalation(flow.Flow):
    """The procedure: steps by people, one after another."""

    process_class = Process
    begin = flow.StartHandle(this.raised).Next(this.respond_one)
    respond_one = flow.Handle(this.done).Next(this.move_up_one)
    move_up_one = flow.Handle(this.done).Next(this.respond_two)
    respond_two = flow.Handle(this.done).Next(this.move_up_two)
    move_up_two = flow.Handle(this.done).Next(this.decide)
    decide = flow.Handle(this.done).Next(this.end)
    end = flow.End()

    def raised(self, activation):
        """A new case."""
        return activation.process

    def done(self, activation):
        """A step."""
        return activation.process


def happened(process: Process, action: str) -> None:
    """Event, limit and letter of one act."""
    kept = process.data or {"version": 0, "head": ""}
    number, before, case = kept["version"] + 1, kept["head"], process.pk
    digest = chained(case, number, action, before)
    with connection.cursor() as cursor:
        event = [case, number, action, NOW.isoformat(), before, digest]
        cursor.execute("INSERT INTO events VALUES (%s, %s, %s, %s, %s, %s)", event)
        if number == 1:
            cursor.execute("INSERT INTO deadlines VALUES (%s, %s)", [case, due(number).isoformat()])
        else:
            change = "UPDATE deadlines SET due_at = %s WHERE case_id = %s"
            cursor.execute(change, [due(number).isoformat(), case])
        letter = [f"{case}/{number}", case, action]
        cursor.execute("INSERT INTO messages VALUES (%s, %s, %s, NULL)", letter)
    process.data = {"version": number, "head": digest}
    process.save()


class Peer:
    """Raises and moves."""

    def __init__(self, url: str) -> None:
        call_command("migrate", verbosity=0)
        with connection.cursor() as cursor:
            for table in (EVENTS, DEADLINES, MESSAGES):
                cursor.execute(table)

    def raised(self) -> int:
        """A new case."""
        with transaction.atomic():
            process = Escalation.begin.run()
            happened(process, "raise")
        return int(process.pk)

    def move(self, case: int, action: str) -> None:
        """One move."""
        with transaction.atomic():
            task = Task.objects.filter(process_id=case, finished__isnull=True).order_by("-pk")[0]
            task.flow_task.run(task)
            happened(Process.objects.get(pk=case), action)


if __name__ == "__main__":
    # By its own name, under which Viewflow finds the flow again.
    main(import_module("benchmarks.peers.viewflow_tasks").Peer)
