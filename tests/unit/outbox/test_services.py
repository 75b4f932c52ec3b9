"""Only services of the table can be used, and each of them reaches only its own servers."""

from __future__ import annotations

import ast
import asyncio
import inspect
import sys
from typing import Any

import pytest

from whereupon.errors import Invalid
from whereupon.outbox.channels.plugin import hand_over, instance, parsed, plugin_of
from whereupon.outbox.channels.wire import WIRE, Watch, watching
from whereupon.outbox.egress import Answer, Outgoing
from whereupon.outbox.services import BY_KEY, SERVICES, Service

# Addresses that each service's own code takes; what is secret in them is made of the letters of "canary".
LETTERS = {"a": "a" * 32, "b": "b" * 32, "t": "c4n4ry" * 5}
ADDRESSES = {
    "twilio": "twilio://AC{a}:{b}@+15017122661",
    "vonage": "vonage://aaaaaaaa:{b}@15017122661",
    "clickatell": "clickatell://abcdef/",
    "sinch": "sinch://{a}:{b}@15017122661",
    "messagebird": "msgbird://aaaaaaaaaaaaaaaaaaaaaaaaa/15017122661",
    "sns": "sns://AKIAABCDEF/{a}/eu-west-1",
    "bulksms": "bulksms://token:secret@",
    "clicksend": "clicksend://user:key@",
    "d7": "d7sms://token@",
    "46elks": "46elks://user:pw@Office",
    "telnyx": "telnyx://apikey@+15017122661",
    "africas_talking": "atalk://user@apikey/",
    "smseagle": "smseagles://{a}@sms.example.com/",
    "slack": "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ",
    "teams": "workflows://prod-1.westeurope.logic.azure.com:443/flow/signature/",
    "discord": "discord://4174216298/JHMHI8qBe7bk2ZwO5U711o3dV_js",
    "google_chat": "gchat://space/key/token",
    "telegram": "tgram://123456789:abcdefg_hijklmnop/12315544/",
    "webex": "wxteams://" + "a" * 80,
    "zulip": "zulip://bot@org/{a}/general",
    "mattermost": "mmosts://chat.example.com/aaaaaaaaaaaaaaaaaaaaaaaaaa",
    "rocketchat": "rockets://aaaaaaaaaaaaaaaaa/" + "b" * 43 + "@chat.example.com/#channel",
    "matrix": "matrixs://user:pw@matrix.example.com/#room",
    "ntfy": "ntfys://tk_abcdefg@ntfy.example.com/topic",
    "gotify": "gotifys://gotify.example.com/AAAAAAAAAAAAAAA",
}
OWN = {
    "smseagle": "sms.example.com", "mattermost": "chat.example.com", "rocketchat": "chat.example.com",
    "matrix": "matrix.example.com", "ntfy": "ntfy.example.com", "gotify": "gotify.example.com",
}  # fmt: skip


class Notebook:
    """Writes down what wants to leave, and says that all is well."""

    def __init__(self) -> None:
        self.seen: list[Outgoing] = []

    async def send(self, outgoing: Outgoing) -> Answer:
        self.seen.append(outgoing)
        return Answer(200, {}, b'{"ok": true}')


async def sent(service: Service, title: str, text: str) -> list[Outgoing]:
    """What leaves for one message."""
    notebook: Any = Notebook()
    to = ["+306941234567"] if service.kind == "text" else None
    made = instance(ADDRESSES[service.key].format(**LETTERS), service, to)

    async def begin() -> bool:
        return True

    host = OWN.get(service.key, service.hosts[0] if service.hosts else "")
    watch = Watch(service, host, notebook, asyncio.get_running_loop(), begin)

    def work() -> None:
        watching.set(watch)
        hand_over(made, title, text)

    await asyncio.to_thread(work)
    return notebook.seen


