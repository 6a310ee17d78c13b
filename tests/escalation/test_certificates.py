"""Whoever we speak to shows a certificate, and a false one is told nothing: each client, a real server."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller

from escalation.config import Mail, Watchdog
from escalation.database.engine import Database
from escalation.errors import ProviderAway, Unavailable
from escalation.federation import exchange
from escalation.notices.deliver import deliver
from escalation.notices.senders import sender_of
from escalation.office import Office
from escalation.scheduler.heartbeat import _call
from tests.support import certificates
from tests.support.certificates import FALSE, TRUE, Authority
from tests.support.desk import Desk
from tests.support.federated import trusting
from tests.support.services import KEY, Notify, Server, Service, served

KINDS = (TRUE, *FALSE)


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """Who signs the certificates of these tests."""
    return certificates.make(tmp_path_factory.mktemp("certificates"))


@pytest.fixture(autouse=True)
def trusted(authority: Authority, monkeypatch: pytest.MonkeyPatch) -> None:
    """This machine trusts the authority of the tests, and no other."""
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.file))
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(authority.file))


@contextmanager
def over_tls(service: Service, context: ssl.SSLContext) -> Iterator[Service]:
    """A web service that shows a certificate."""
    running = served(service, context)
    next(running)
    yield service
    next(running, None)


class Unchecking(Controller):
    """A mail server over TLS. When it starts it tries itself, and must not mind its own false certificate."""

    def _trigger_server(self) -> None:
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        plain = socket.create_connection((self.hostname, self.port), 10)
        with context.wrap_socket(plain) as secured:
            secured.recv(1000)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("security", ["tls", "starttls"])
def test_no_letter_and_no_password_goes_to_a_false_mail_server(
    desk: Desk, authority: Authority, security: str, kind: str
) -> None:
    context, server = authority.context(kind), Server()
    if security == "tls":
        controller = Unchecking(server, hostname="127.0.0.1", port=server.port, ssl_context=context)
    else:
        controller = Controller(server, hostname="127.0.0.1", port=server.port, tls_context=context)
    controller.start()
    desk.raised()
    mail = Mail(channel="smtp", host="localhost", port=server.port, security=security, timeout_seconds=5)
    config = replace(desk.office.config, mail=mail)
    sent = deliver(replace(desk.office, config=config), sender_of(config)).sent
    controller.stop()
    assert (sent, len(server.took)) == ((1, 1) if kind == TRUE else (0, 0))


def by_webhook(office: Office, address: str) -> bool:
    mail = Mail(channel="webhook", webhook_address=address)
    config = replace(office.config, mail=mail)
    return deliver(replace(office, config=config), sender_of(config)).sent == 1


def by_notify(office: Office, address: str) -> bool:
    mail = Mail(channel="notify", notify_address=address, notify_key=KEY, notify_template="a template")
    config = replace(office.config, mail=mail)
    return deliver(replace(office, config=config), sender_of(config)).sent == 1


def heartbeat(office: Office, address: str) -> bool:
    config = replace(office.config, watchdog=Watchdog(heartbeat_url=address))
    return _call(config.watchdog.heartbeat_url) is None


def single_sign_on(office: Office, address: str) -> bool:
    """Ask a provider for its description: the first of everything that is asked of it."""
    provider = trusting(address)
    try:
        with exchange._speaking(provider, "https://here.example/back") as client:
            exchange._answer(client, f"{address}/.well-known/openid-configuration")
    except ProviderAway:
        return False
    return True


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("speaks", [by_webhook, by_notify, heartbeat, single_sign_on])
def test_a_false_web_service_is_told_nothing(
    desk: Desk, authority: Authority, speaks: Callable[[Office, str], bool], kind: str
) -> None:
    desk.raised()
    service = Notify() if speaks is by_notify else Service()
    with over_tls(service, authority.context(kind)) as asked:
        went = speaks(desk.office, asked.address.replace("127.0.0.1", "localhost"))
    assert (went, bool(service.asked)) == ((True, True) if kind == TRUE else (False, False))


class Postgres:
    """Takes a connection as PostgreSQL does, up to the first words that are encrypted, and keeps those."""

    def __init__(self, context: ssl.SSLContext) -> None:
        self.context, self.heard = context, b""
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.thread = threading.Thread(target=self._answer)
        self.thread.start()

    def _answer(self) -> None:
        taken, _ = self.listener.accept()
        with taken:
            taken.settimeout(20)
            taken.recv(8)  # “may we speak TLS?”
            taken.sendall(b"S")
            try:
                with self.context.wrap_socket(taken, server_side=True) as secured:
                    self.heard = secured.recv(1000)
            except OSError:
                pass  # they went away: the certificate was not to their liking

    def end(self) -> None:
        self.thread.join(30)
        self.listener.close()


@pytest.mark.parametrize("kind", KINDS)
def test_a_false_database_server_is_told_nothing(authority: Authority, kind: str, tmp_path: Path) -> None:
    server = Postgres(authority.context(kind))
    asked = f"sslmode=verify-full&sslrootcert={authority.file}&connect_timeout=10"
    database = Database(f"postgresql://escalation:word@localhost:{server.port}/escalation?{asked}")
    with pytest.raises(Unavailable), database.reading():
        pass
    server.end()
    database.close()
    assert (b"escalation" in server.heard) == (kind == TRUE)
