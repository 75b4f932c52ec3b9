"""The one way out: what may be reached is decided by address, and no receiver takes more than it is given."""

from __future__ import annotations

import asyncio
import socket
import ssl
import time
import tracemalloc
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address, ip_address
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from tests.receiver import Receiver, ok, receiver

from whereupon.errors import Invalid
from whereupon.outbox.egress import Egress, NoAnswer, NotAllowed, Outgoing, read_url
from whereupon.outbox.networks import EgressSettings, Policy, networks
from whereupon.outbox.rehearsing import rehearsal

PUBLIC = "93.184.216.34"


def way_out(policy: Policy, *answers: Sequence[str]) -> Egress:
    """An egress whose resolver gives these answers in turn, the last one again and again."""
    left = list(answers)

    async def resolve(host: str, port: int) -> Sequence[str]:
        found = left.pop(0) if len(left) > 1 else left[0]
        if not found:
            raise socket.gaierror("no such name")
        return found

    async def known() -> Policy:
        return policy

    return Egress(known, resolve=resolve if answers else None)


@pytest.fixture
async def other() -> AsyncIterator[Receiver]:
    async with receiver() as made:
        yield made


@pytest.fixture
async def local() -> AsyncIterator[Egress]:
    """One that may reach this machine."""
    made = way_out(networks("127.0.0.0/8"))
    yield made
    await made.aclose()


async def refusal(egress: Egress, url: str, **more: Any) -> str:
    with pytest.raises((NotAllowed, NoAnswer)) as caught:
        await egress.send(Outgoing("GET", url, total_seconds=3, **more))
    return str(caught.value.code)


# Where it may go ----------------------------------------------------------------------------------------

HOSTILE = [
    "127.0.0.1", "127.0.0.2", "127.255.255.254", "127.1", "2130706433", "0x7f000001", "0x7f.1", "0177.0.0.1",
    "017700000001", "0.0.0.0", "0", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.0.1", "100.64.0.1",
    "169.254.169.254", "192.0.0.1", "192.0.2.1", "198.18.0.1", "198.51.100.1", "203.0.113.1", "224.0.0.1",
    "239.255.255.255", "240.0.0.1", "255.255.255.255", "192.88.99.1",
    "[::1]", "[::]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::ffff:0:127.0.0.1]", "[::127.0.0.1]",
    "[64:ff9b::127.0.0.1]", "[64:ff9b::a00:1]", "[64:ff9b:1::1]", "[2002:7f00:1::]", "[2001:0:7f00:1::]",
    "[2001:db8::1]", "[fc00::1]", "[fd00:ec2::254]", "[fe80::1]", "[fe80::1%25lo]", "[ff02::1]", "[100::1]",
    "[3fff::1]", "[5f00::1]", "localhost", "LOCALHOST",
]  # fmt: skip


@pytest.mark.parametrize("host", HOSTILE)
async def test_no_spelling_of_an_address_inside_gets_out(host: str) -> None:
    """With a real resolver, which knows decimal, octal and hexadecimal numbers."""
    assert await refusal(way_out(Policy()), f"http://{host}/") in ("address_refused", "bad_url")


@pytest.mark.parametrize(
    "url",
    [
        "", " ", "ftp://example.com/", "file:///etc/passwd", "gopher://example.com/", "javascript:alert(1)",
        "//example.com/", "example.com", "/path", "http://", "http:///path", "https://?x=1",
        "http:example.com",
        "http://user@example.com/", "http://user:pass@example.com/", "http://example.com@127.0.0.1/",
        "http://@127.0.0.1/", "http://127.0.0.1#@example.com/", "http://example.com\\@127.0.0.1/",
        "http://exam ple.com/", "http://example.com/a\r\nHost: inside", "http://example.com/\tx",
        "http://example.com:0/", "http://example.com:99999/", "http://example.com:x/", "http://exa%6dple.com/",
        "http://１２７.０.０.１/", "http://127。0。0。1/", "http://ex_ample..com/", "http://-.com/", "http://*/",
        "unix:///var/run/docker.sock", "http+unix://%2Fvar%2Frun/", "http://[::1", "http://[v1.x]/",
        "https://" + "a" * 9_000, "http://" + "a." * 200 + "com/", "http://example.com/\0",
        "data:text/plain,x",
    ],
)  # fmt: skip
async def test_an_address_that_could_be_read_in_two_ways_is_refused(url: str) -> None:
    assert await refusal(way_out(Policy(), [PUBLIC]), url) in ("bad_url", "address_refused")


def test_a_plain_address_is_read() -> None:
    place = read_url("https://API.Example.com:8443/v1/α?q=a%20b&c=d#top")
    assert (place.destination, place.url.raw_path) == ("api.example.com:8443", b"/v1/%CE%B1?q=a%20b&c=d")
    assert read_url("https://ελλάδα.gr/").host.startswith("xn--")


