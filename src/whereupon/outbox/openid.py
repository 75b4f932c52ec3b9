"""A provider of OpenID Connect, asked over our egress: where it is, who has signed in there, and whether to
believe it.

Sources: OpenID Connect Core 1.0 (3.1.3.7, what to check of an ID token) and Discovery 1.0; RFC 7636 (PKCE).
"""

from __future__ import annotations

import base64
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib.util import find_spec
from typing import Any, cast
from urllib.parse import quote, urlencode

import orjson

from whereupon.errors import Unavailable, WhereuponError
from whereupon.outbox.egress import Answer, Egress, NoAnswer, Outgoing

# Signatures that anybody can check and nobody else can make: never "none", never a shared secret.
ALGORITHMS = (
    "RS256",
    "RS384",
    "RS512",
    "PS256",
    "PS384",
    "PS512",
    "ES256",
    "ES384",
    "ES512",
    "EdDSA",
    "Ed25519",
)
METADATA_SECONDS, KEYS_SECONDS = 3600.0, 3600.0
KEYS_AGAIN_SECONDS = 10.0  # at the earliest, when a token names a key that is not known
LEEWAY_SECONDS = 60
MOST_BYTES = 1_000_000
SECONDS = 10.0


class NotBelieved(WhereuponError):
    """What the provider sent does not prove who somebody is. `why` is for the page that tells them."""

    status, exit_code, code, title = 502, 7, "not_believed", "Not believed"

    def __init__(self, why: str, message: str) -> None:
        super().__init__(message, suggestion="Try again; if it stays so, tell an administrator.")
        self.why = why


@dataclass(slots=True)
class Known:
    """What a provider said of itself, and when."""

    metadata: Mapping[str, Any]
    at: float
    keys: Any = None
    keys_at: float = 0.0


@dataclass(frozen=True, slots=True)
class Client:
    """Who we are to the provider."""

    issuer: str
    client_id: str
    secret: str | None = field(default=None, repr=False)


class Providers:
    """Providers by issuer, remembered for an hour. One per process."""

    def __init__(self, egress: Egress) -> None:
        """Raises Unavailable when the libraries for it are not installed."""
        if find_spec("authlib") is None:
            message = "Single sign-on needs libraries that are not installed here."
            raise Unavailable(message, suggestion="Install whereupon[sso].")
        self.egress = egress
        self.known: dict[str, Known] = {}

    async def describe(self, issuer: str, *, again: bool = False) -> Mapping[str, Any]:
        """What the provider says of itself. Raises NotBelieved, NoAnswer, NotAllowed."""
        found = self.known.get(issuer)
        if found is None or again or time.monotonic() - found.at > METADATA_SECONDS:
            address = issuer.rstrip("/") + "/.well-known/openid-configuration"
            metadata = read_object(await self._get(address), address)
            check_metadata(metadata, issuer)
            self.known[issuer] = found = Known(metadata, time.monotonic())
        return found.metadata

    async def keys(self, issuer: str, *, unknown: bool = False) -> Any:
        """The provider's public keys; asked for again when a token names one that is `unknown`."""
        from joserfc.errors import JoseError
        from joserfc.jwk import KeySet

        metadata = await self.describe(issuer)
        known = self.known[issuer]
        age = time.monotonic() - known.keys_at
        if known.keys is None or age > (KEYS_AGAIN_SECONDS if unknown else KEYS_SECONDS):
            address = str(metadata["jwks_uri"])
            said = read_object(await self._get(address), address)
            try:
                known.keys = KeySet.import_key_set(cast(Any, {"keys": usable_keys(said)}))
            except (JoseError, ValueError, TypeError, KeyError) as error:
                raise NotBelieved("keys", f"The keys of {issuer} cannot be read.") from error
            known.keys_at = time.monotonic()
        return known.keys

    async def exchange(
        self, client: Client, *, code: str, verifier: str, redirect_uri: str
    ) -> Mapping[str, Any]:
        """The tokens for a code. Raises NotBelieved, NoAnswer, NotAllowed."""
        metadata = await self.describe(client.issuer)
        form = {
            "grant_type": "authorization_code", "code": code, "redirect_uri": redirect_uri,
            "code_verifier": verifier, "client_id": client.client_id,
        }  # fmt: skip
        headers = {"content-type": "application/x-www-form-urlencoded", "accept": "application/json"}
        if client.secret is not None:
            offered: Any = metadata.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
            if "client_secret_basic" in offered:
                headers["authorization"] = basic(client.client_id, client.secret)
            else:
                form["client_secret"] = client.secret
        address = str(metadata["token_endpoint"])
        body = urlencode(form).encode()
        answer = await self.egress.send(
            Outgoing("POST", address, headers, body, SECONDS, SECONDS, MOST_BYTES, confidential=True)
        )
        if answer.status != 200:
            raise NotBelieved("code", f"{client.issuer} did not take the code back: {reason(answer)}.")
        return read_object(answer, address)

    async def verify(
        self, client: Client, token: object, *, nonce: str, access_token: object = None
    ) -> Mapping[str, Any]:
        """The claims of an ID token, when all of it is right. Raises NotBelieved."""
        from authlib.oidc.core import CodeIDToken
        from joserfc import jwt
        from joserfc.errors import JoseError

        if not isinstance(token, str):
            raise NotBelieved("token", f"{client.issuer} sent no ID token.")
        try:
            try:
                decoded = jwt.decode(token, await self.keys(client.issuer), algorithms=list(ALGORITHMS))
            except (JoseError, ValueError) as error:
                if isinstance(error, JoseError) and not _may_be_a_new_key(error):
                    raise
                keys = await self.keys(client.issuer, unknown=True)
                decoded = jwt.decode(token, keys, algorithms=list(ALGORITHMS))
            options = {"iss": {"essential": True, "value": client.issuer},
                       "aud": {"essential": True, "value": client.client_id}}  # fmt: skip
            params = {"nonce": nonce, "client_id": client.client_id, "access_token": access_token}
            claims: Any = CodeIDToken(decoded.claims, decoded.header, options, params)
            claims.validate(now=int(time.time()), leeway=LEEWAY_SECONDS)
        except (JoseError, ValueError, TypeError, KeyError, AttributeError) as error:
            raise NotBelieved(
                "token", f"The ID token of {client.issuer} is not right: {words(error)}."
            ) from error
        found: Mapping[str, Any] = dict(decoded.claims)
        subject: object = found.get("sub")
        is_said = isinstance(subject, str) and subject != "" and subject.isprintable()
        if found.get("iss") != client.issuer or not is_said:
            raise NotBelieved("token", f"The ID token of {client.issuer} does not say who has signed in.")
        return found

    async def userinfo(self, client: Client, access_token: object, subject: str) -> Mapping[str, Any]:
        """What else the provider says of the person, where it has an address for that; else nothing."""
        address = (await self.describe(client.issuer)).get("userinfo_endpoint")
        if not isinstance(address, str) or not isinstance(access_token, str):
            return {}
        headers = {"authorization": f"Bearer {access_token}", "accept": "application/json"}
        answer = await self.egress.send(
            Outgoing("GET", address, headers, b"", SECONDS, SECONDS, MOST_BYTES, confidential=True)
        )
        if answer.status != 200:
            return {}
        said = read_object(answer, address)
        if said.get("sub") != subject:
            raise NotBelieved("token", f"{client.issuer} speaks of somebody else than who has signed in.")
        return said

    async def _get(self, address: str) -> Answer:
        # Whoever can change this on the way can sign in as anybody: outside our own networks, encrypted only.
        headers = {"accept": "application/json"}
        answer = await self.egress.send(
            Outgoing("GET", address, headers, b"", SECONDS, SECONDS, MOST_BYTES, confidential=True)
        )
        if answer.status != 200:
            raise NoAnswer("status", f"{address} answered with status {answer.status}.")
        return answer


