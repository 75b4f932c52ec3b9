"""Mail by SMTP: over connections that are used again, encrypted and verified, at most once (rule 25)."""

from __future__ import annotations

import asyncio
import base64
import re
import smtplib
import socket
import ssl
import time
from collections.abc import Callable, Coroutine, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from whereupon.errors import WhereuponError
from whereupon.outbox.addresses import read_mailboxes
from whereupon.outbox.channels.transport import Letter, MayBegin, failed, retry, sent, uncertain
from whereupon.outbox.mail import build, envelope_of, message_id, read_attachments
from whereupon.outbox.messages import Outcome
from whereupon.outbox.settings import MailSettings
from whereupon.records.files import FileStore

IDLE_SECONDS = 20  # a connection that rests longer is closed
PROBE_SECONDS = 3  # one that rested longer is asked whether it is still there
PER_CONNECTION = 200  # mails; many servers allow no more
AHEAD = 2  # mails put together for each connection while it sends another: it must not wait for our own work
LARGE_AT_ONCE = 2  # mails with files: each is in memory several times over while it is sent
PATIENT_ATTEMPTS = 4  # for some of several recipients; then the others do not wait for them any longer
PAUSE_SECONDS = 5  # after the server could not be reached, before it is tried again


Refusals = Mapping[str, tuple[int, bytes]]  # address → the server's answer


@dataclass(frozen=True, slots=True)
class Envelope:
    """Whom the server is told."""

    sender: str
    recipients: Sequence[str]

    @property
    def needs_utf8(self) -> bool:
        return not all(address.isascii() for address in (self.sender, *self.recipients))


@dataclass(frozen=True, slots=True)
class Written:
    """A mail as it goes over the line, and whom the server is told."""

    envelope: Envelope
    data: bytes