@pytest.mark.parametrize(
    "addresses",
    [
        ["127.0.0.1"], [PUBLIC, "127.0.0.1"], ["10.0.0.1", PUBLIC], ["::ffff:10.0.0.1"], ["fe80::1%eth0"],
        ["0.0.0.0"], [PUBLIC, "2606:4700::1", "::1"], ["64:ff9b::c0a8:1"],
    ],
)  # fmt: skip
async def test_a_name_is_refused_when_one_of_its_addresses_is(addresses: list[str], other: Receiver) -> None:
    assert (
        await refusal(way_out(Policy(), addresses), f"http://inside.example:{other.port}/")
        == "address_refused"
    )
    assert other.connections == 0


async def test_a_name_that_changes_its_mind_after_the_check_changes_nothing(other: Receiver) -> None:
    """Rebinding: checked as one address, connected to as another. There is one look-up, and it counts."""
    egress = way_out(networks("127.0.0.1/32"), ["127.0.0.1"], ["127.0.0.2"], ["169.254.169.254"])
    url = f"http://rebound.example:{other.port}/"
    assert (await egress.send(Outgoing("GET", url))).status == 200
    assert other.heard[0].headers["host"] == f"rebound.example:{other.port}"
    # The connection that is there is used again; a new one is looked up, and checked, anew.
    assert (await egress.send(Outgoing("GET", url))).status == 200
    await egress.aclose()
    assert await refusal(egress, url) == "address_refused"
    assert other.connections == 1


@pytest.mark.parametrize(
    ("allowed", "address", "permitted"),
    [
        ((), PUBLIC, True), ((), "2606:4700::1", True), ((), "10.0.0.1", False),
        ((), "64:ff9b::5db8:d822", True),
        (("10.0.0.0/8",), "10.9.9.9", True), (("10.0.0.0/8",), "::ffff:10.9.9.9", True),
        (("10.0.0.0/8",), "192.168.0.1", False), (("10.0.0.0/8",), "64:ff9b::a00:1", False),
        (("fd00::/8",), "fd00::1", True), (("fd00::/8",), "fe80::1", False),
        (("0.0.0.0/0", "::/0"), "0.0.0.0", False), (("0.0.0.0/0", "::/0"), "::", False),
        (("0.0.0.0/0", "::/0"), "224.0.0.1", False), (("0.0.0.0/0", "::/0"), "ff02::1", False),
        (("0.0.0.0/0", "::/0"), "127.0.0.1", True),
    ],
)  # fmt: skip
def test_an_allowed_network_opens_that_network_alone(
    allowed: tuple[str, ...], address: str, permitted: bool
) -> None:
    assert networks(*allowed).permits(ip_address(address)) is permitted


def test_no_address_of_a_registered_private_network_is_public() -> None:
    """Every tenth-of-a-percent of IPv4, against what the standard library says of it."""
    for number in range(0, 2**32, 4_294_967):
        address = IPv4Address(number)
        if Policy().permits(address):
            assert (address.is_global, address.is_multicast) == (True, False), address


@pytest.mark.parametrize("text", ["10.0.0.1/8", "ten", "", "10.0.0.0/33", "::/129", "10.0.0.0-10.0.0.9", "é"])
def test_what_is_no_network_is_refused(text: str) -> None:
    with pytest.raises(Invalid):
        networks(text)
    with pytest.raises(ValueError, match="no network"):
        EgressSettings(allowed_networks=[text])


async def test_a_change_of_what_is_allowed_holds_for_connections_that_are_open(
    other: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    policies = [networks("127.0.0.0/8"), Policy()]

    async def policy() -> Policy:
        return policies.pop(0)

    monkeypatch.setattr("whereupon.outbox.egress.POLICY_SECONDS", -1.0)
    egress = Egress(policy)
    assert (await egress.send(Outgoing("GET", other.url))).status == 200
    assert await refusal(egress, other.url) == "address_refused"


async def test_nothing_leaves_during_a_test(other: Receiver, local: Egress) -> None:
    with rehearsal(), pytest.raises(RuntimeError):
        await local.send(Outgoing("GET", other.url))
    assert other.connections == 0


# What is sent -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE"])
async def test_a_request_arrives_as_it_was_meant(other: Receiver, local: Egress, method: str) -> None:
    body = '{"name": "Ελένη"}'.encode() if method != "GET" else b""
    headers = {"Content-Type": "application/json", "X-Name": "Žofie"}
    answer = await local.send(Outgoing(method, f"{other.url}/a?b=c", headers, body))
    [heard] = other.heard
    assert (answer.status, heard.method, heard.path, heard.body) == (200, method, "/a?b=c", body)
    assert heard.headers["host"] == f"127.0.0.1:{other.port}"
    assert heard.headers["accept-encoding"] == "identity"
    assert "authorization" not in heard.headers


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("x", "a\r\nhost: inside"), ("x", "a\nb"), ("x", "a\0b"), ("x\r\ny", "a"), ("x y", "a"), ("", "a"),
        ("x:", "a"), ("é", "a"), ("x", "a" * 10_000),
    ],
)  # fmt: skip
async def test_a_header_cannot_begin_another(other: Receiver, local: Egress, name: str, value: str) -> None:
    assert await refusal(local, other.url, headers={name: value}) == "bad_header"
    assert other.connections == 0


