"""Which addresses a request may go to: public ones, and those of networks that an administrator allows.

What counts is the address that is connected to, never how it was written: names, decimal, octal and
hexadecimal numbers, and IPv6 forms of IPv4 all end as one address, and that is looked at.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_network
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, field_validator

from whereupon.db.pool import Connection
from whereupon.errors import Invalid, Problem
from whereupon.settings import Settings

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
MOST_NETWORKS = 100

# The registries of special-purpose addresses (IANA; RFC 6890 and its successors): nothing public is there.
SPECIAL: tuple[Network, ...] = tuple(
    ip_network(one)
    for one in (
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12",
        "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15",
        "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
        "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20",
    )
)  # fmt: skip
PUBLIC_V6 = IPv6Network("2000::/3")  # the rest of IPv6 is local, or nobody's
# An IPv4 address in its last four bytes, to which the network translates (RFC 6052).
NAT64 = IPv6Network("64:ff9b::/96")
# Not even a wide allow-list means these: everybody at once, nobody, and "this machine" by another name.
NEVER: tuple[Network, ...] = tuple(
    ip_network(one) for one in ("0.0.0.0/8", "224.0.0.0/4", "255.255.255.255/32", "ff00::/8", "::/128")
)


@dataclass(frozen=True, slots=True)
class Policy:
    """Which networks are allowed beside the public ones."""

    allowed: tuple[Network, ...] = ()

    def permits(self, address: Address) -> bool:
        """Whether a request may go there.

        >>> from ipaddress import ip_address
        >>> Policy().permits(ip_address("192.168.1.5")), networks("192.168.1.0/24").permits(
        ...     ip_address("::ffff:192.168.1.5"))
        (False, True)
        """
        meant = plain(address)
        if _within(meant, NEVER):
            return False
        return is_public(meant) or _within(meant, self.allowed)

    def permits_openly(self, address: Address) -> bool:
        """Whether a password may go there unencrypted: only over a network that is our own."""
        return self.permits(address) and not is_public(plain(address))


def is_public(address: Address) -> bool:
    """Whether it is an address of the public Internet, as `plain` gives it."""
    if isinstance(address, IPv6Address):
        if address in NAT64:
            return is_public(IPv4Address(address.packed[-4:]))
        if address not in PUBLIC_V6 or address.scope_id is not None:
            return False
    return not _within(address, SPECIAL)


def plain(address: Address) -> Address:
    """IPv4 that is written as IPv6, as IPv4; anything else as it is.

    >>> from ipaddress import ip_address
    >>> str(plain(ip_address("::ffff:127.0.0.1"))), str(plain(ip_address("2606:4700::1")))
    ('127.0.0.1', '2606:4700::1')
    """
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address


def _within(address: Address, some: Iterable[Network]) -> bool:
    return any(address in one for one in some if one.version == address.version)


def networks(*texts: str) -> Policy:
    """A policy that allows these networks. Raises Invalid.

    >>> [str(one) for one in networks("10.0.0.0/8", "127.0.0.1").allowed]
    ['10.0.0.0/8', '127.0.0.1/32']
    """
    return Policy(tuple(_network(text, f"/allowed_networks/{i}") for i, text in enumerate(texts)))


def _network(text: str, path: str) -> Network:
    try:
        return ip_network(text.strip())
    except ValueError as error:
        raise Invalid.of(
            Problem(
                "bad_network", f'"{text[:60]}" is no network: {error}.', path, "Write it like 10.0.0.0/8."
            )
        ) from error


# The setting "egress" ---------------------------------------------------------------------------------


class EgressSettings(BaseModel):
    """Where requests may go beside the public Internet."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    allowed_networks: list[str] = Field(
        default_factory=list[str],
        max_length=MOST_NETWORKS,
        description="Networks of your own that blocks may send requests to, like 10.1.0.0/16.",
    )

    @field_validator("allowed_networks")
    @classmethod
    def are_networks(cls, texts: list[str]) -> list[str]:
        try:
            return [str(_network(text, "")) for text in texts]
        except Invalid as error:
            raise ValueError(error.problems[0].message) from error


LOAD = "SELECT value FROM whereupon.settings WHERE key = 'egress'"
SAVE = """
INSERT INTO whereupon.settings (key, value) VALUES ('egress', $1)
ON CONFLICT (key) DO UPDATE SET value = excluded.value, updated_at = now()
"""


async def load_egress(db: Connection) -> EgressSettings:
    """What administrators have set."""
    found: Any = await db.fetchval(LOAD)
    return EgressSettings.model_validate(found or {})


async def save_egress(db: Connection, settings: EgressSettings) -> None:
    """Set it; it holds a few seconds later everywhere."""
    await db.execute(SAVE, settings.model_dump(mode="json"))


async def load_policy(db: Connection, settings: Settings) -> Policy:
    """What administrators and the operator (WHEREUPON_ALLOWED_NETWORKS) allow together."""
    by_operator = [one for one in settings.allowed_networks.split(",") if one.strip()]
    return networks(*(await load_egress(db)).allowed_networks, *by_operator)
