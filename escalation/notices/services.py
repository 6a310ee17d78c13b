"""The ways a mail leaves by a web service: GOV.UK Notify, or a webhook of a team’s channel."""

from __future__ import annotations

import json
import logging
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from email.message import EmailMessage
from typing import Any

from escalation.config import Config
from escalation.errors import NotReady
from escalation.notices.sending import CameBack, NotSent, Refused, Silent, Unreachable

# Notify tries no more: the address is wrong; it was full or refused it for three days; a mistake of theirs.
_GIVEN_UP = ("permanent-failure", "temporary-failure", "technical-failure")


class NotifySender:
    """Hands each message to GOV.UK Notify. Its template holds ((subject)) and ((body)).

    Notify sends what it is given twice, twice; so it is asked first whether it has had the message.
    """

    def __init__(self, config: Config) -> None:
        """NotReady where the client is not installed: it comes with “escalation[notify]”."""
        try:
            from notifications_python_client.notifications import (  # noqa: PLC0415 - only who uses it needs it
                NotificationsAPIClient,
            )
        except ImportError as error:
            raise NotReady(
                "mail.channel is “notify”, but its client is not installed. Run"
                " “pip install notifications-python-client”, or choose another channel."
            ) from error
        # It logs what Notify answered, in which an address may be.
        logging.getLogger("notifications_python_client").setLevel(logging.CRITICAL)
        mail = config.mail
        self.template = mail.notify_template
        connect: Any = NotificationsAPIClient
        self.client = connect(mail.notify_key, base_url=mail.notify_address, timeout=mail.timeout_seconds)

    def send(self, message: EmailMessage) -> None:
        """Send one message, unless Notify has it already."""
        reference = str(message["Message-ID"]).strip("<>")
        told = {"subject": str(message["Subject"]), "body": message.get_content()}
        with self._speaking():
            if self.client.get_all_notifications(reference=reference).get("notifications"):
                return
            self.client.send_email_notification(
                email_address=str(message["To"]),
                template_id=self.template,
                personalisation=told,
                reference=reference,
            )

    def came_back(self) -> Mapping[str, CameBack]:
        """What Notify says of those it gave up, by the mail’s id: the newest 250 of each kind."""
        found: dict[str, CameBack] = {}
        with self._speaking():
            for status in _GIVEN_UP:
                page = self.client.get_all_notifications(status=status, template_type="email")
                for each in page.get("notifications") or ():
                    mail_id = str(each.get("reference") or "").partition("@")[0]
                    address = str(each.get("email_address") or "")
                    found[mail_id] = CameBack(status, address, wrong=status == _GIVEN_UP[0])
        return found

    @contextmanager
    def _speaking(self) -> Iterator[None]:
        from notifications_python_client.errors import APIError  # noqa: PLC0415 - only who uses it needs it

        try:
            yield
        except APIError as error:
            raise _of_notify(error.status_code, str(error.message), error.response) from error
        finally:
            self.client.request_session.close()


def _of_notify(status: int, said: str, response: object) -> NotSent:
    """What an error of Notify means for us. What it said stays here: it may name the address."""
    if response is None:
        return Silent("Notify does not answer")
    if status in (401, 403, 404):
        return Unreachable(f"Notify does not let us in ({status}): look at the key, the template, the clock")
    if status == 400 and "email_address" in said:
        return Refused("Notify refuses this address (400)")
    return NotSent(f"Notify does not take it now ({status})")


class _Stays(urllib.request.HTTPRedirectHandler):
    """Follows no redirect: a message goes where the settings say, and nowhere else."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        """Nowhere."""


class WebhookSender:
    """Posts subject and link to one channel, for all posts of an installation: no address is in it."""

    def __init__(self, config: Config) -> None:
        self.mail = config.mail

    def send(self, message: EmailMessage) -> None:
        """Post one message, as JSON with a “text”, which Teams and others take."""
        if message["Sensitivity"] == "Personal":
            raise Refused("a link to sign in with is for one person, never for a team’s channel")
        links = [
            line for line in message.get_content().splitlines() if line.startswith(("http://", "https://"))
        ]
        body = json.dumps({"text": "\n\n".join([str(message["Subject"]), *links])}).encode()
        request = urllib.request.Request(  # noqa: S310 - the settings allow https, and http to this machine
            self.mail.webhook_address, body, {"Content-Type": "application/json"}, method="POST"
        )
        try:
            with urllib.request.build_opener(_Stays).open(request, timeout=self.mail.timeout_seconds):
                return
        except urllib.error.HTTPError as error:
            with error:
                raise _of_webhook(error.code) from None
        except urllib.error.URLError as error:
            raise Unreachable(f"the webhook does not answer ({type(error.reason).__name__})") from None
        except OSError as error:
            raise Silent(f"the webhook broke off ({type(error).__name__})") from None


def _of_webhook(status: int) -> NotSent:
    """Everything goes to one address, so whatever is wrong with it is wrong for all."""
    if status in range(300, 400):
        return Unreachable(f"the webhook sends us elsewhere ({status}), which we do not follow")
    return Unreachable(f"the webhook does not take it ({status})")
