"""How every request begins: identity first, then names in the query, then the body, then the route."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi.dependencies.models import Dependant
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute, APIRouter
from starlette.requests import Request
from starlette.responses import Response

from whereupon.api.body import parse_json, read_body, require_json
from whereupon.api.call import Call
from whereupon.api.identity import identify, require_same_site
from whereupon.api.problems import problem_response
from whereupon.errors import Invalid, Problem, did_you_mean

PREFIX = "/api/v1"
Handler = Callable[[Request], Coroutine[Any, Any, Response]]


class Route(APIRoute):
    """A route of ours: errors become problems here, so that nothing else has to know of them."""

    def get_route_handler(self) -> Handler:
        inner = super().get_route_handler()
        extra = self.openapi_extra or {}
        public = extra.get("security") == []
        exact, direct = bool(extra.get("x-exact-numbers")), bool(extra.get("x-direct"))
        known = frozenset(query_names(self.dependant))
        writes = bool((self.methods or set()) & {"POST", "PUT", "PATCH"})
        uploads, any_query = bool(extra.get("x-upload")), bool(extra.get("x-any-query"))
        takes_body = self.body_field is not None or "requestBody" in extra

        async def handle(request: Request) -> Response:
            try:
                call = await begin(request, public=public)
                refuse_unknown(request, known, any_query=any_query)
                if writes and not uploads:
                    await read(request, call, exact=exact, takes_body=takes_body)
                request.scope["whereupon.call"] = call
                if direct:
                    return await self.endpoint(call, **request.path_params)
                return await inner(request)
            except RequestValidationError:
                raise  # problems.py turns it into ours
            except Exception as error:
                return problem_response(error)

        return handle


def query_names(dependant: Dependant) -> list[str]:
    """The names that a route understands in the query, its dependencies' included."""
    own = [field.alias for field in dependant.query_params]
    return own + [name for inner in dependant.dependencies for name in query_names(inner)]


async def begin(request: Request, *, public: bool) -> Call:
    """The call, with its identity. Raises NotSignedIn, Refused."""
    state = request.app.state
    if public:
        require_same_site(request)
        identity = None
    else:
        identity = await identify(request, state.database, state.memory)
    return Call(request, state.database, state.memory, state.waker, state.settings, identity)


def refuse_unknown(request: Request, known: frozenset[str], *, any_query: bool = False) -> None:
    """Raises Invalid for names in the query that mean nothing here, and for NUL anywhere in the address."""
    if "\0" in request.scope["path"]:
        raise Invalid.of(Problem("nul", "An address has no NUL character."))
    if not request.scope["query_string"]:
        return
    problems = [
        Problem("unknown_parameter", f'"{name}" means nothing here.', f"?{name}", did_you_mean(name, known))
        for name in request.query_params
        if name not in known and not any_query
    ]
    problems += [
        Problem("nul", "A NUL character cannot be looked for.", f"?{name}")
        for name, value in request.query_params.multi_items()
        if "\0" in value
    ]
    if problems:
        raise Invalid.of(*problems)


async def read(request: Request, call: Call, *, exact: bool, takes_body: bool) -> None:
    """Read and parse the body, and leave both where the framework looks for them."""
    raw = call.body = await read_body(request)
    if not takes_body:
        if raw.strip() not in (b"", b"{}", b"null"):
            raise Invalid.of(Problem("body", "No body is expected here."))
        return
    if raw:
        require_json(request)
        call.json = parse_json(raw, exact=exact)
    request._body = raw  # pyright: ignore[reportPrivateUsage]
    request._json = call.json  # pyright: ignore[reportPrivateUsage]


def routes_of(noun: str, prefix: str = "") -> APIRouter:
    """A router for one noun: its tag in the document, and its addresses below `prefix`."""
    return APIRouter(prefix=PREFIX + prefix, tags=[noun], route_class=Route)
