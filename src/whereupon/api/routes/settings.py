"""How mail leaves, how much of it may, and what the organisation is called: for administrators."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from whereupon.api.call import Answer, TheCall
from whereupon.api.declare import Out, operation
from whereupon.api.route import routes_of
from whereupon.conditions.values import Scope
from whereupon.db.pool import Connection
from whereupon.outbox.mail import mail_source
from whereupon.outbox.messages import NewMessage, queue, source_id
from whereupon.outbox.secrets import keep_secret, load_key
from whereupon.outbox.settings import Caps, MailSettings, load_settings, save_caps, save_mail_settings
from whereupon.people import audit
from whereupon.people.first_start import PUT_SETTING
from whereupon.people.users import Email, Name, TimeZone
from whereupon.templates.template import parse

router = routes_of("settings", "/settings")

TEST_TEXT = "If you can read this, mail leaves Whereupon as it should."
GET_ORGANISATION = "SELECT value FROM whereupon.settings WHERE key = 'organisation'"


class Organisation(BaseModel):
    """Who runs this installation. The time zone is that of workflows that name none."""

    model_config = ConfigDict(extra="forbid")

    name: Name | None = None
    time_zone: TimeZone | None = None


class MailIn(MailSettings):
    """The SMTP server. The password is sealed when it arrives, and never shown again."""

    password: str | None = Field(default=None, max_length=1000, description="Left out: the one kept already.")


class TestMail(BaseModel):
    """Whom to send the test to."""

    model_config = ConfigDict(extra="forbid")

    to: Email


class Queued(Out):
    """The message that was queued."""

    message_id: int


class SettingsOut(Out):
    """What is set now. `mail` null: mails are only kept for reading."""

    mail: dict[str, Any] | None
    caps: Caps
    organisation: Organisation


async def read_settings(db: Connection) -> dict[str, Any]:
    """Everything but secrets."""
    mail, caps = await load_settings(db)
    shown = None
    if mail is not None:
        shown = mail.model_dump(mode="json", exclude={"password"}) | {
            "has_password": mail.password is not None
        }
    organisation: Any = await db.fetchval(GET_ORGANISATION) or {}
    return {"mail": shown, "caps": caps, "organisation": Organisation.model_validate(organisation)}


@router.get("", **operation("get_settings", SettingsOut, summary="What is set now, without secrets."))
async def get_settings(call: TheCall) -> Response:
    call.rights.require_administrator()
    return await call.read(read_settings)


@router.put("/mail", **operation("set_mail", SettingsOut, summary="Set the SMTP server."))
async def set_mail(call: TheCall, body: MailIn) -> Response:
    call.rights.require_administrator()

    async def work(db: Connection) -> dict[str, Any]:
        before, _ = await load_settings(db)
        handle = before.password if before is not None and before.host == body.host else None
        if body.password is not None:
            key = load_key(call.settings)
            handle = await keep_secret(db, key, "mail", body.password, host=body.host)
        await save_mail_settings(db, MailSettings.model_validate(body.model_dump() | {"password": handle}))
        told = body.model_dump(exclude={"password"})
        await audit.append(db, call.user_id, "set_mail", "settings:mail", **told)
        return await read_settings(db)

    return await call.write(work)


@router.delete(
    "/mail", **operation("unset_mail", status=204, summary="Go back to keeping mails for reading.")
)
async def unset_mail(call: TheCall) -> Response:
    call.rights.require_administrator()

    async def work(db: Connection) -> None:
        await save_mail_settings(db, None)
        await audit.append(db, call.user_id, "unset_mail", "settings:mail")

    return await call.write(work)


@router.post("/mail/test", **operation("send_test_mail", Queued, status=202, summary="Send a test mail."))
async def send_test_mail(call: TheCall, body: TestMail) -> Response:
    """It goes the way of every mail; `get_message` tells what became of it."""
    call.rights.require_administrator()

    async def work(db: Connection) -> Answer:
        scope = Scope(await call.catalog(db), None)
        mail = mail_source(subject=parse("A test from Whereupon", scope), text=parse(TEST_TEXT, scope))
        source = await source_id(db, "email", mail)
        queued = await queue(db, [NewMessage(None, None, None, body.to, source, {})])
        await audit.append(db, call.user_id, "send_test_mail", "settings:mail", to=body.to)
        return Answer({"message_id": queued[0]}, 202)

    return await call.write(work, defines=False)


@router.put("/caps", **operation("set_caps", SettingsOut, summary="Set how many messages may leave unseen."))
async def set_caps(call: TheCall, body: Caps) -> Response:
    call.rights.require_administrator()

    async def work(db: Connection) -> dict[str, Any]:
        await save_caps(db, body)
        await audit.append(db, call.user_id, "set_caps", "settings:caps", **body.model_dump())
        return await read_settings(db)

    return await call.write(work)


@router.put("/organisation", **operation("set_organisation", SettingsOut, summary="Set name and time zone."))
async def set_organisation(call: TheCall, body: Organisation) -> Response:
    call.rights.require_administrator()

    async def work(db: Connection) -> dict[str, Any]:
        wanted = body.model_dump(exclude_none=True)
        await db.execute(PUT_SETTING, "organisation", wanted)
        await audit.append(db, call.user_id, "set_organisation", "settings:organisation", **wanted)
        return await read_settings(db)

    return await call.write(work)
