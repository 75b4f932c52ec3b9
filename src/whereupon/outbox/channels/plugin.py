"""A service's own code in apprise, loaded on first use: an address read strictly, a message handed over."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from importlib import import_module
from typing import Any
from urllib.parse import parse_qsl

from whereupon.errors import Invalid, Problem, did_you_mean
from whereupon.outbox.channels.wire import rewire
from whereupon.outbox.services import BY_SCHEME, Service

LONGEST = 2_000  # characters of an address
ODD = re.compile(r"[\x00-\x20\x7f-\x9f]")
# What may stand after the "?": nothing that repeats, splits, reads files or loosens the encryption.
ARGUMENTS = frozenset(
    ("mode", "from", "channel", "channels", "thread", "topic", "priority", "silent", "id", "region", "apikey")
)
OWN_LOOK = ("include_image", "footer", "include_footer", "avatar", "use_avatar")


@lru_cache(maxsize=64)
def plugin_of(service: Service) -> Any:
    """The service's class; its file is loaded now, and gets our wire."""
    logging.getLogger("apprise").disabled = True  # it writes addresses, and with them secrets
    module, _, name = service.at.rpartition(".")
    found = getattr(import_module(f"apprise.plugins.{module}"), name)
    rewire(f"apprise.plugins.{module.partition('.')[0]}")
    return found


def parsed(address: str, service: Service) -> dict[str, Any]:
    """What apprise reads from an address. Raises Invalid for what is not safe, or not this service's."""
    address = address.strip()
    if not address or len(address) > LONGEST or ODD.search(address):
        raise bad("The address is empty, too long, or contains a space.", service)
    scheme = address.partition("://")[0].lower()
    if scheme in ("http", "https"):
        native = native_of(address, service)
        if native is None:
            raise bad(f"This is no address of {service.label}.", service)
        return native
    if scheme not in service.schemes:
        other = BY_SCHEME.get(scheme)
        known = f"It is one of {other.label}." if other else near(scheme)
        raise bad(f"This is no address of {service.label}. {known}".strip(), service)
    for name, _ in parse_qsl(address.partition("?")[2], keep_blank_values=True):
        if name.lower() not in ARGUMENTS:
            raise bad(f"“{name[:40]}” cannot be set in the address.", service)
    results: dict[str, Any] | None = plugin_of(service).parse_url(address)
    if not results:
        raise bad(f"This is no address of {service.label}.", service)
    return results


def native_of(address: str, service: Service) -> dict[str, Any] | None:
    """An address as the service itself shows it: https://hooks.slack.com/services/…"""
    reads = getattr(plugin_of(service), "parse_native_url", None)
    return reads(address) if reads else None


def near(scheme: str) -> str:
    return (did_you_mean(scheme, BY_SCHEME) or "") if "://" not in scheme and len(scheme) < 30 else ""


def bad(message: str, service: Service) -> Invalid:
    return Invalid.of(
        Problem("bad_provider_address", message, "/address", f"It is written like {service.example}")
    )


def instance(address: str, service: Service, targets: Sequence[str] | None = None) -> Any:
    """The service, ready to send; `targets`: the numbers of a text message. Raises Invalid."""
    from apprise import AppriseAsset
    from apprise.exception import AppriseException

    results = parsed(address, service)
    if targets is not None:
        results["targets"] = list(targets)
    asset: Any = AppriseAsset(
        allow_templates=False, app_id="Whereupon", app_desc="Whereupon", app_url="", http_redirects=False
    )
    try:
        made = plugin_of(service)(**quiet(results), asset=asset)
    except (AppriseException, TypeError, ValueError, KeyError) as error:
        raise bad(f"This is no address of {service.label}.", service) from error
    for name in OWN_LOOK:
        if isinstance(getattr(made, name, None), bool):
            setattr(made, name, False)
    return made


def quiet(results: Mapping[str, Any]) -> dict[str, Any]:
    """Without what an address must not decide."""
    return {
        key: value for key, value in results.items() if key not in ("verify", "redirect", "asset", "qsd-")
    }


def hand_over(made: Any, title: str, text: str) -> bool:
    """Blocks; whether the service's code says that it was taken. Raises wire.Halt.

    One message and no more: what is too long for the service is not cut into several here.
    """
    from apprise.common import NotifyFormat, NotifyType, OverflowMode

    taken = made.notify(
        body=text, title=title, notify_type=NotifyType.INFO, body_format=NotifyFormat.TEXT,
        overflow=OverflowMode.UPSTREAM,
    )  # fmt: skip
    return bool(taken)
