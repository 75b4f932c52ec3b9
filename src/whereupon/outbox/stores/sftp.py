"""SFTP: a server that is known by its key, at an address that may be connected to."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from ipaddress import ip_address
from typing import Any
from uuid import uuid4

from whereupon.outbox.egress import Egress, NoAnswer, NotAllowed
from whereupon.outbox.stores.putting import SECONDS, File, Way
from whereupon.outbox.stores.settings import Sftp

CONNECT_SECONDS = 15.0


async def put(store: Sftp, way: Way, file: File) -> str:
    """Whole or not at all: written beside, then renamed. Raises NotAllowed, NoAnswer."""
    *folders, name = file.parts
    async with connected(store, way) as client:
        folder = await make_folders(client, folders)
        partial = f"{folder}.partial-{uuid4().hex}"
        try:
            async with client.open(partial, "wb") as target:
                await target.write(file.content)
            await put_in_place(client, partial, folder + name)
        except BaseException:
            with contextlib.suppress(Exception):
                await client.remove(partial)
            raise
    return "/".join(file.parts)


async def remove(store: Sftp, way: Way, file: File) -> None:
    """Raises NotAllowed, NoAnswer."""
    async with connected(store, way) as client:
        await client.remove("/".join(file.parts))


async def make_folders(client: Any, folders: list[str]) -> str:
    """The folder's path with a slash after it, each part made where it is missing; "" for none."""
    path = ""
    for name in folders:
        path += name
        if not await client.isdir(path):
            await client.mkdir(path)
        path += "/"
    return path


async def put_in_place(client: Any, partial: str, path: str) -> None:
    """Over one of that name, in one step where the server can."""
    import asyncssh

    library: Any = asyncssh
    try:
        await client.posix_rename(partial, path)
    except library.SFTPOpUnsupported:
        if await client.exists(path):
            await client.remove(path)
        await client.rename(partial, path)


@asynccontextmanager
async def connected(store: Sftp, way: Way) -> AsyncGenerator[Any]:
    """A client that is signed in; nothing of this machine's own SSH settings is used."""
    import asyncssh

    library: Any = asyncssh
    address = await allowed_address(way.egress, store.server, store.port)
    try:
        async with asyncio.timeout(SECONDS):
            options: dict[str, Any] = {
                "port": store.port, "username": store.username, "config": [], "agent_path": None,
                "known_hosts": known(library, store.host_key), "connect_timeout": CONNECT_SECONDS,
                "login_timeout": CONNECT_SECONDS, "gss_auth": False, "gss_kex": False, "client_keys": None,
                "password": None, "x509_trusted_certs": None,
            }  # fmt: skip
            options |= signing_in(library, store, way.secret or "")
            async with (
                library.connect(address, **options) as connection,
                connection.start_sftp_client() as client,
            ):
                yield client
    except library.HostKeyNotVerifiable as error:
        told = f"{store.server} does not have the key that is known of it. Nothing was sent."
        advice = "If the server was set up anew, enter its new key in the settings."
        raise NotAllowed("unknown_host_key", told, advice) from error
    except library.PermissionDenied as error:
        told = f"{store.server} did not let {store.username} in."
        raise NotAllowed(
            "sign_in_refused", told, "Enter the password or key again in the settings."
        ) from error
    except library.SFTPPermissionDenied as error:
        raise NotAllowed("refused", f"{store.server} does not allow to write there.") from error
    except library.SFTPError as error:
        raise NotAllowed("refused", f"{store.server} refused the file ({type(error).__name__}).") from error
    except TimeoutError as error:
        told = f"{store.server} did not finish within {SECONDS:g} seconds."
        raise NoAnswer("timeout", told) from error
    except (OSError, library.Error) as error:
        raise NoAnswer("connect_failed", f"{store.server} could not be reached.") from error


def known(library: Any, host_key: str) -> tuple[list[Any], list[Any], list[Any]]:
    """The one key that the server may have: trusted keys, authorities, revoked keys."""
    try:
        return [library.import_public_key(host_key)], [], []
    except library.KeyImportError as error:
        told = "The server's key cannot be read."
        raise NotAllowed("bad_host_key", told, "Enter it again in the settings.") from error


def signing_in(library: Any, store: Sftp, secret: str) -> dict[str, Any]:
    if store.sign_in == "password":
        return {"password": secret, "preferred_auth": "password,keyboard-interactive"}
    try:
        return {"client_keys": [library.import_private_key(secret)], "preferred_auth": "publickey"}
    except (library.KeyImportError, library.KeyEncryptionError) as error:
        told = "The private key cannot be read."
        advice = "Enter one in OpenSSH or PEM form, without a passphrase."
        raise NotAllowed("bad_private_key", told, advice) from error


async def allowed_address(egress: Egress, host: str, port: int) -> str:
    """One address of the server, every one of which may be connected to. Raises NotAllowed, NoAnswer."""
    from whereupon.outbox import pinned
    from whereupon.outbox.networks import plain

    policy = await egress.policy()
    try:
        found = await (egress.resolve or pinned.resolve)(host, port)
    except OSError as error:
        raise NoAnswer("unknown_host", f"There is no server named {host}.") from error
    for text in found:
        address = ip_address(text)
        if not policy.permits(address):
            told = f"{host} is {plain(address)}, which is not a public address. Files may not go there."
            advice = "An administrator can allow the network in the settings, under Connections."
            raise NotAllowed("address_refused", told, advice)
    if not found:
        raise NoAnswer("unknown_host", f"There is no server named {host}.")
    return found[0]
