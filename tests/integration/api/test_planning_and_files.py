"""Planning sheets, workflows as files and the keeping of packs, over HTTP."""

from __future__ import annotations

import io
import zipfile
from typing import Any

from whereupon.planning.sheet import HEADERS
from whereupon.planning.writing import EXAMPLES, workbook
from whereupon.records.exporting import XLSX

COLUMNS = tuple(HEADERS)


def sheet(*rows: Any) -> dict[str, Any]:
    return {"file": ("Σχέδιο.xlsx", workbook({"Plan": [tuple(HEADERS.values()), *rows]}), XLSX)}


async def test_a_sheet_is_looked_at_corrected_and_made_into_drafts(admin) -> None:
    assert (await admin.post("/api/v1/packs/training")).status_code == 200
    template = await admin.get("/api/v1/planning/template")
    assert (template.status_code, template.headers["content-type"]) == (200, XLSX)
    wrong = (*EXAMPLES[0][:2], "Delegates manager", *EXAMPLES[0][3:])
    seen = (await admin.post("/api/v1/planning/preview", files=sheet(EXAMPLES[0], wrong))).json()
    good, bad = seen["rows"]
    assert good["workflow"]["trigger"] == "a record of Bookings is created"
    assert good["faults"] == []
    assert bad["workflow"] is None
    assert bad["faults"][0]["instead"] == "delegate.manager.email"
    refused = await admin.post("/api/v1/planning/drafts", json={"rows": [bad["cells"]]})
    assert (refused.status_code, refused.json()["problems"][0]["path"]) == (422, "/rows/0/who")
    corrected = bad["cells"] | {"who": bad["faults"][0]["instead"]}
    again = (await admin.post("/api/v1/planning/rows", json={"rows": [corrected]})).json()
    assert again["rows"][0]["workflow"]["category"] == "customer"
    made = await admin.post("/api/v1/planning/drafts", json={"rows": [good["cells"], corrected]})
    assert (made.status_code, len(made.json()["items"])) == (201, 2)
    exported = await admin.get("/api/v1/planning/export")
    assert exported.content[:2] == b"PK"


async def test_what_is_no_sheet_is_refused_in_words(admin, client_of) -> None:
    no_sheet = {"file": ("x.xlsx", b"\x00\x01", XLSX)}
    refused = await admin.post("/api/v1/planning/preview", files=no_sheet)
    assert refused.status_code == 422
    assert "suggestion" in refused.json()["problems"][0]
    assert (
        await (await client_of("clerk@example.org")).post("/api/v1/planning/preview", files=no_sheet)
    ).status_code == 403


async def test_files_are_planned_and_applied(admin) -> None:
    start = "{key: start, block: start, config: {trigger: manual}}"
    files = {"files": {"workflows/wave.yaml": f"key: wave\nname: Wave\ndocument: {{nodes: [{start}]}}\n"}}
    plan = (await admin.post("/api/v1/files/plan", json=files)).json()
    assert [(c["action"], c["file"]) for c in plan["changes"]] == [("create", "workflows/wave.yaml")]
    assert (await admin.get("/api/v1/workflows/wave")).status_code == 404
    assert (await admin.post("/api/v1/files/apply", json=files)).status_code == 200
    archive = (await admin.get("/api/v1/files")).content
    with zipfile.ZipFile(io.BytesIO(archive)) as packed:
        assert packed.namelist() == ["workflows/wave.yaml"]
        again = {"files": {name: packed.read(name).decode() for name in packed.namelist()}}
    assert (await admin.post("/api/v1/files/plan", json=again)).json() == {"changes": [], "same": 1}
    lost = await admin.post("/api/v1/files/apply", json={"files": {}})
    assert (lost.status_code, "would be lost" in lost.json()["detail"]) == (409, True)
    gone = await admin.post("/api/v1/files/apply", json={"files": {}, "accept_loss": True})
    assert gone.json()["changes"][0]["action"] == "remove"


async def test_a_pack_is_updated_and_removed(admin) -> None:
    assert (await admin.post("/api/v1/packs/membership/update", json={})).status_code == 404
    await admin.post("/api/v1/packs/membership")
    told = (await admin.post("/api/v1/packs/membership/update", json={"dry": True})).json()
    assert (told["dry"], told["steps"]) == (True, [])
    dry = (await admin.post("/api/v1/packs/membership/remove", json={"dry": True})).json()
    done = (await admin.post("/api/v1/packs/membership/remove", json={})).json()
    assert dry["steps"] == done["steps"]
    packs = (await admin.get("/api/v1/packs")).json()["items"]
    assert not {p["key"]: p["loaded"] for p in packs}["membership"]
    assert (await admin.get("/api/v1/modules/members")).status_code == 404
