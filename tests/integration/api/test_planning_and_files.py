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


def archive(files: dict[str, str]) -> tuple[str, bytes, str]:
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w") as packed:
        for name, text in files.items():
            packed.writestr(name, text)
    return ("Γραφείο.zip", memory.getvalue(), "application/zip")


def yaml(name: str, text: str) -> tuple[str, tuple[str, bytes, str]]:
    return ("files", (name, text.encode(), "application/yaml"))


LATE = """key: late
name: "[Member] — Late"
description: Tells the office about members who are late.
module: members
state: {state}
document:
  nodes:
    - {{key: start, block: start, config: {{trigger: record_created}}}}
    - key: is_late
      block: if
      label: Is it late?
      config: {{condition: {{field: name, operator: contains, value: {value}}}}}
    - {{key: tell, block: notify, config: {{to: [{{user: root@example.org}}], title: "{title}"}}}}
  edges: [{{from: start, to: is_late}}, {{from: is_late, port: "true", to: tell}}]
"""


def late(value: str = "x", title: str = "Late", state: str = "active") -> str:
    return LATE.format(value=value, title=title, state=state)


async def test_files_are_looked_at_one_by_one_and_applied_as_they_were_seen(admin, client_of) -> None:
    await admin.post("/api/v1/packs/membership")
    hello = "key: hello\nname: Hello\nmodule: members\nsubject: Γειά\nhtml: <p>Hi</p>\n"
    sent = [
        yaml("late (1).yaml", late()), yaml("hello.yaml", hello), yaml("notes.txt", "x"),
        yaml("bad.yaml", "key: bad\nname: Bad\ndokument: {}\nhtml: x\n"),
        yaml("wrong.yaml", late().replace("key: late", "key: wrong").replace("{field: name", "{field: nam")),
    ]  # fmt: skip
    seen = (await admin.post("/api/v1/files/preview", files=sent)).json()
    assert seen["counts"] == {"create": 2, "change": 0, "same": 0, "remove": 0, "refused": 2}
    assert seen["ignored"] == ["notes.txt"]
    by_file = {one["file"]: one for one in seen["documents"]}
    assert by_file["workflows/late.yaml"]["source"] == "late (1).yaml"
    assert "a record of Members is created" in by_file["workflows/late.yaml"]["does"][0]
    (fault,) = by_file["workflows/wrong.yaml"]["problems"]
    assert (fault["line"], "name" in fault["suggestion"]) == (12, True)
    assert 3 in [one["line"] for one in by_file["templates/bad.yaml"]["problems"]]
    assert (await admin.get("/api/v1/workflows/late")).status_code == 404

    query = {"plan": seen["plan"], "leave_out": ["templates/hello.yaml"]}
    done = await admin.post("/api/v1/files/import", params=query, files=sent)
    assert [(one["file"], one["action"]) for one in done.json()["documents"]] == [
        ("workflows/late.yaml", "create")
    ]
    assert (await admin.get("/api/v1/workflows/late")).json()["state"] == "active"
    stale = await admin.post("/api/v1/files/import", params=query, files=sent)
    assert (stale.status_code, stale.json()["code"]) == (412, "changed_meanwhile")
    clerk = await client_of("clerk@example.org")
    for path in ("preview", "import?plan=x"):
        assert (await clerk.post(f"/api/v1/files/{path}", files=sent)).status_code == 403
    (entry, *_) = (await admin.get("/api/v1/audit?action=apply_files")).json()["items"]
    assert entry["details"] == {"changes": 1, "files": ["workflows/late.yaml"]}


