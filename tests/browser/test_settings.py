"""Settings in the browser: what is set there holds at once, and the audit log knows who set it."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from playwright.async_api import Page, expect
from tests.browser.conftest import Opening
from tests.browser.doing import choose, fill
from tests.browser.installation import Installation
from tests.browser.looking import OpenPage, Watch, settled
from tests.browser.small_office import small_office


class Post:
    """A mail server on this machine that wants to know who sends."""

    def __init__(self) -> None:
        self.recipients: list[str] = []
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port: int = free.getsockname()[1]

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        self.recipients += envelope.rcpt_tos
        return "250 OK"

    def check(
        self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: LoginPassword
    ) -> AuthResult:
        return AuthResult(success=data.password == b"teapot", handled=False)


@pytest.fixture(scope="module")
def post() -> Iterator[Post]:
    post = Post()
    controller = Controller(
        post, hostname="127.0.0.1", port=post.port, authenticator=post.check, auth_require_tls=False
    )
    controller.start()
    yield post
    controller.stop()


@pytest.fixture(scope="module")
def small(opening: Opening, template: str) -> Iterator[Installation]:
    """Two requests, and a plain user without any right."""
    with small_office(opening, template) as made:
        yield made


async def open_settings(page: Page, section: str) -> None:
    await page.goto(f"/settings/{section}")
    await settled(page)


async def audited(office: Installation, action: str) -> list[Any]:
    """What the log says of that deed, the latest first."""
    rows = await office.sql(
        "SELECT details FROM whereupon.audit WHERE action = $1 AND actor_id = $2 ORDER BY id DESC",
        action, office.people["admin"].id,
    )  # fmt: skip
    return [row["details"] for row in rows]


# Mail -----------------------------------------------------------------------------------------------


async def set_server(page: Page, post: Post, host: str, password: str) -> None:
    await open_settings(page, "mail")
    await fill(page, Server=host, Sender="Office <office@office.example>", User_name="ada", Password=password)
    # A password goes unencrypted to this machine only.
    await choose(page, "Encryption", "None" if host == "127.0.0.1" else "STARTTLS")
    await fill(page, Port=str(post.port))
    await page.get_by_role("button", name="Save mail server").click()
    await expect(page.get_by_text("Mail server saved").last).to_be_visible()


@pytest.mark.parametrize(
    ("host", "password", "said"),
    [
        ("127.0.0.1", "teapot", "uma@office.example"),
        ("127.0.0.1", "wrong", "535"),
        ("no-such-host.invalid", "teapot", "no-such-host.invalid"),
    ],
)
async def test_a_test_mail_shows_what_the_mail_server_answered(
    open_page: OpenPage, small: Installation, post: Post, host: str, password: str, said: str
) -> None:
    page = await open_page(small, "admin")
    await set_server(page, post, host, password)
    before = len(post.recipients)
    await fill(page, To="uma@office.example")
    await page.get_by_role("button", name="Send test mail").click()
    alert = page.locator("[aria-live=polite]").get_by_role("alert")
    await expect(alert).to_contain_text(said)
    is_sent = (host, password) == ("127.0.0.1", "teapot")
    await expect(alert.get_by_text("The test mail did not leave")).to_have_count(0 if is_sent else 1)
    assert post.recipients[before:] == (["uma@office.example"] if is_sent else [])
    assert (await audited(small, "send_test_mail"))[0]
    assert "teapot" not in str(await small.sql("SELECT details FROM whereupon.audit"))


# Tokens ---------------------------------------------------------------------------------------------


async def test_a_token_works_until_it_is_ended(open_page: OpenPage, small: Installation) -> None:
    page = await open_page(small, "admin")
    outside = (await open_page(small)).context.request
    await open_settings(page, "tokens")
    await page.get_by_role("button", name="New token").click()
    dialog = page.get_by_role("dialog", name="New token")
    await dialog.get_by_label("What it is for").fill("Λογιστήριο")
    await dialog.get_by_role("button", name="Make token").click()
    secret = await dialog.locator("pre, code").first.inner_text()
    await dialog.get_by_role("button", name="Close").last.click()
    signed = {"Authorization": f"Bearer {secret.strip()}"}
    assert (await outside.get("/api/v1/records/requests", headers=signed)).status == 200
    row = page.get_by_role("row").filter(has_text="Λογιστήριο")
    await row.get_by_role("button", name="End").click()
    question = page.get_by_role("dialog", name="End the token “Λογιστήριο”?")
    await question.get_by_role("button", name="End", exact=True).click()
    await expect(row).to_contain_text("Ended")
    assert (await outside.get("/api/v1/records/requests", headers=signed)).status == 401
    stored = await small.sql("SELECT * FROM whereupon.api_tokens WHERE name = 'Λογιστήριο'")
    assert secret.strip() not in str([dict(one) for one in stored])


# Quotas ---------------------------------------------------------------------------------------------


def draft(key: str) -> dict[str, Any]:
    nodes = [
        {"key": "start", "block": "start", "config": {"trigger": "record_created"}},
        {"key": "note", "block": "update_record", "config": {"set": {"note": "Seen."}}},
    ]
    edges = [{"from": "start", "port": "next", "to": "note"}]
    document: dict[str, Any] = {"format": 1, "nodes": nodes, "edges": edges, "settings": {}}
    return {"key": key, "name": f"Workflow {key}", "module": "requests", "document": document}


async def set_quota(page: Page, value: str) -> None:
    await open_settings(page, "limits")
    form = page.locator("form").filter(has_text="Active or disabled workflows, at most")
    await form.get_by_label("Active or disabled workflows, at most").fill(value)
    await form.get_by_role("button", name="Save").click()
    await expect(page.get_by_text("Saved", exact=True).last).to_be_visible()


async def test_where_the_quota_is_full_nothing_more_is_made_or_enabled(
    open_page: OpenPage, small: Installation, watch: Watch
) -> None:
    watch.expect("status of 409")
    for key in ("one", "two"):
        small.ask("POST", "/api/v1/workflows", draft(key))
    small.ask("POST", "/api/v1/workflows/one/publish", {})
    page = await open_page(small, "admin")
    await set_quota(page, "1")
    await page.goto("/workflows")
    await settled(page)
    await expect(page.get_by_text("1 of 1 active or disabled")).to_be_visible()
    create = page.get_by_role("button", name="New workflow")
    await expect(create).to_have_attribute("aria-disabled", "true")
    await create.hover()
    await expect(page.get_by_role("tooltip")).to_contain_text("All 1 places")
    await create.click(force=True)
    await expect(page.get_by_role("dialog", name="New workflow")).to_have_count(0)
    await page.goto("/workflows/two")
    await page.get_by_role("button", name="Publish", exact=True).click()
    review = page.get_by_role("dialog", name="Publish “Workflow two”")
    await expect(review.get_by_test_id("publish-now")).to_be_disabled()
    await expect(review).to_contain_text("There is no room for one more.")
    assert small.ask("GET", "/api/v1/workflows/two")["state"] == "draft"
    await set_quota(page, "")
    await page.goto("/workflows")
    await settled(page)
    await expect(create).not_to_have_attribute("aria-disabled", "true")
    assert (await audited(small, "set_quotas"))[1]["active_and_disabled"] == 1


# Rights ---------------------------------------------------------------------------------------------


async def test_a_role_made_here_limits_what_its_people_see(open_page: OpenPage, small: Installation) -> None:
    secrets = {"key": "secrets", "label": "Secret", "label_plural": "Secrets", "title_field": "name",
               "fields": [{"key": "name", "type": "text", "label": "Name"}]}  # fmt: skip
    small.ask("POST", "/api/v1/modules", secrets)
    page = await open_page(small, "admin")
    await open_settings(page, "roles")
    await page.get_by_role("button", name="Add role").click()
    drawer = page.get_by_role("dialog", name="Add role")
    await fill(drawer, Name="Reader")
    await drawer.get_by_label("Requests: Read").select_option("all")
    row = drawer.get_by_role("row").filter(has_text="Requests")
    await row.get_by_role("button", name="All open").click()
    await page.get_by_role("combobox", name="Amount", exact=True).select_option("none")
    await drawer.get_by_role("heading", name="Modules").click()
    await drawer.get_by_role("button", name="Save").click()
    await expect(page.get_by_text("Reader was saved")).to_be_visible()
    await give_role(page, "Reader")
    assert small.ask("GET", "/api/v1/roles/reader")["modules"]["requests"]["fields"] == {"amount": "none"}
    uma = await open_page(small, "user")
    await uma.goto("/records")
    await settled(uma)
    await expect(uma.get_by_role("link", name="Requests").first).to_be_visible()
    await expect(uma.get_by_text("Secrets")).to_have_count(0)
    await uma.goto("/records/requests")
    await expect(uma.get_by_role("columnheader", name="Status")).to_be_visible()
    await expect(uma.get_by_role("columnheader", name="Amount")).to_have_count(0)
    await uma.get_by_role("link", name="New roof").click()
    await expect(uma.get_by_test_id("field-name")).to_be_visible()
    await expect(uma.get_by_test_id("field-amount")).to_have_count(0)
    await expect(uma.locator("body")).not_to_contain_text(re.compile("5.?200"))


async def give_role(page: Page, role: str) -> None:
    """Uma gets the role."""
    await open_settings(page, "users")
    await page.get_by_role("button", name="Uma Ünal").click()
    dialog = page.get_by_role("dialog", name="Edit user")
    await dialog.get_by_label("Roles").first.click(force=True)
    await page.get_by_role("option", name=role).click()
    await page.keyboard.press("Tab")
    await dialog.get_by_role("button", name="Save").click()
    await expect(page.get_by_text("Uma Ünal was saved")).to_be_visible()


# Fields, formats ------------------------------------------------------------------------------------


async def test_a_field_added_here_is_in_the_form_of_records(open_page: OpenPage, small: Installation) -> None:
    page = await open_page(small, "admin")
    await open_settings(page, "modules/requests")
    await page.get_by_role("button", name="Add field").click()
    drawer = page.get_by_role("dialog", name="Add field")
    await fill(drawer, Name="Supplier")
    await drawer.get_by_role("button", name="Save").click()
    await expect(page.get_by_text("Supplier was saved")).to_be_visible()
    await page.get_by_role("link", name="Records", exact=True).last.click()
    await page.get_by_role("link", name="Desk lamps").click()
    await page.get_by_label("Supplier").fill("Λάμπες ΑΕ")
    await page.get_by_test_id("save-record").click()
    await expect(page.get_by_test_id("save-record")).to_be_hidden()
    rows = await small.sql("SELECT supplier FROM data.requests WHERE name = 'Desk lamps'")
    assert rows[0]["supplier"] == "Λάμπες ΑΕ"


async def test_moments_are_shown_in_the_time_zone_of_the_organisation(
    open_page: OpenPage, small: Installation
) -> None:
    page = await open_page(small, "admin")
    await open_settings(page, "organisation")
    zone = page.get_by_role("combobox", name="Time zone")
    await zone.fill("Pacific/Kiritimati")
    await page.get_by_role("option", name="Pacific/Kiritimati").click()
    await page.get_by_label("Currency").fill("jpy")
    await page.locator("form").filter(has_text="Currency").get_by_role("button", name="Save").click()
    await expect(page.get_by_text("Organisation saved")).to_be_visible()
    now = small.ask("GET", "/api/v1/settings")["organisation"]
    assert (now["time_zone"], now["currency"]) == ("Pacific/Kiritimati", "JPY")
    await open_settings(page, "audit")
    await page.get_by_label("To what").fill("settings:organisation")
    row = page.get_by_role("row").filter(has_text="organisation").first
    at = await small.sql(
        "SELECT to_char(at AT TIME ZONE 'Pacific/Kiritimati', 'HH24:MI') AS at FROM whereupon.audit "
        "WHERE action = 'set_organisation' ORDER BY id DESC LIMIT 1"
    )
    await expect(row).to_contain_text(at[0]["at"])


# The log and the health -----------------------------------------------------------------------------


async def test_the_audit_log_lists_who_did_what(open_page: OpenPage, small: Installation) -> None:
    caps = small.ask("GET", "/api/v1/settings")["caps"]
    small.ask("PUT", "/api/v1/settings/caps", caps | {"recipient_per_day": 7})
    small.ask("POST", "/api/v1/workflows", draft("listed"))
    page = await open_page(small, "admin")
    await open_settings(page, "audit")
    row = page.get_by_role("row").filter(has_text="Set caps").first
    await expect(row).to_contain_text("Ada Ädel")
    await expect(row).to_contain_text("Recipient per day: 7")
    await page.get_by_role("combobox", name="What").click()
    await page.get_by_role("option", name="Create workflow").click()
    await expect(page.get_by_role("row").filter(has_text="Set caps")).to_have_count(0)
    await expect(page.get_by_role("row").get_by_role("link", name="listed").first).to_be_visible()


async def test_the_health_page_shows_the_worker_that_runs(open_page: OpenPage, small: Installation) -> None:
    page = await open_page(small, "admin")
    await open_settings(page, "health")
    workers = await small.sql("SELECT pid FROM whereupon.worker_processes")
    assert workers
    row = page.get_by_role("row").filter(has_text=str(workers[0]["pid"]))
    await expect(row).to_contain_text("At work")


async def test_two_who_change_a_group_see_what_the_other_saved(
    open_page: OpenPage, watch: Watch, small: Installation
) -> None:
    watch.expect("status of 412")
    small.ask("POST", "/api/v1/groups", {"key": "desk", "name": "Desk", "members": []})
    page = await open_page(small, "admin")
    await open_settings(page, "groups")
    await page.get_by_role("button", name="Desk", exact=True).click()
    form = page.get_by_role("dialog")
    await fill(form, Name="Front desk")
    small.ask("PATCH", "/api/v1/groups/desk", {"email": "desk@office.example"})
    await form.get_by_role("button", name="Save").click()
    told = form.get_by_role("alert")
    await expect(told).to_contain_text("Email is now “desk@office.example”")
    await expect(form.get_by_label("Name")).to_have_value("Front desk")
    await form.get_by_role("button", name="Save").click()
    await expect(form).not_to_be_visible()
    group = small.ask("GET", "/api/v1/groups/desk")
    assert (group["name"], group["email"]) == ("Front desk", "desk@office.example")
