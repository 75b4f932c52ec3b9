"""The first start: one administrator, made with the token that `serve` prints, and what to begin with."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

from pydantic import Field
from starlette.responses import Response

from whereupon.api.call import Call, TheCall, response_of
from whereupon.api.declare import Out, operation
from whereupon.api.problems import FieldProblem
from whereupon.api.route import routes_of
from whereupon.api.routes.session import set_cookie
from whereupon.api.routes.users import User
from whereupon.db.pool import Connection
from whereupon.errors import WhereuponError
from whereupon.packs.loading import load_pack
from whereupon.packs.shelf import list_packs, require_known
from whereupon.people.first_start import FirstStart, first_start, needs_administrator
from whereupon.people.rights import load_rights
from whereupon.people.sessions import start_session

router = routes_of("setup", "/setup")


class PackToChoose(Out):
    """Ready-made modules, sample records and workflows."""

    key: str
    name: str
    description: str


class Setup(Out):
    """Whether somebody has to be made administrator first; only then, what may be loaded with it."""

    needs_administrator: bool
    packs: list[PackToChoose]


class ToSetUp(FirstStart):
    """The first administrator, the organisation, and packs to load once there is one."""

    packs: Annotated[list[Annotated[str, Field(max_length=60)]], Field(max_length=20)] = Field(
        default=[], description="Keys of packs."
    )


class PackOutcome(Out):
    """Whether a pack was loaded; `problem` says why not. It can be tried again in the settings."""

    key: str
    loaded: bool
    problem: str | None
    problems: list[FieldProblem]


class SetUp(User):
    """The administrator, who is signed in by the cookie of this answer."""

    packs: list[PackOutcome]


@router.get("", **operation("get_setup", Setup, summary="Whether this is the first start.", public=True))
async def get_setup(call: TheCall) -> Response:
    async def work(db: Connection) -> dict[str, Any]:
        if not await needs_administrator(db):
            return {"needs_administrator": False, "packs": []}
        packs = [{name: pack[name] for name in PackToChoose.model_fields} for pack in await list_packs(db)]
        return {"needs_administrator": True, "packs": packs}

    return await call.read(work)


@router.post(
    "",
    **operation(
        "create_first_administrator",
        SetUp,
        status=201,
        summary="Make the first administrator, and load packs; the answer sets the session cookie.",
        public=True,
        errors=[403, 429],
    ),
)
async def create_first_administrator(call: TheCall, body: ToSetUp) -> Response:
    """Packs are loaded one by one, after there is somebody who can load them again."""
    address = call.request.client.host if call.request.client else "unknown"
    await call.request.app.state.attempts.count(address, "first start")
    require_known(body.packs)
    made: dict[str, Any] = {}

    async def work(db: Connection) -> Any:
        made["user"] = dict(await first_start(db, body))
        made["session"] = await start_session(
            db, made["user"]["id"], agent=call.request.headers.get("user-agent")
        )
        return made["user"]

    await call.write(work, status=201, secret=True)
    packs = await load_packs(call, made["user"]["id"], list(dict.fromkeys(body.packs)))
    response = response_of(made["user"] | {"packs": packs}, 201)
    set_cookie(call, response, made["session"])
    return response


async def load_packs(call: Call, user_id: int, keys: Sequence[str]) -> list[dict[str, Any]]:
    """Load what was chosen. One that fails leaves nothing behind, and does not stop the others."""
    if not keys:
        return []
    async with call.database.connection() as db:
        rights = await load_rights(db, user_id)
    outcomes: list[dict[str, Any]] = []
    for key in keys:
        problem: WhereuponError | None = None
        try:
            await load_pack(call.database, key, rights)
        except WhereuponError as error:
            problem = error
        outcomes.append({
            "key": key, "loaded": problem is None, "problem": problem.message if problem else None,
            "problems": [one.as_json() for one in problem.problems] if problem else [],
        })  # fmt: skip
    call.memory.forget()
    call.waker.wake()
    return outcomes
