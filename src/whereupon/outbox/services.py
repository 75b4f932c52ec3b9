"""The services that take text and chat messages, one row each; what has no row cannot be used.

Each is a file of apprise, which knows how the service is spoken to. Its addresses are those of apprise
(https://github.com/caronc/apprise/wiki): twilio://account:token@number. Only these files are ever loaded,
none of those that run commands, read files or call any address (json://, form://, syslog://).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any, Literal

Kind = Literal["text", "chat"]
KINDS: tuple[Kind, ...] = ("text", "chat")
OWN = ()  # hosts: the one that stands in the address; such a server may be in the own network


@dataclass(frozen=True, slots=True)
class Service:
    """One service. `at`: the file and class in apprise.plugins; `hosts`: patterns of whom it may talk to.

    `example`: how its address is written, secrets in capitals. `refusal`: what an answer says that is no
    success although its status is.
    """

    key: str
    label: str
    kind: Kind
    at: str
    schemes: tuple[str, ...]
    hosts: tuple[str, ...]
    example: str
    refusal: Callable[[Any], str | None] | None = None

    @property
    def self_hosted(self) -> bool:
        """Whether the address names the server."""
        return self.hosts == OWN

    def may_reach(self, host: str, own: str) -> bool:
        """Whether the service's own code may talk to this host; `own`: the one in the address."""
        if self.self_hosted:
            return host == own
        return any(fnmatchcase(host, known) for known in self.hosts)


def vonage_refusal(answer: Any) -> str | None:
    """Vonage says 200 to everything; each message has its own status, "0" for taken."""
    for message in answer["messages"]:
        if str(message["status"]) != "0":
            return str(message.get("error-text") or f"status {message['status']}")
    return None


def clicksend_refusal(answer: Any) -> str | None:
    """200, with a status for each message."""
    for message in answer["data"]["messages"]:
        if message["status"] != "SUCCESS":
            return str(message["status"])
    return None


def africas_talking_refusal(answer: Any) -> str | None:
    """201, with a code for each recipient; 100 to 102 are taken."""
    for recipient in answer["SMSMessageData"]["Recipients"]:
        if recipient["statusCode"] not in (100, 101, 102):
            return str(recipient.get("status") or recipient["statusCode"])
    return None if answer["SMSMessageData"]["Recipients"] else str(answer["SMSMessageData"].get("Message"))


def slack_refusal(answer: Any) -> str | None:
    """The bot's API says 200 and "ok": false."""
    return None if answer.get("ok", True) else str(answer.get("error"))


