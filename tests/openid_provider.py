"""A provider of OpenID Connect on loopback: Authlib's server, a page to sign in, and ways to be wrong.

It keeps the contract of real ones: a code works once, for its client, redirect address and PKCE verifier;
keys are published and can be changed; `twist` changes the next ID tokens the way a liar would.
"""

from __future__ import annotations

import base64
import hmac
import logging
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import orjson
from authlib.integrations.flask_oauth2 import AuthorizationServer
from authlib.oauth2.rfc6749 import ClientMixin, grants
from authlib.oauth2.rfc7636 import CodeChallenge
from flask import Flask, Response, jsonify, request
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, RSAKey
from werkzeug.serving import make_server

CLIENT_ID, CLIENT_SECRET = "whereupon", "a secret with ü & =+ in it, canary-9183"


class Client(ClientMixin):
    """The only client that this provider knows."""

    def __init__(self):
        self.redirect_uris: list[str] = []

    def get_client_id(self):
        return CLIENT_ID

    def get_default_redirect_uri(self):
        return None

    def get_allowed_scope(self, scope):
        return " ".join(one for one in scope.split() if one in ("openid", "profile", "email"))

    def check_redirect_uri(self, redirect_uri):
        return redirect_uri in self.redirect_uris

    def check_client_secret(self, client_secret):
        return client_secret == CLIENT_SECRET

    def check_endpoint_auth_method(self, method, endpoint):
        return method in ("client_secret_basic", "client_secret_post")

    def check_response_type(self, response_type):
        return response_type == "code"

    def check_grant_type(self, grant_type):
        return grant_type == "authorization_code"


class Code(dict):
    """An authorization code, as Authlib wants it."""

    def get_redirect_uri(self):
        return self["redirect_uri"]

    def get_scope(self):
        return self["scope"]

    def __getattr__(self, name):
        return self.get(name)


class Person(dict):
    """Somebody who has an account here."""

    def get_user_id(self):
        return self["sub"]


class Provider:
    """One provider. `person`: whoever is signed in there at this moment; None: a page asks."""

    def __init__(self) -> None:
        self.client = Client()
        self.person: Person | None = None
        self.people: dict[str, Person] = {}
        self.codes: dict[str, Code] = {}
        self.tokens: dict[str, Person] = {}
        self.twist: Callable[[dict[str, Any]], Mapping[str, Any] | None] = lambda claims: None
        self.algorithm = "RS256"
        self.issuer = ""
        self.said_issuer: str | None = None
        self.refuses = False
        self.in_userinfo: set[str] = set()
        self.key_requests = 0
        self.rotate()

    def rotate(self) -> None:
        """New keys; those before are published no longer."""
        self.number = getattr(self, "number", 0) + 1
        kid = {"kid": f"key-{self.number}", "use": "sig"}
        self.key = RSAKey.generate_key(2048, {**kid, "alg": "RS256"}, private=True)
        self.elliptic = ECKey.generate_key("P-256", {"kid": f"ec-{self.number}", "use": "sig"}, private=True)

    def knows(self, sub: str, **claims: Any) -> Person:
        """Add an account."""
        self.people[sub] = Person(sub=sub, **claims)
        return self.people[sub]

    def id_token(self, code: Code, access_token: str) -> str:
        now = int(time.time())
        claims = {name: value for name, value in code["person"].items() if name not in self.in_userinfo}
        claims |= {
            "iss": self.issuer, "aud": CLIENT_ID, "iat": now, "exp": now + 300, "nonce": code.get("nonce"),
        }  # fmt: skip
        claims = {**claims, **(self.twist(claims) or {})}
        claims = {name: value for name, value in claims.items() if value is not None}
        if self.algorithm == "none":
            return b".".join((*packed({"alg": "none", "typ": "JWT"}, claims), b"")).decode()
        if self.algorithm == "HS256":  # signed with what everybody can read: the public key
            said = b".".join(packed({"alg": "HS256", "kid": self.key.kid}, claims))
            mac = hmac.digest(self.key.as_pem(private=False), said, "sha256")
            return b".".join((said, base64.urlsafe_b64encode(mac).rstrip(b"="))).decode()
        key = self.elliptic if self.algorithm == "ES256" else self.key
        return jwt.encode({"alg": self.algorithm, "kid": key.kid}, claims, key, algorithms=[self.algorithm])


