"""SpiffWorkflow: a BPMN process a case, serialised into its row at each act."""

from __future__ import annotations

from itertools import pairwise

from SpiffWorkflow.bpmn import BpmnWorkflow
from SpiffWorkflow.bpmn.parser import BpmnParser
from SpiffWorkflow.bpmn.serializer import BpmnWorkflowSerializer
from SpiffWorkflow.util.task import TaskState

from benchmarks.peers.ground import Rows, main

_STEPS = ("respond_one", "move_up_one", "respond_two", "move_up_two", "decide")


def process() -> bytes:
    """The process as BPMN: steps by people, one after another."""
    nodes = ["start", *_STEPS, "end"]
    flows = "".join(
        f'<bpmn:sequenceFlow id="f{n}" sourceRef="{a}" targetRef="{b}"/>'
        for n, (a, b) in enumerate(pairwise(nodes))
    )
    tasks = "".join(
        f'<bpmn:userTask id="{step}" name="{step}"><bpmn:incoming>f{n}</bpmn:incoming>'
        f"<bpmn:outgoing>f{n + 1}</bpmn:outgoing></bpmn:userTask>"
        for n, step in enumerate(_STEPS)
    )
    last = len(nodes) - 2
    return (
        '<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" id="d"'
        ' targetNamespace="n">'
        '<bpmn:process id="escalation" isExecutable="true">'
        '<bpmn:startEvent id="start"><bpmn:outgoing>f0</bpmn:outgoing></bpmn:startEvent>'
        f'{tasks}<bpmn:endEvent id="end"><bpmn:incoming>f{last}</bpmn:incoming></bpmn:endEvent>{flows}'
        "</bpmn:process></bpmn:definitions>"
    ).encode()


class Peer:
    """Raises and moves."""

    def __init__(self, url: str) -> None:
        self.rows = Rows(url)
        parser = BpmnParser()
        parser.add_bpmn_str(process())
        self.spec = parser.get_spec("escalation")
        self.serializer = BpmnWorkflowSerializer()
        self.count = 0

    def raised(self) -> int:
        """A new case."""
        self.count += 1
        self.rows.begin()
        workflow = BpmnWorkflow(self.spec)
        workflow.do_engine_steps()
        head = self.rows.happened(self.count, 1, "raise", "")
        document = self.serializer.serialize_json(workflow)
        self.rows.run("INSERT INTO cases VALUES (?, ?, ?, ?, ?)", self.count, "raised", 1, head, document)
        self.rows.commit()
        return self.count

    def move(self, case: int, action: str) -> None:
        """One move."""
        rows = self.rows
        rows.begin()
        version, head, document = rows.run(
            "SELECT version, head, document FROM cases WHERE id = ?", case
        ).fetchone()
        workflow = self.serializer.deserialize_json(document)
        task = workflow.get_tasks(state=TaskState.READY, manual=True)[0]
        assert task.task_spec.name.startswith(action)  # noqa: S101 - the guard of the peer
        task.run()
        workflow.do_engine_steps()
        head = rows.happened(case, version + 1, action, head)
        change = "UPDATE cases SET state = ?, version = ?, head = ?, document = ? WHERE id = ?"
        rows.run(change, action, version + 1, head, self.serializer.serialize_json(workflow), case)
        rows.commit()


if __name__ == "__main__":
    main(Peer)
