"""How mail leaves, how much of it may, and what the organisation is called: for administrators."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import asdict
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from whereupon.api.call import TheCall
from whereupon.api.declare import Out, operation
from whereupon.api.route import routes_of
from whereupon.conditions.values import Scope
from whereupon.db.pool import Connection
from whereupon.outbox import trial
from whereupon.outbox.mail import mail_source
from whereupon.outbox.secrets import keep_secret, load_key
from whereupon.outbox.settings import Caps, MailSettings, load_settings, save_caps, save_mail_settings
from whereupon.people import audit
from whereupon.people.first_start import PUT_SETTING
from whereupon.people.organisation import (
    Holidays,
    Organisation,
    WorkingHours,
    load_organisation,
    save_holidays,
    save_organisation,
    save_working_hours,
)
from whereupon.people.users import Email
from whereupon.templates.template import parse
from whereupon.workers.pruner import Retention

router = routes_of("settings", "/settings")

TEST_TEXT = "If you can read this, mail leaves Whereupon as it should."
GET_RETENTION = "SELECT value FROM whereupon.settings WHERE key = 'retention'"


class MailIn(MailSettings):
    """The SMTP server. The password is sealed when it arrives, and never shown again."""

    password: str | None = Field(default=None, max_length=1000, description="Left out: the one kept already.")


class TestMail(BaseModel):
    """Whom to send the test to."""

    model_config = ConfigDict(extra="forbid")

    to: Email


class Tried(Out):
    """What became of the test mail, in the mail server's own words where it said something."""

    message_id: int
    status: Literal["sent", "kept", "failed", "uncertain"]
    code: str
    message: str


class SettingsOut(Out):
    """What is set now. `mail` null: mails are only kept for reading."""

    mail: dict[str, Any] | None
    caps: Caps
    organisation: Organisation
    working_hours: WorkingHours
    holidays: Holidays
    retention: Retention


async def read_settings(db: Connection) -> dict[str, Any]:
    """Everything but secrets."""
    mail, caps = await load_settings(db)
    shown = None
    if mail is not None:
        shown = mail.model_dump(mode="json", exclude={"password"}) | {
            "has_password": mail.password is not None
        }
    retention = Retention.model_validate(await db.fetchval(GET_RETENTION) or {})
    return {"mail": shown, "caps": caps, "retention": retention} | await load_organisation(db)


async def written(
    call: TheCall, save: Callable[[Connection], Awaitable[None]], *, defines: bool = True
) -> Response:
    """What is set once an administrator has saved something. `defines`: whether definitions depend on it."""
    call.rights.require_administrator()

    async def work(db: Connection) -> dict[str, Any]:
        await save(db)
        return await read_settings(db)

    return await call.write(work, defines=defines)


@router.get("", **operation("get_settings", SettingsOut, summary="What is set now, without secrets."))
async def get_settings(call: TheCall) -> Response:
    call.rights.require_administrator()
    return await call.read(read_settings)


@router.put("/mail", **operation("set_mail", SettingsOut, summary="Set the SMTP server."))
async def set_mail(call: TheCall, body: MailIn) -> Response:
    async def save(db: Connection) -> None:
        before, _ = await load_settings(db)
        handle = before.password if before is not None and before.host == body.host else None
        if body.password is not None:
            key = load_key(call.settings)
            handle = await keep_secret(db, key, "mail", body.password, host=body.host)
        await save_mail_settings(db, MailSettings.model_validate(body.model_dump() | {"password": handle}))
        told = body.model_dump(exclude={"password"})
        await audit.append(db, call.user_id, "set_mail", "settings:mail", **told)

    return await written(call, save)


@router.delete(
    "/mail", **operation("unset_mail", status=204, summary="Go back to keeping mails for reading.")
)
async def unset_mail(call: TheCall) -> Response:
    call.rights.require_administrator()

    async def work(db: Connection) -> None:
        await save_mail_settings(db, None)
        await audit.append(db, call.user_id, "unset_mail", "settings:mail")

    return await call.write(work)


@router.post(
    "/mail/test", **operation("send_test_mail", Tried, summary="Send a test mail, and tell what came of it.")
)
async def send_test_mail(call: TheCall, body: TestMail) -> Response:
    """It is tried at once, for ten seconds at most, and is to be found among the messages afterwards."""
    call.rights.require_administrator()

    async def work(db: Connection) -> dict[str, Any]:
        scope = Scope(await call.catalog(db), None)
        source = mail_source(subject=parse("A test from Whereupon", scope), text=parse(TEST_TEXT, scope))
        tried = await trial.send_test(db, call.settings, source, body.to)
        told = {"to": body.to, "status": tried.status, "code": tried.code}
        await audit.append(db, call.user_id, "send_test_mail", "settings:mail", **told)
        return asdict(tried)

    return await call.write(work, defines=False)


@router.put("/caps", **operation("set_caps", SettingsOut, summary="Set how many messages may leave unseen."))
async def set_caps(call: TheCall, body: Caps) -> Response:
    async def save(db: Connection) -> None:
        await save_caps(db, body)
        await audit.append(db, call.user_id, "set_caps", "settings:caps", **body.model_dump())

    return await written(call, save)


@router.put(
    "/organisation", **operation("set_organisation", SettingsOut, summary="Set name, address, time zone.")
)
async def set_organisation(call: TheCall, body: Organisation) -> Response:
    return await written(call, lambda db: save_organisation(db, body, actor=call.user_id))


@router.put("/working-hours", **operation("set_working_hours", SettingsOut, summary="Set when people work."))
async def set_working_hours(call: TheCall, body: WorkingHours) -> Response:
    return await written(call, lambda db: save_working_hours(db, body, actor=call.user_id))


@router.put("/holidays", **operation("set_holidays", SettingsOut, summary="Set the days without work."))
async def set_holidays(call: TheCall, body: Holidays) -> Response:
    return await written(call, lambda db: save_holidays(db, body, actor=call.user_id))


@router.put(
    "/retention", **operation("set_retention", SettingsOut, summary="Set how many days history is kept.")
)
async def set_retention(call: TheCall, body: Retention) -> Response:
    async def save(db: Connection) -> None:
        value = body.model_dump()
        await db.execute(PUT_SETTING, "retention", value)
        await audit.append(db, call.user_id, "set_retention", "settings:retention", **value)

    return await written(call, save, defines=False)
