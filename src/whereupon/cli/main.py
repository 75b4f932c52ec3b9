"""`whereupon`: every command by name; each is imported when it is used."""

from __future__ import annotations

import sys

from cyclopts import App, Group

SERVING, DATA, CARE = (Group(name, sort_key=n) for n, name in enumerate(("Run", "Look and change", "Care")))
# Name, where its code is, what it is for, and under which heading it is shown.
COMMANDS = (
    ("serve", "running:serve", "Start everything: database, web application, workers.", SERVING),
    ("worker", "running:worker", "Add a worker, on this host or another one.", SERVING),
    ("demo", "running:demo", "Show a day's work of two offices, then serve them.", SERVING),
    ("bench", "running:bench", "Measure this machine against the targets.", SERVING),
    ("workflows", "workflows:app", "List, check, publish, start and stop workflows.", DATA),
    ("playbooks", "playbooks:app", "Phases of steps that people do on a record.", DATA),
    ("strategies", "strategies:app", "What is done with records so long after a date.", DATA),
    ("runs", "runs:app", "What ran, what it did, and why it failed.", DATA),
    ("bulk-runs", "bulk_runs:app", "Workflows that go over many records, and what failed.", DATA),
    ("records", "records:app", "Read and write records.", DATA),
    ("import", "importing:import_", "Bring a CSV file or a workbook into a module.", DATA),
    ("modules", "modules:app", "What kinds of records there are.", DATA),
    ("messages", "messages:app", "What was sent, what is held, what failed.", DATA),
    ("users", "users:app", "People and their API tokens.", DATA),
    ("packs", "packs:app", "Ready-made offices: install, update, remove.", DATA),
    ("export", "files:export", "Write workflows, templates and data tasks as files.", DATA),
    ("plan", "files:plan", "What the files of a folder would change.", DATA),
    ("apply", "files:apply", "Make workflows as the files of a folder say.", DATA),
    ("migrate", "running:migrate", "Bring the database to this program's schema.", CARE),
    ("backup", "care:backup", "Write everything into one file.", CARE),
    ("restore", "care:restore", "Bring back what a backup holds.", CARE),
    ("secrets", "secrets:app", "Do the stored passwords open, and another key for them.", CARE),
    ("doctor", "care:doctor", "Is everything as it should be?", CARE),
)


def version() -> str:
    """The program's version."""
    from importlib import metadata

    return f"whereupon {metadata.version('whereupon')}"


def make_app() -> App:
    """The command line, with nothing imported but its names."""
    app = App(
        name="whereupon",
        help="Something happens to a record, whereupon the right things are done.",
        version=version,
        help_on_error=False,
    )
    for order, (name, place, text, group) in enumerate(COMMANDS):
        app.command(f"whereupon.cli.{place}", name=name, help=text, group=group, sort_key=order)
    return app


def main() -> None:
    """Run a command and exit: 0 done, else a code that says what kind of thing went wrong (errors.py)."""
    from whereupon.cli.failing import exit_code_of

    sys.exit(exit_code_of(make_app(), sys.argv[1:]))


if __name__ == "__main__":
    main()