@pytest.mark.parametrize("service", SERVICES, ids=BY_KEY)
async def test_a_message_goes_to_the_services_own_servers_once_and_whole(service: Service) -> None:
    text = "Γειά, 10 € & more " * 20
    found = await sent(service, "" if service.kind == "text" else "Headline", text)
    if service.key == "matrix":  # signs in first, which nobody answers here
        assert found
        return
    [one] = found
    assert one.url.startswith("https://")
    assert one.confidential
    said = one.url + one.body.decode()
    assert said.count("more") == 20, "neither cut nor split"
    if service.kind == "text":
        assert "306941234567" in said


@pytest.mark.parametrize("service", SERVICES, ids=BY_KEY)
def test_the_scheme_is_the_one_that_apprise_knows(service: Service) -> None:
    found = plugin_of(service)
    known = [getattr(found, name, None) or () for name in ("protocol", "secure_protocol")]
    assert set(service.schemes) == {s for one in known for s in ((one,) if isinstance(one, str) else one)}
    assert service.example.partition("://")[0] in service.schemes


# What opens connections in another way than by `requests`, or files.
WAYS_OUT = {"socket", "http", "urllib3", "smtplib", "ftplib", "subprocess", "httpx", "aiohttp", "websocket",
            "websockets", "paho", "slixmpp", "ssl", "asyncio", "telnetlib", "xmlrpc"}  # fmt: skip


@pytest.mark.parametrize("service", SERVICES, ids=BY_KEY)
def test_a_services_file_has_no_other_way_out(service: Service) -> None:
    plugin_of(service)
    package = f"apprise.plugins.{service.at.partition('.')[0]}"
    modules = [
        m for name, m in list(sys.modules.items()) if name == package or name.startswith(f"{package}.")
    ]
    assert modules
    for module in modules:
        assert getattr(module, "requests", WIRE) is WIRE
        tree = ast.parse(inspect.getsource(module))
        imported = {
            name.partition(".")[0]
            for node in ast.walk(tree)
            for name in (
                [alias.name for alias in node.names]
                if isinstance(node, ast.Import)
                else [node.module or ""]
                if isinstance(node, ast.ImportFrom) and not node.level
                else []
            )
        }
        assert not imported & WAYS_OUT, module.__name__


HOSTILE = [
    "json://127.0.0.1/", "xml://127.0.0.1/", "form://127.0.0.1/", "jsons://evil.example/", "syslog://",
    "dbus://", "exec://x", "file:///etc/passwd", "mailto://a:b@c", "mqtt://127.0.0.1/t", "http://127.0.0.1/",
    "https://evil.example/hooks/x", "apprise://127.0.0.1/x", "slack", "", " ", "slack://", "slack://a b",
    "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ?template=/etc/passwd",
    "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ?retry=5",
    "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ?verify=no",
    "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ?redirect=yes",
    "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ?overflow=split",
    "slack://x\r\nHost: evil", "slack://" + "a" * 5_000,
]  # fmt: skip


@pytest.mark.parametrize("address", HOSTILE)
def test_an_address_that_is_not_of_this_service_or_asks_for_more_is_refused(address: str) -> None:
    with pytest.raises(Invalid) as refused:
        instance(address, BY_KEY["slack"])
    [problem] = refused.value.problems
    assert (problem.code, problem.path) == ("bad_provider_address", "/address")
    assert "TIiajkdnlazkcOXrIdevi7FQ" not in problem.message, "an address is a secret"


def test_an_address_as_the_service_shows_it_is_taken_too() -> None:
    native = "https://hooks.slack.com/services/T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ"
    assert parsed(native, BY_KEY["slack"])["schema"] == "slack"


@pytest.mark.parametrize(
    ("service", "host", "reached"),
    [
        ("twilio", "api.twilio.com", True),
        ("twilio", "evil-api.twilio.com.example", False),
        ("twilio", "169.254.169.254", False),
        ("sns", "sns.eu-west-1.amazonaws.com", True),
        ("sns", "s3.amazonaws.com", False),
        ("teams", "prod-1.logic.azure.com", True),
        ("teams", "logic.azure.com.evil.example", False),
        ("mattermost", "chat.example.com", True),
        ("mattermost", "other.example.com", False),
    ],
)
def test_where_a_service_may_go(service: str, host: str, reached: bool) -> None:
    assert BY_KEY[service].may_reach(host, "chat.example.com") is reached