async def test_a_change_is_told_in_words_and_a_plan_does_not_outlive_a_publication(admin) -> None:
    await admin.post("/api/v1/packs/membership")
    first = [yaml("late.yaml", late())]
    seen = (await admin.post("/api/v1/files/preview", files=first)).json()
    await admin.post("/api/v1/files/import", params={"plan": seen["plan"]}, files=first)
    again = (await admin.post("/api/v1/files/preview", files=first)).json()
    assert (again["counts"]["same"], again["documents"][0]["diff"]) == (1, [])

    changed = [yaml("late.yaml", late("y", "Very late", "disabled"))]
    seen = (await admin.post("/api/v1/files/preview", files=changed)).json()
    told = {word["what"]: (word["before"], word["after"]) for word in seen["documents"][0]["words"]}
    assert told["Condition of “Is it late?”"] == ("Name contains x", "Name contains y")
    assert told["State"] == ("active", "disabled")
    assert ("Late", "Very late") in told.values()
    assert {line[0] for line in seen["documents"][0]["diff"]} >= {"+", "-"}

    workflow = (await admin.get("/api/v1/workflows/late")).json()
    workflow["draft"]["settings"] = {"priority": 5}
    await admin.patch("/api/v1/workflows/late", json={"document": workflow["draft"]})
    stale = await admin.post("/api/v1/files/import", params={"plan": seen["plan"]}, files=changed)
    assert (stale.status_code, "nothing was applied" in stale.json()["detail"]) == (412, True)
    seen = (await admin.post("/api/v1/files/preview", files=changed)).json()
    assert "not published yet" in seen["documents"][0]["lost"][0]
    refused = await admin.post("/api/v1/files/import", params={"plan": seen["plan"]}, files=changed)
    assert refused.status_code == 409
    query = {"plan": seen["plan"], "accept_loss": "true"}
    assert (await admin.post("/api/v1/files/import", params=query, files=changed)).status_code == 200


async def test_only_a_whole_folder_deletes_and_only_what_came_from_files(admin) -> None:
    await admin.post("/api/v1/packs/membership")
    phases = "phases: [{key: p, name: P, steps: [{key: s, name: S, type: manual}]}]"
    two = {f"workflows/w{n}.yaml": f"key: w{n}\nname: W{n}\ndocument: {{}}\n" for n in (1, 2)}
    rest = {
        "playbooks/p.yaml": f"key: p\nname: P\nmodule: members\nstate: draft\ndefinition: {{{phases}}}",
        "strategies/s.yaml": "key: s\nname: S\nmodule: members\nstate: draft\ndefinition: {date: joined_on}",
        "data_tasks/d.yaml": "key: d\nname: D\ndefinition: {module: members, set: {name: x}}",
    }
    minimal = [("files", archive(two | rest))]
    seen = (await admin.post("/api/v1/files/preview", files=minimal)).json()
    assert seen["counts"]["create"] == 5
    await admin.post("/api/v1/files/import", params={"plan": seen["plan"]}, files=minimal)
    seen = (await admin.post("/api/v1/files/preview", files=minimal)).json()
    assert seen["counts"]["same"] == 5  # what a file leaves out is no difference
    both = [("files", archive({f"office/{path}": text for path, text in two.items()}))]
    seen = (await admin.post("/api/v1/files/preview?whole=true", files=both)).json()
    query = {"plan": seen["plan"], "whole": "true"}
    assert (await admin.post("/api/v1/files/import", params=query, files=both)).status_code == 200
    one = [yaml("w1.yaml", two["workflows/w1.yaml"])]
    assert (await admin.post("/api/v1/files/preview", files=one)).json()["counts"]["remove"] == 0
    seen = (await admin.post("/api/v1/files/preview?whole=true", files=one)).json()
    assert [(d["file"], d["action"]) for d in seen["documents"]] == [
        ("workflows/w1.yaml", "same"), ("workflows/w2.yaml", "remove"),
    ]  # fmt: skip
    other_way = await admin.post("/api/v1/files/import", params={"plan": seen["plan"]}, files=one)
    assert other_way.status_code == 412  # it was seen as a whole
    query = {"plan": seen["plan"], "whole": "true", "accept_loss": "true"}
    assert (await admin.post("/api/v1/files/import", params=query, files=one)).status_code == 200
    listed = [item["file"] for item in (await admin.get("/api/v1/files/list")).json()["items"]]
    assert ("workflows/w1.yaml" in listed, "workflows/w2.yaml" in listed) == (True, False)
    text = await admin.get("/api/v1/files/workflows/w1.yaml")
    assert (text.headers["content-type"], text.text[:8]) == ("application/yaml", "key: w1\n")
    assert (await admin.get("/api/v1/files/workflows/w3.yaml")).json()["suggestion"]
    some = (await admin.get("/api/v1/files", params={"file": ["workflows/w1.yaml"]})).content
    assert zipfile.ZipFile(io.BytesIO(some)).namelist() == ["workflows/w1.yaml"]