class Stopped(Exception):
    """The dialogue ended before anything was sent; `outcome` says how to go on."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(outcome)
        self.outcome = outcome


@dataclass(slots=True)
class Line:
    """A connection to the server, resting or in use by one thread."""

    smtp: smtplib.SMTP
    rested_at: float = 0
    mails: int = 0


class Smtp:
    """The transport. Blocking SMTP runs in as many threads as there may be connections."""

    leaves = True

    def __init__(self, settings: MailSettings, files: FileStore, password: str | None = None) -> None:
        self.settings = settings
        self.files = files
        self.password = password
        self.threads = ThreadPoolExecutor(settings.connections, thread_name_prefix="smtp")
        self.writers = ThreadPoolExecutor(1, thread_name_prefix="mail")
        self.slots = asyncio.Semaphore(settings.connections)
        self.ahead = asyncio.Semaphore(settings.connections * AHEAD)
        self.large = asyncio.Semaphore(LARGE_AT_ONCE)
        self.resting: list[Line] = []
        self.users = 0  # letters under way
        self.unreachable: tuple[float, str] = (0, "")
        self.sweeper: asyncio.TimerHandle | None = None

    async def send(self, letter: Letter, may_begin: MayBegin) -> Outcome | None:
        loop = asyncio.get_running_loop()

        def begin() -> bool:
            asked: Coroutine[Any, Any, bool] = asked_for(may_begin, letter.id)
            return asyncio.run_coroutine_threadsafe(asked, loop).result(60)

        self.users += 1
        try:
            async with self.large if letter.content.get("attachments") else nullcontext(), self.ahead:
                written = await loop.run_in_executor(self.writers, self.put_together, letter)
                if isinstance(written, Outcome):
                    return written
                async with self.slots:
                    outcome = await loop.run_in_executor(self.threads, self.deliver, letter, written, begin)
        finally:
            self.users -= 1
        self.sweeper = self.sweeper or loop.call_later(IDLE_SECONDS, self.sweep)
        return outcome

    async def close(self) -> None:
        if self.sweeper:
            self.sweeper.cancel()
        lines, self.resting = self.resting, []
        for line in lines:
            await asyncio.get_running_loop().run_in_executor(self.threads, hang_up, line)
        self.threads.shutdown(wait=False)
        self.writers.shutdown(wait=False)

    def sweep(self) -> None:
        """Close what has rested long enough; look again while something rests."""
        now = time.monotonic()
        old = [line for line in self.resting if now - line.rested_at >= IDLE_SECONDS - 1]
        self.resting = [line for line in self.resting if line not in old]
        for line in old:
            self.threads.submit(hang_up, line)
        loop = asyncio.get_running_loop()
        self.sweeper = loop.call_later(IDLE_SECONDS, self.sweep) if self.resting else None

    # In a thread, one letter at a time

    def put_together(self, letter: Letter) -> Written | Outcome:
        """The mail, files and all; or why there can be none."""
        try:
            sender = read_mailboxes(letter.content.get("from") or self.settings.from_address)[0]
            attached = read_attachments(letter.content, self.files)
            identity = message_id(letter.key, sender)
            mail = build(letter.content, sender, identity, datetime.now(UTC), attached)
            return Written(Envelope(sender.address, envelope_of(letter.content)), dotted(mail.as_bytes()))
        except WhereuponError as error:
            return failed(letter, error.code, error.message)
        except (ValueError, IndexError, LookupError) as error:  # UnicodeError is a ValueError
            return failed(letter, "bad_message", f"The mail could not be put together: {error}")

    def deliver(self, letter: Letter, mail: Written, begin: Callable[[], bool]) -> Outcome | None:
        """The whole dialogue for one mail. Never raises for what the server does."""
        try:
            line, refused = self.prepared(letter, mail.envelope)
        except Stopped as stopped:
            return stopped.outcome
        outcome = self.hand_over(letter, line, mail.data, begin)
        return (
            replace(outcome, error=partly(refused))
            if refused and outcome and outcome.status == "sent"
            else outcome
        )

    def prepared(self, letter: Letter, to: Envelope) -> tuple[Line, Refusals]:
        """A connection on which the server has accepted the envelope, and whom it refused. Raises Stopped."""
        for fresh in (False, True):
            line = self.borrow(letter, fresh)
            try:
                refused = self.introduce(letter, line, to)
            except (OSError, smtplib.SMTPException) as error:
                hang_up(line)
                if fresh or line.mails == 0:
                    raise Stopped(
                        retry(letter, "connection_lost", f"The mail server hung up: {error}")
                    ) from error
            else:
                return line, refused
        raise AssertionError("unreachable")

    def introduce(self, letter: Letter, line: Line, to: Envelope) -> Refusals:
        """MAIL and RCPT; gives the addresses refused for good. Raises Stopped when nobody is left."""
        if to.needs_utf8 and not line.smtp.has_extn("smtputf8"):
            self.rest(line)
            raise Stopped(
                failed(letter, "no_utf8", "The mail server cannot send to addresses that are not ASCII.")
            )
        code, answer = line.smtp.mail(to.sender, ["SMTPUTF8"] if to.needs_utf8 else [])
        if code != 250:
            self.refuse(letter, line, {to.sender: (code, answer)}, "the sender")
        answers = {address: line.smtp.rcpt(address) for address in to.recipients}
        refused = {address: answer for address, answer in answers.items() if answer[0] not in (250, 251)}
        passing = any(code // 100 == 4 for code, _ in refused.values())
        everybody = len(refused) == len(to.recipients)
        if refused and (everybody or (passing and letter.attempts < PATIENT_ATTEMPTS)):
            self.refuse(letter, line, refused, "the recipient" if len(refused) == 1 else "the recipients")
        return refused

    def refuse(self, letter: Letter, line: Line, refused: Refusals, whom: str) -> None:
        """The server does not want it: 4xx later again, 5xx never. Raises Stopped."""
        said = f"The mail server refused {whom}: {told_of(refused)}"
        passing = any(code // 100 == 4 for code, _ in refused.values())
        self.reset(line)
        outcome = retry(letter, "refused_for_now", said) if passing else failed(letter, "refused", said)
        error = {**(outcome.error or {}), "recipients": each_of(refused)}
        raise Stopped(replace(outcome, error=error))

    def hand_over(self, letter: Letter, line: Line, data: bytes, begin: Callable[[], bool]) -> Outcome | None:
        """DATA and the mail itself, dotted. From "354" on, losing the connection means not knowing."""
        try:
            if not begin():
                self.reset(line)
                return None
        except BaseException:  # the database is away: not begun, so nothing is sent
            self.reset(line)
            raise
        try:
            code, answer = line.smtp.docmd("DATA")
        except (OSError, smtplib.SMTPException) as error:
            hang_up(line)
            return retry(letter, "connection_lost", f"The mail server hung up before the mail: {error}")
        if code != 354:
            self.reset(line)
            return answered(letter, code, answer)
        try:
            line.smtp.send(data)
            code, answer = line.smtp.getreply()
        except (OSError, smtplib.SMTPException) as error:
            hang_up(line)
            return uncertain(letter, f"The connection broke while the mail was handed over: {error}.")
        line.mails += 1
        self.rest(line)
        return answered(letter, code, answer)

    # Connections

    def borrow(self, letter: Letter, fresh: bool) -> Line:
        """A resting connection that answers, or a new one. Raises Stopped."""
        while self.resting and not fresh:
            line = self.resting.pop()
            if time.monotonic() - line.rested_at < PROBE_SECONDS or answers(line):
                return line
            hang_up(line)
        until, reason = self.unreachable
        if time.monotonic() < until:
            raise Stopped(retry(letter, "unreachable", reason))
        try:
            return Line(self.connect())
        except (OSError, smtplib.SMTPException, ValueError) as error:
            reason = why(error, self.settings)
            self.unreachable = (time.monotonic() + PAUSE_SECONDS, reason)
            raise Stopped(retry(letter, "unreachable", reason)) from error

    def connect(self) -> smtplib.SMTP:
        """Connected, encrypted and signed in. Never falls back to plain text."""
        s = self.settings
        if s.security == "tls":
            smtp: smtplib.SMTP = smtplib.SMTP_SSL(
                s.host, s.port, local_hostname=own_name(), timeout=s.timeout_seconds, context=self.tls()
            )
        else:
            smtp = smtplib.SMTP(s.host, s.port, local_hostname=own_name(), timeout=s.timeout_seconds)
        try:
            if s.security == "starttls":
                smtp.starttls(context=self.tls())
            smtp.ehlo_or_helo_if_needed()
            if s.username:
                sign_in(smtp, s.username, self.password or "")
        except BaseException:
            smtp.close()
            raise
        return smtp

    def tls(self) -> ssl.SSLContext:
        return ssl.create_default_context(cadata=self.settings.ca_certificates)

    def reset(self, line: Line) -> None:
        """Forget the mail begun, keep the connection."""
        try:
            line.smtp.rset()
        except (OSError, smtplib.SMTPException):
            hang_up(line)
        else:
            self.rest(line)

    def rest(self, line: Line) -> None:
        if line.mails >= PER_CONNECTION:
            hang_up(line)
            return
        line.rested_at = time.monotonic()
        self.resting.append(line)


def sign_in(smtp: smtplib.SMTP, username: str, password: str) -> None:
    """smtplib's login, and what it cannot do: a name or password that is not ASCII (RFC 4616 says UTF-8)."""
    if (username + password).isascii():
        smtp.login(username, password)
        return
    secret = base64.b64encode(f"\0{username}\0{password}".encode()).decode()
    code, answer = smtp.docmd("AUTH", f"PLAIN {secret}")
    if code != 235:
        raise smtplib.SMTPAuthenticationError(code, answer)


