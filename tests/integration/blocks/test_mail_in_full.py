"""Mails with images that come along, what an earlier block made, and an answer for each recipient."""

from __future__ import annotations

from typing import Any

import pytest
from tests.integration.blocks.test_attachments import PAPERS, document, mail, office, store
from tests.integration.outbox.conftest import Delivering, MailServer, Post, delivering, mail_server, post
from tests.integration.outbox.test_delivery import all_are, hurry, settled_or_again
from tests.office import Office

from whereupon.errors import Invalid
from whereupon.records.files import FileStore
from whereupon.sdk import registry
from whereupon.sdk.block import Batch, Block, Config
from whereupon.sdk.outcomes import Done, Outcome

__all__ = ["delivering", "mail_server", "office", "post", "store"]  # fixtures

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 64
CREATED = {"trigger": "record_created"}
BY_HAND = {"trigger": "manual"}


async def sent_to(post: Post, server: MailServer, delivering: Delivering) -> Any:
    await post.caps()
    await post.smtp(server)
    async with delivering():
        await post.until(all_are("sent"))
    return server.mails[0]


@pytest.mark.parametrize("address", ["cid:logo.png", "cid:Logo.PNG", "cid:logo%2Epng"])
async def test_an_image_of_the_record_is_shown_in_the_mail(
    office: Office,
    store: FileStore,
    post: Post,
    mail_server: MailServer,
    delivering: Delivering,
    address: str,
) -> None:
    workflow = await office.publish(
        BY_HAND,
        mail(PAPERS, text=None, html=f'<p>Hi <img src="{address}" alt="Λογότυπο"> {{{{ record.name }}}}</p>'),
    )
    item = await office.insert(name="<b>", email="a@example.org")
    await document(office, store, "logo.png", PNG, item)
    await document(office, store, "plan.pdf", item=item)
    await office.by_hand(workflow, [str(item)])
    arrived = await sent_to(post, mail_server, delivering)
    html = arrived.get_body(("html",)).get_content()
    [image] = [part for part in arrived.walk() if part.get_content_type() == "image/png"]
    assert f'src="cid:{image["Content-ID"].strip("<>")}"' in html
    assert image.get_content_disposition() == "inline"
    assert image.get_payload(decode=True) == PNG
    assert [part.get_filename() for part in arrived.iter_attachments()] == ["plan.pdf"], (
        "the image is not one"
    )
    assert "Hi" in arrived.get_body(("plain",)).get_content()


@pytest.mark.parametrize(
    ("name", "says"), [("other.png", "not among its attachments"), ("logo.pdf", "is no image")]
)
async def test_an_image_that_does_not_come_along_fails_its_mail(
    office: Office, store: FileStore, post: Post, delivering: Delivering, name: str, says: str
) -> None:
    shown = "logo.pdf" if name == "logo.pdf" else "logo.png"
    workflow = await office.publish(BY_HAND, mail(PAPERS, text=None, html=f'<img src="cid:{shown}">'))
    item = await office.insert(name="a", email="a@example.org")
    await document(office, store, name, PNG if name.endswith("png") else b"%PDF-1.7\n", item)
    await office.by_hand(workflow, [str(item)])
    async with delivering():
        [message] = await post.until(all_are("failed"))
    assert message["error"]["code"] == "no_image"
    assert says in message["error"]["message"]


# What an earlier block made ---------------------------------------------------------------------------


class MadeConfig(Config):
    """Which document it says that it made."""

    document: int


class Makes(Block[MadeConfig]):
    """Stands for Generate PDF: its output is a document's number."""

    key = "makes"
    label = "Make"
    group = "Documents"
    icon = "file"
    description = "Makes a document."
    Config = MadeConfig
    outputs = registry.blocks()["generate_pdf"].outputs

    async def run_batch(self, config: MadeConfig, batch: Batch) -> list[Outcome]:
        return [Done("next", {"document_id": config.document}) for _ in batch.runs]


@pytest.fixture
def makes(monkeypatch: pytest.MonkeyPatch) -> None:
    known = dict(registry.blocks())
    monkeypatch.setattr(registry, "blocks", lambda: known | {"makes": Makes()})


@pytest.mark.usefixtures("makes")
async def test_the_document_of_an_earlier_block_goes_along_unless_it_is_of_another_record(
    office: Office, store: FileStore, post: Post, mail_server: MailServer, delivering: Delivering
) -> None:
    mine, others = [await office.insert(name=n, email=f"{n}@example.org") for n in "ab"]
    invoice = await document(office, store, "Invoice 7.pdf", item=mine)
    workflow = await office.publish(
        BY_HAND,
        {"key": "pdf", "block": "makes", "document": invoice.id},
        mail({"made_by": "nodes.pdf.document_id"}),
    )
    await office.by_hand(workflow, [str(mine), str(others)])
    rows = await office.fetch("SELECT recipient, context FROM whereupon.messages ORDER BY id")
    names = {row["recipient"]: [one["name"] for one in row["context"]["attachments"]] for row in rows}
    assert names == {"a@example.org": ["Invoice 7.pdf"], "b@example.org": []}


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("nodes.gone.document_id", "gone"),
        ("nodes.note.document_id", "document_id"),
        ("nodes.mail.message_id", "mail"),
        ("pdf", "pattern"),
        ("", "pattern"),
    ],
)
async def test_a_block_that_makes_no_document_is_refused(office: Office, path: str, says: str) -> None:
    note = {"key": "note", "block": "update_record", "set": {"note": "x"}}
    with pytest.raises(Invalid) as refused:
        await office.publish(CREATED, note, mail({"made_by": path}))
    assert any(says in problem.message for problem in refused.value.problems), refused.value.problems