SERVICES: tuple[Service, ...] = (
    Service(
        "twilio", "Twilio", "text", "twilio.NotifyTwilio", ("twilio",), ("api.twilio.com",),
        "twilio://ACCOUNT_SID:AUTH_TOKEN@+15017122661",
    ),
    Service(
        "vonage", "Vonage", "text", "vonage.NotifyVonage", ("vonage", "nexmo"), ("rest.nexmo.com",),
        "vonage://API_KEY:API_SECRET@15017122661", vonage_refusal,
    ),
    Service(
        "clickatell", "Clickatell", "text", "clickatell.NotifyClickatell", ("clickatell",),
        ("platform.clickatell.com",), "clickatell://API_KEY/",
    ),
    Service(
        "sinch", "Sinch", "text", "sinch.NotifySinch", ("sinch",), ("*.sms.api.sinch.com",),
        "sinch://SERVICE_PLAN_ID:API_TOKEN@15017122661",
    ),
    Service(
        "messagebird", "MessageBird", "text", "messagebird.NotifyMessageBird", ("msgbird",),
        ("rest.messagebird.com",), "msgbird://API_KEY/15017122661",
    ),
    Service(
        "sns", "Amazon SNS", "text", "sns.NotifySNS", ("sns",), ("sns.*.amazonaws.com",),
        "sns://ACCESS_KEY_ID/SECRET_ACCESS_KEY/eu-west-1",
    ),
    Service(
        "bulksms", "BulkSMS", "text", "bulksms.NotifyBulkSMS", ("bulksms",), ("api.bulksms.com",),
        "bulksms://TOKEN_ID:TOKEN_SECRET@",
    ),
    Service(
        "clicksend", "ClickSend", "text", "clicksend.NotifyClickSend", ("clicksend",),
        ("rest.clicksend.com",), "clicksend://USER:API_KEY@", clicksend_refusal,
    ),
    Service(
        "d7", "D7 Networks", "text", "d7networks.NotifyD7Networks", ("d7sms",), ("api.d7networks.com",),
        "d7sms://TOKEN@",
    ),
    Service(
        "46elks", "46elks", "text", "fortysixelks.Notify46Elks", ("46elks", "elks"), ("api.46elks.com",),
        "46elks://USER:PASSWORD@Office",
    ),
    Service(
        "telnyx", "Telnyx", "text", "telnyx.NotifyTelnyx", ("telnyx",), ("api.telnyx.com",),
        "telnyx://API_KEY@+15017122661",
    ),
    Service(
        "africas_talking", "Africa’s Talking", "text", "africas_talking.NotifyAfricasTalking", ("atalk",),
        ("*.africastalking.com",), "atalk://USER@API_KEY/", africas_talking_refusal,
    ),
    Service(
        "smseagle", "SMSEagle (own device)", "text", "smseagle.NotifySMSEagle", ("smseagles", "smseagle"),
        OWN, "smseagles://ACCESS_TOKEN@sms.example.com/",
    ),
    Service(
        "slack", "Slack", "chat", "slack.NotifySlack", ("slack",),
        ("slack.com", "hooks.slack.com", "hooks.slack-gov.com"), "slack://TOKEN_A/TOKEN_B/TOKEN_C",
        slack_refusal,
    ),
    Service(
        "teams", "Microsoft Teams (workflow)", "chat", "workflows.NotifyWorkflows", ("workflows", "workflow"),
        ("*.logic.azure.com", "*.api.powerplatform.com"), "workflows://HOST:443/WORKFLOW/SIGNATURE/",
    ),
    Service(
        "discord", "Discord", "chat", "discord.NotifyDiscord", ("discord",), ("discord.com",),
        "discord://WEBHOOK_ID/WEBHOOK_TOKEN",
    ),
    Service(
        "google_chat", "Google Chat", "chat", "google_chat.NotifyGoogleChat", ("gchat",),
        ("chat.googleapis.com",), "gchat://WORKSPACE/WEBHOOK_KEY/WEBHOOK_TOKEN",
    ),
    Service(
        "telegram", "Telegram", "chat", "telegram.NotifyTelegram", ("tgram",), ("api.telegram.org",),
        "tgram://123456789:BOT_TOKEN/CHAT_ID",
    ),
    Service(
        "webex", "Webex", "chat", "webexteams.NotifyWebexTeams", ("wxteams", "webex"),
        ("api.ciscospark.com", "webexapis.com"), "wxteams://TOKEN",
    ),
    Service(
        "zulip", "Zulip Cloud", "chat", "zulip.NotifyZulip", ("zulip",), ("*.zulipchat.com",),
        "zulip://BOT@ORGANISATION/TOKEN/CHANNEL",
    ),
    Service(
        "mattermost", "Mattermost (own server)", "chat", "mattermost.NotifyMattermost", ("mmosts", "mmost"),
        OWN, "mmosts://chat.example.com/TOKEN",
    ),
    Service(
        "rocketchat", "Rocket.Chat (own server)", "chat", "rocketchat.NotifyRocketChat",
        ("rockets", "rocket"), OWN, "rockets://WEBHOOK@chat.example.com/#channel",
    ),
    Service(
        "matrix", "Matrix", "chat", "matrix.base.NotifyMatrix", ("matrixs", "matrix"), OWN,
        "matrixs://USER:PASSWORD@matrix.example.com/#room",
    ),
    Service(
        "ntfy", "ntfy", "chat", "ntfy.NotifyNtfy", ("ntfys", "ntfy"), OWN, "ntfys://TOKEN@ntfy.example.com/topic",
    ),
    Service(
        "gotify", "Gotify (own server)", "chat", "gotify.NotifyGotify", ("gotifys", "gotify"), OWN,
        "gotifys://gotify.example.com/TOKEN",
    ),
)  # fmt: skip
BY_KEY: Mapping[str, Service] = {service.key: service for service in SERVICES}
BY_SCHEME: Mapping[str, Service] = {scheme: service for service in SERVICES for scheme in service.schemes}