async def test_the_environment_adds_no_proxy(
    other: Receiver, local: Egress, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    assert (await local.send(Outgoing("GET", other.url))).status == 200


async def test_a_secret_does_not_travel_unencrypted_in_public(other: Receiver, local: Egress) -> None:
    """Over a network that is allowed, which is our own, it may."""
    assert (
        await refusal(way_out(Policy(), [PUBLIC]), "http://shop.example/", confidential=True)
        == "not_encrypted"
    )
    assert (await local.send(Outgoing("GET", other.url, confidential=True))).status == 200


# What comes back ----------------------------------------------------------------------------------------


async def test_a_redirect_is_an_answer_and_is_not_followed(other: Receiver, local: Egress) -> None:
    other.answers["/"] = ok(b"", "302 Found", location="http://169.254.169.254/latest/meta-data")
    answer = await local.send(Outgoing("GET", other.url))
    assert (answer.status, len(other.heard)) == (302, 1)


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("/hang", "timeout"), ("/drip", "timeout"), ("/headers", "timeout"), ("/reset", "broken_off"),
        ("/half", "broken_off"), ("/gibberish", "broken_off"), ("/manyheaders", "broken_off"),
        ("/large", "answer_too_large"), ("/endless", "answer_too_large"),
    ],
)  # fmt: skip
async def test_a_receiver_that_misbehaves_ends_in_a_clear_error(
    other: Receiver, local: Egress, path: str, code: str
) -> None:
    started = time.monotonic()
    with pytest.raises((NoAnswer, NotAllowed)) as caught:
        await local.send(Outgoing("GET", other.url + path, total_seconds=0.6, idle_seconds=0.3))
    assert caught.value.code == code, caught.value
    assert "127.0.0.1" in caught.value.message
    assert time.monotonic() - started < 10
    # The next one is not concerned.
    assert (await local.send(Outgoing("GET", other.url))).status == 200


async def test_a_gigabyte_is_not_read(other: Receiver, local: Egress) -> None:
    tracemalloc.start()
    try:
        with pytest.raises(NotAllowed):
            await local.send(Outgoing("GET", f"{other.url}/endless"))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 40_000_000
    assert other.sent < 100_000_000


async def test_packed_answers_are_not_unpacked(other: Receiver, local: Egress) -> None:
    other.answers["/"] = ok(b"\x1f\x8b\x08\0bomb", content_encoding="gzip")
    assert await refusal(local, other.url) == "packed"


@pytest.mark.parametrize("answers", [[], ["127.0.0.9"]])
async def test_who_is_not_there_is_said_so(answers: list[str]) -> None:
    egress = way_out(networks("127.0.0.0/8"), answers)
    assert await refusal(egress, "http://nobody.example:9/") in ("unknown_host", "connect_failed")


async def test_connections_are_used_again_and_closed_when_they_rest(other: Receiver, local: Egress) -> None:
    for _ in range(5):
        await local.send(Outgoing("POST", other.url, body=b"x"))
    assert other.connections == 1
    transport = await local.transport()
    assert len(transport.open_lines) == 1
    await transport.sweep(time.monotonic() + 1)
    await asyncio.wait_for(other.broken_off.wait(), 5)
    assert (transport.pools, transport.open_lines) == ({}, set())


async def test_very_many_destinations_do_not_use_up_the_files_that_may_be_open(
    other: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("whereupon.outbox.pinned.MOST_OPEN", 8)
    egress = way_out(networks("127.0.0.0/8"), ["127.0.0.1"])
    for number in range(40):
        await egress.send(Outgoing("GET", f"http://host{number}.example:{other.port}/"))
    transport = await egress.transport()
    assert (other.connections, len(transport.open_lines) <= 9) == (40, True)
    await egress.aclose()


# Encrypted ----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A certificate of its own for "safe.example", and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "safe.example")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(x509.random_serial_number()).not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("safe.example")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    folder = tmp_path_factory.mktemp("tls")
    (folder / "cert.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    (folder / "key.pem").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    return folder / "cert.pem", folder / "key.pem"


@pytest.mark.parametrize(
    ("host", "trusted", "code"),
    [
        ("safe.example", True, None), ("other.example", True, "connect_failed"),
        ("safe.example", False, "connect_failed"),
    ],
)  # fmt: skip
async def test_the_certificate_has_to_be_that_of_the_name(
    certificate: tuple[Path, Path], host: str, trusted: bool, code: str | None
) -> None:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(*certificate)
    names: list[str | None] = []
    context.sni_callback = lambda _socket, name, _context: names.append(name)
    async with receiver(context) as other:
        egress = way_out(networks("127.0.0.0/8"), ["127.0.0.1"])
        if trusted:
            (await egress.transport()).tls = ssl.create_default_context(cafile=str(certificate[0]))
        url = f"https://{host}:{other.port}/"
        if code is None:
            assert (await egress.send(Outgoing("POST", url, body=b"x" * 100_000))).status == 200
            assert (other.heard[0].headers["host"], len(other.heard[0].body)) == (
                f"{host}:{other.port}",
                100_000,
            )
        else:
            assert await refusal(egress, url) == code
            assert other.heard == []
        assert names == [host]
        await egress.aclose()