def packed(*parts: Any) -> list[bytes]:
    """As the parts of a token are written."""
    return [base64.urlsafe_b64encode(orjson.dumps(part)).rstrip(b"=") for part in parts]


class CodeGrant(grants.AuthorizationCodeGrant):
    """RFC 6749 4.1, with the ID token of OpenID Connect beside the access token."""

    TOKEN_ENDPOINT_AUTH_METHODS = ["client_secret_basic", "client_secret_post"]  # noqa: RUF012
    provider: Provider

    def save_authorization_code(self, code, request):
        data = request.payload.data
        self.provider.codes[code] = Code(
            code=code, redirect_uri=request.payload.redirect_uri, scope=request.payload.scope,
            nonce=data.get("nonce"), code_challenge=data.get("code_challenge"),
            code_challenge_method=data.get("code_challenge_method"), person=request.user,
        )  # fmt: skip

    def query_authorization_code(self, code, client):
        return self.provider.codes.get(code)

    def delete_authorization_code(self, authorization_code):
        del self.provider.codes[authorization_code["code"]]

    def authenticate_user(self, authorization_code):
        return authorization_code["person"]

    def create_token_response(self):
        code = self.request.authorization_code
        status, body, headers = super().create_token_response()
        self.provider.tokens[body["access_token"]] = code["person"]
        return status, {**body, "id_token": self.provider.id_token(code, body["access_token"])}, headers


PAGE = """<!doctype html><title>Example ID</title><h1>Example ID</h1>
<form method="post"><label>Account <input name="account"></label><button>Sign in</button></form>"""


def application(provider: Provider) -> Flask:
    """The provider's pages and endpoints."""
    app = Flask("openid provider")
    app.config["OAUTH2_TOKEN_EXPIRES_IN"] = {"authorization_code": 300}
    grant: Any = type("Grant", (CodeGrant,), {"provider": provider})
    server = AuthorizationServer(
        app,
        query_client=lambda client_id: provider.client if client_id == CLIENT_ID else None,
        save_token=lambda token, request: None,
    )
    server.register_grant(grant, [CodeChallenge(required=True)])

    @app.get("/.well-known/openid-configuration")
    def metadata() -> Response:
        base = provider.issuer
        return jsonify(
            issuer=provider.said_issuer or base, authorization_endpoint=f"{base}/authorize",
            token_endpoint=f"{base}/token", jwks_uri=f"{base}/keys", userinfo_endpoint=f"{base}/userinfo",
            response_types_supported=["code"], code_challenge_methods_supported=["S256"],
        )  # fmt: skip

    @app.get("/keys")
    def keys() -> Response:
        provider.key_requests += 1
        return jsonify(KeySet([provider.key, provider.elliptic]).as_dict(private=False))

    @app.route("/authorize", methods=["GET", "POST"])
    def authorize() -> Any:
        person = provider.person or provider.people.get(request.form.get("account", ""))
        if person is None and not provider.refuses:
            return PAGE
        asked = server.get_consent_grant(end_user=person)
        return server.create_authorization_response(
            grant_user=None if provider.refuses else person, grant=asked
        )

    @app.post("/token")
    def token() -> Any:
        return server.create_token_response()

    @app.get("/userinfo")
    def userinfo() -> Any:
        person = provider.tokens.get(request.headers.get("authorization", "").removeprefix("Bearer "))
        return jsonify(person) if person is not None else ("", 401)

    return app


@contextmanager
def running() -> Iterator[Provider]:
    """The provider, on a free port of this machine."""
    import os

    os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "1"  # loopback
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    provider = Provider()
    server = make_server("127.0.0.1", 0, application(provider), threaded=True)
    provider.issuer = f"http://127.0.0.1:{server.port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
