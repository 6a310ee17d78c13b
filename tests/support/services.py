"""Real servers to send to: SMTP, GOV.UK Notify’s API, a webhook. They keep what they were given."""

from __future__ import annotations

import json
import ssl
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.support.processes import free_port

KEY = f"riverbank-{'1' * 8}-1111-4111-8111-{'1' * 12}-{'2' * 8}-2222-4222-8222-{'2' * 12}"


@dataclass
class Server:
    """What a real mail server answers, and what it took: (from, to, whole text)."""

    port: int = field(default_factory=free_port)
    to: dict[str, str] = field(default_factory=dict)
    data: str = "250 OK"
    sender: str = "250 OK"
    took: list[tuple[str, list[str], str]] = field(default_factory=list)

    async def handle_MAIL(self, _: Any, session: Any, envelope: Any, address: str, options: Any) -> str:  # noqa: N802 - aiosmtpd’s names
        envelope.mail_from = address
        return self.sender

    async def handle_RCPT(self, _: Any, session: Any, envelope: Any, address: str, options: Any) -> str:  # noqa: N802 - aiosmtpd’s names
        answer = self.to.get(address, "250 OK")
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, _: Any, session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd’s names
        if self.data.startswith("250"):
            self.took.append((envelope.mail_from, envelope.rcpt_tos, envelope.content.decode()))
        return self.data


@dataclass
class Service:
    """What a web service answers, by method and path, and what it was asked: (method, address, body)."""

    address: str = ""
    answers: dict[str, tuple[int, dict[str, Any], dict[str, str]]] = field(default_factory=dict)
    asked: list[tuple[str, str, Any]] = field(default_factory=list)

    def answer(self, method: str, address: str, body: Any) -> tuple[int, dict[str, Any], dict[str, str]]:
        self.asked.append((method, address, body))
        return self.answers.get(method, (200, {}, {}))

    def posted(self) -> list[Any]:
        return [body for method, _, body in self.asked if method == "POST"]


@dataclass
class Notify(Service):
    """GOV.UK Notify’s API: what was posted under a reference is found under it, with what became of it."""

    became: dict[str, str] = field(default_factory=dict)

    def answer(self, method: str, address: str, body: Any) -> tuple[int, dict[str, Any], dict[str, str]]:
        """As Notify does."""
        status, said, headers = super().answer(method, address, body)
        if method == "GET" and status == 200:
            asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
            asked.pop("template_type", None)
            sent = [{**body, "status": self._status(body)} for body in self.posted()]
            found = [each for each in sent if all(each[name] == value for name, value in asked.items())]
            said = {"notifications": found, "links": {}}
        return status, said, headers

    def _status(self, body: Any) -> str:
        return self.became.get(body["email_address"], "delivered")


def served(service: Service, context: ssl.SSLContext | None = None) -> Iterator[Service]:
    """The service, over TLS where there is a context. A handshake that fails is the other’s to tell."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            size = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(size)) if size else None
            status, said, headers = service.answer(self.command, self.path, body)
            self.send_response(status)
            whole = json.dumps(said).encode()
            for name, value in {"Content-Length": str(len(whole)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(whole)

        do_POST = do_GET  # noqa: N815 - http.server’s names

        def log_message(self, *_: Any) -> None: ...

    class Quiet(ThreadingHTTPServer):
        def handle_error(self, request: Any, client_address: Any) -> None:
            if context is None:
                super().handle_error(request, client_address)

    server = Quiet(("127.0.0.1", 0), Handler)
    if context is not None:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    service.address = f"{'https' if context else 'http'}://127.0.0.1:{server.server_address[1]}"
    yield service
    server.shutdown()
    server.server_close()
    thread.join()