def check_metadata(metadata: Mapping[str, Any], issuer: str) -> None:
    """Raises NotBelieved unless it is the issuer's own, with everything that is needed."""
    if metadata.get("issuer") != issuer:
        said = str(metadata.get("issuer"))[:200]
        raise NotBelieved("issuer", f"The issuer calls itself {said}, not {issuer}.")
    for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
        if not str(metadata.get(name, "")).startswith(("https://", "http://")):
            raise NotBelieved("issuer", f"The issuer does not say its {name}.")


def usable_keys(said: Mapping[str, Any]) -> list[Any]:
    """The public keys for signatures among them; kinds that we do not know are passed over."""
    keys: Any = said.get("keys")
    known = cast("list[Any]", keys) if isinstance(keys, list) else []
    found: list[Any] = [key for key in known if isinstance(key, dict) and _signs(cast("dict[str, Any]", key))]
    if not found:
        raise NotBelieved("keys", "The issuer has no keys for signatures.")
    return found


def _signs(key: Mapping[str, Any]) -> bool:
    return key.get("kty") in ("RSA", "EC", "OKP") and key.get("use", "sig") == "sig"


def _may_be_a_new_key(error: Exception) -> bool:
    """The key is not among those we know, or another has taken its name."""
    from joserfc.errors import BadSignatureError, InvalidKeyIdError

    return isinstance(error, (InvalidKeyIdError, BadSignatureError))


def read_object(answer: Answer, address: str) -> Mapping[str, Any]:
    """The JSON object of an answer. Raises NotBelieved."""
    try:
        found = orjson.loads(answer.body)
    except orjson.JSONDecodeError:
        found = None
    if not isinstance(found, dict):
        raise NotBelieved("answer", f"{address} did not answer with a JSON object.")
    return cast("Mapping[str, Any]", found)


def reason(answer: Answer) -> str:
    """The provider's own word for it (RFC 6749 5.2), cut short; never what may hold a secret."""
    try:
        said = orjson.loads(answer.body)
    except orjson.JSONDecodeError:
        said = None
    code = cast("Mapping[str, Any]", said).get("error") if isinstance(said, dict) else None
    return f'"{code[:60]}"' if isinstance(code, str) and code.isascii() else f"status {answer.status}"


def words(error: Exception) -> str:
    """Why a token is not right, in few words."""
    text = " ".join(str(error).split())
    return (
        (text[:120].rstrip(".") or type(error).__name__)
        if not isinstance(error, KeyError)
        else "a part is missing"
    )


def basic(client_id: str, secret: str) -> str:
    """RFC 6749 2.3.1: both parts are form-encoded first."""
    pair = f"{quote(client_id, safe='')}:{quote(secret, safe='')}"
    return "Basic " + base64.b64encode(pair.encode()).decode()


def challenge_of(verifier: str) -> str:
    """What is said first of a secret that is shown later (RFC 7636, S256)."""
    from authlib.oauth2 import rfc7636

    make = cast("Callable[[str], str]", rfc7636.create_s256_code_challenge)
    return make(verifier)


def with_question(address: str, question: Mapping[str, str]) -> str:
    """The address with these parameters beside those that it has.

    >>> with_question("https://example.com/a?b=c", {"d": "é f"})
    'https://example.com/a?b=c&d=%C3%A9%20f'
    """
    return f"{address}{'&' if '?' in address else '?'}{urlencode(question, quote_via=quote)}"
