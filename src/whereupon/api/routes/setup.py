"""The first start: one administrator, made with the token that `serve` prints."""

from __future__ import annotations

from starlette.responses import Response

from whereupon.api.call import TheCall
from whereupon.api.declare import Out, operation
from whereupon.api.route import routes_of
from whereupon.api.routes.users import User
from whereupon.db.pool import Connection
from whereupon.people.first_start import FirstStart, first_start, needs_administrator

router = routes_of("setup", "/setup")


class Setup(Out):
    """Whether somebody has to be made administrator first."""

    needs_administrator: bool


@router.get("", **operation("get_setup", Setup, summary="Whether this is the first start.", public=True))
async def get_setup(call: TheCall) -> Response:
    async def work(db: Connection) -> dict[str, bool]:
        return {"needs_administrator": await needs_administrator(db)}

    return await call.read(work)


@router.post(
    "",
    **operation(
        "create_first_administrator",
        User,
        status=201,
        summary="Make the first administrator.",
        public=True,
        errors=[403, 429],
    ),
)
async def create_first_administrator(call: TheCall, body: FirstStart) -> Response:
    address = call.request.client.host if call.request.client else "unknown"
    await call.request.app.state.attempts.count(address, "first start")
    return await call.write(lambda db: first_start(db, body), status=201)