async def test_what_is_no_file_of_ours_gets_a_clear_answer(admin) -> None:
    for sent, status in [
        ([("files", ("a.zip", b"PK\x03\x04", "application/zip"))], 422),
        ([("files", archive({"../a.yaml": "x"}))], 422),
        ([("files", ("a.yaml", b"x" * 5_100_000, "text/plain"))], 413),
        ([("file", ("a.yaml", b"key: a", "text/plain"))], 422),
        ([("files", (f"{nr}.yaml", b"key: a", "text/plain")) for nr in range(501)], 400),
    ]:
        for path in ("preview", "import?plan=x"):
            answer = await admin.post(f"/api/v1/files/{path}", files=sent)
            assert (answer.status_code, bool(answer.json()["detail"])) == (status, True)
    assert (await admin.post("/api/v1/files/preview", json={"files": {}})).status_code == 415
    deep = "key: a\nname: A\ndocument: " + "{a: " * 98 + "1" + "}" * 98
    odd = {"a": deep, "b": "key: b\nname: B\ndocument: {nodes: 7}", "c": f'key: c\nname: "{chr(7)}\\a"'}
    seen = await admin.post("/api/v1/files/preview", files=[yaml(f"{k}.yaml", t) for k, t in odd.items()])
    assert {one["action"] for one in seen.json()["documents"]} == {"refused"}


CHOIR = {
    "pack.yaml": "name: Χορωδία\ndescription: Singers.\n",
    "modules.yaml": "modules: [{key: singers, label: Singer, label_plural: Singers, "
    "fields: [{key: name, type: text, label: Name}]}]\n",
    "people.yaml": "roles: [{key: choir, name: Choir, modules: {singers: {read: all}}}]\n"
    "people: [{email: anna@choir.example, name: Anna, roles: [choir]}]\n",
}


def choir(**files: str) -> dict[str, tuple[str, bytes, str]]:
    own = CHOIR | {f"{name}.yaml": text for name, text in files.items()}
    return {"file": archive({f"choir/{path}": text for path, text in own.items()})}


async def test_a_pack_is_sent_checked_installed_and_brought_up_to_date(admin, client_of) -> None:
    builder = await client_of("clerk@example.org")
    assert (await builder.post("/api/v1/packs/from-file/check", files=choir())).status_code == 403
    sound = (await admin.post("/api/v1/packs/from-file/check", files=choir())).json()
    assert (sound["key"], sound["problems"], sound["loaded"]) == ("choir", [], False)
    assert sound["people"] == [{"email": "anna@choir.example", "name": "Anna", "roles": ["choir"]}]
    assert (await admin.get("/api/v1/modules/singers")).status_code == 404
    made = await admin.post("/api/v1/packs/from-file", files=choir())
    assert made.json() == {"key": "choir", "name": "Χορωδία", "update": None}
    own = (await admin.get("/api/v1/packs")).json()["items"][-1]
    assert (own["key"], own["shipped"], own["description"]) == ("choir", False, "From Γραφείο.zip")
    newer = choir(modules=CHOIR["modules.yaml"].replace("label: Singer,", "label: Voice,"))
    seen = (await admin.post("/api/v1/packs/from-file/check", files=newer)).json()
    assert [(s["kind"], s["taken"]) for s in seen["update"]["steps"]] == [("module", ["label"])]
    assert (await admin.post("/api/v1/packs/from-file", files=newer)).json()["update"]["dry"] is False
    assert (await admin.get("/api/v1/modules/singers")).json()["label"] == "Voice"
    assert (await admin.post("/api/v1/packs/choir/remove", json={})).status_code == 200


async def test_a_pack_that_was_sent_may_not_do_everything(admin) -> None:
    mighty = CHOIR["people.yaml"].replace("roles: [choir]}", "roles: [administrator]}")
    taken = mighty.replace("key: choir, name: Choir", "key: administrator, name: A")
    script = "name: C\ndescription: x\nolder_database: {schema: old, script: a.sql, tables: []}"
    for files, told in [
        (choir(people=mighty), "administrator"), (choir(people=taken), "administrator"),
        (choir(pack=script), "script"), (choir(modules="modules: [{kee: singers}]"), 'no "kee" here'),
        (choir(records="records: [{module: singer, values: {name: x}}]"), "singer"),
    ]:  # fmt: skip
        checked = (await admin.post("/api/v1/packs/from-file/check", files=files)).json()
        assert told in " ".join(one["message"] for one in checked["problems"])
        assert (await admin.post("/api/v1/packs/from-file", files=files)).status_code in (404, 422)
    assert (await admin.get("/api/v1/modules/singers")).status_code == 404