def own_name() -> str:
    """What EHLO says; smtplib's own way asks a name server, which can take long."""
    return "".join(c for c in socket.gethostname() if c.isalnum() or c in "-.") or "localhost"


def partly(refused: Refusals) -> dict[str, Any]:
    """Sent, but not to everybody."""
    return {
        "code": "partly_refused",
        "message": f"The mail server refused {told_of(refused)}",
        "recipients": each_of(refused),
    }


def told_of(refused: Refusals, most: int = 5) -> str:
    """The first few addresses, each with what the server said."""
    told = [f"{address}: {code} {readable(answer)}" for address, (code, answer) in refused.items()]
    rest = f"; and {len(told) - most} more" if len(told) > most else ""
    return "; ".join(told[:most]) + rest


def each_of(refused: Refusals) -> list[dict[str, Any]]:
    """Every address with the server's answer."""
    return [
        {"address": address, "answer": f"{code} {readable(answer)}"}
        for address, (code, answer) in refused.items()
    ]


async def asked_for(may_begin: MayBegin, number: int) -> bool:
    return await may_begin(number)


def answered(letter: Letter, code: int, answer: bytes) -> Outcome:
    """What the server's answer to the mail means."""
    if code == 250:
        return sent(letter)
    said = f"The mail server answered {code} {readable(answer)}"
    return retry(letter, "refused_for_now", said) if code // 100 == 4 else failed(letter, "refused", said)