# An answer for each recipient -----------------------------------------------------------------------------


async def test_each_refused_address_is_told_with_the_servers_words(
    post: Post, delivering: Delivering, mail_server: MailServer
) -> None:
    await post.caps()
    await post.smtp(mail_server)
    mail_server.answers = {"gone@example.com": "550 5.1.1 nobody here", "full@example.com": "552 too full"}
    await post.queue("a@example.com, gone@example.com, Full <full@example.com>")
    async with delivering():
        [found] = await post.until(all_are("sent"))
    assert found["error"] == {
        "code": "partly_refused",
        "message": "The mail server refused gone@example.com: 550 5.1.1 nobody here; "
        "full@example.com: 552 too full",
        "recipients": [
            {"address": "gone@example.com", "answer": "550 5.1.1 nobody here"},
            {"address": "full@example.com", "answer": "552 too full"},
        ],
    }
    assert mail_server.recipients == [["a@example.com"]]


async def test_everybody_refused_is_a_failure_that_names_them_all(
    post: Post, delivering: Delivering, mail_server: MailServer
) -> None:
    await post.caps()
    await post.smtp(mail_server)
    mail_server.answers = {"RCPT": "550 no"}
    await post.queue("a@example.com, b@example.com")
    async with delivering():
        [found] = await post.until(all_are("failed"))
    assert [one["address"] for one in found["error"]["recipients"]] == ["a@example.com", "b@example.com"]


async def test_a_recipient_who_is_refused_for_now_does_not_keep_the_others_waiting_for_ever(
    post: Post, delivering: Delivering, mail_server: MailServer
) -> None:
    await post.caps()
    await post.smtp(mail_server)
    mail_server.answers = {"slow@example.com": "451 later"}
    await post.queue("a@example.com, slow@example.com")
    async with delivering():
        [found] = await settled_or_again(post)
        assert (found["status"], mail_server.mails) == ("queued", [])
        async with post.database.connection() as db:
            await db.execute("UPDATE whereupon.messages SET attempts = 3")
        await hurry(post.database)
        [found] = await post.until(all_are("sent"))
    assert found["error"]["recipients"] == [{"address": "slow@example.com", "answer": "451 later"}]
    assert mail_server.recipients == [["a@example.com"]]


# Header injection -------------------------------------------------------------------------------------------

INJECTIONS = [
    "x\r\nBcc: evil@example.com", "x\nBcc: evil@example.com", "x\rBcc: evil@example.com",
    "x\r\n\r\n<script>alert(1)</script>", "x\u2028Bcc: evil@example.com", "x\u0085Bcc: evil@example.com",
    "x\x0bBcc: evil@example.com", "=?utf-8?q?x=0D=0ABcc=3A_evil=40example=2Ecom?=",
    "=?utf-8?b?eA0KQmNjOiBldmlsQGV4YW1wbGUuY29t?=", "x, evil@example.com", "x; evil@example.com",
    "\"x\" <evil@example.com>,", "x%0d%0aBcc: evil@example.com", "x\\r\\nBcc: evil@example.com",
    "Γειά\r\n .\r\nMAIL FROM:<evil@example.com>\r\nRCPT TO:<evil@example.com>\r\nDATA",
    "\u202emoc.elpmaxe@live",
]  # fmt: skip


@pytest.mark.parametrize("value", INJECTIONS)
async def test_no_value_adds_a_header_or_a_recipient(
    office: Office, post: Post, delivering: Delivering, mail_server: MailServer, value: str
) -> None:
    await post.caps()
    await post.smtp(mail_server)
    await office.publish(
        CREATED,
        mail(
            subject="{{ record.note }}", text="{{ record.note }}", html="<p>{{ record.note }}</p>",
            **{"from": '"{{ record.note }}" <desk@example.org>'},
        ),
    )  # fmt: skip
    await office.insert(name="a", email="a@example.org", note=value)
    await office.settle()
    async with delivering():
        found = await post.until(all_are("sent", "failed"))
    for envelope in mail_server.recipients:
        assert envelope == ["a@example.org"]
    for arrived in mail_server.mails:
        assert arrived["Bcc"] is None
        assert arrived["Cc"] is None
        assert str(arrived["To"]) == "a@example.org"
        assert arrived["From"].addresses[0].addr_spec == "desk@example.org"
        assert len(arrived["From"].addresses) == 1
        assert len([part for part in arrived.walk() if part.get_content_type() == "text/html"]) == 1
    assert len(mail_server.mails) == sum(message["status"] == "sent" for message in found)