def answers(line: Line) -> bool:
    """Whether a resting connection is still good."""
    try:
        return line.smtp.noop()[0] == 250
    except (OSError, smtplib.SMTPException):
        return False


def hang_up(line: Line) -> None:
    """Say goodbye if there is still somebody."""
    try:
        if line.smtp.sock is not None:
            line.smtp.sock.settimeout(2)
        line.smtp.quit()
    except (OSError, smtplib.SMTPException):
        line.smtp.close()


def dotted(data: bytes) -> bytes:
    """As DATA wants it: CRLF line ends, leading dots doubled, a dot at the end (RFC 5321, 4.5.2)."""
    body = re.sub(rb"\r\n|\r|\n", b"\r\n", data)
    body = re.sub(rb"(?m)^\.", b"..", body)
    return body + (b"" if body.endswith(b"\r\n") else b"\r\n") + b".\r\n"


def readable(answer: bytes) -> str:
    """A server's answer as one printable line."""
    text = answer.decode("utf-8", "replace")
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())[:300]


def why(error: Exception, settings: MailSettings) -> str:
    """Why the server cannot be used, and what to look at; never the password."""
    place = f"{settings.host}:{settings.port}"
    match error:
        case smtplib.SMTPAuthenticationError():
            return f"{place} did not accept the user name and password ({error.smtp_code})."
        case ssl.SSLCertVerificationError():
            return f"The certificate of {place} is not trusted: {error.verify_message}."
        case smtplib.SMTPNotSupportedError():
            return f"{place} does not offer what the settings ask for: {error}."
        case smtplib.SMTPResponseException() if not 200 <= error.smtp_code < 600:
            return f"{place} does not answer as a mail server does."
        case smtplib.SMTPResponseException():
            said = error.smtp_error if isinstance(error.smtp_error, bytes) else str(error.smtp_error).encode()
            return f"{place} refused: {error.smtp_code} {readable(said)}"
        case ssl.SSLError():
            return f"{place} cannot be reached: TLS did not come about ({error.reason})."
        case socket.gaierror():
            return f'{place} cannot be reached: there is no server called "{settings.host}".'
        case ConnectionRefusedError():
            return f"{place} cannot be reached: nothing listens on port {settings.port} there."
        case TimeoutError():
            return f"{place} cannot be reached: it did not answer in {settings.timeout_seconds:g} seconds."
        case _:
            return f"{place} cannot be reached: {error}"
