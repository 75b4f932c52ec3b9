"""What a person sees when a command cannot do what was asked: one sentence, what to try, an exit code."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from cyclopts import App
from cyclopts.exceptions import CycloptsError

from whereupon.errors import WhereuponError

WRONG_COMMAND, INTERRUPTED, DEFECT = 2, 130, 70


def exit_code_of(app: App, words: Sequence[str]) -> int:
    """Run the command that `words` are, and say what went wrong on stderr."""
    as_json = "--json" in words
    try:
        result = app(
            with_standard_input(words), exit_on_error=False, print_error=False, result_action="return_value"
        )
    except WhereuponError as error:
        show_error(error, as_json=as_json)
        return error.exit_code
    except CycloptsError as error:
        show_error(WrongCommand(*explain(error)), as_json=as_json)
        return WRONG_COMMAND
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        sys.stderr.close()
        return 0
    return result if isinstance(result, int) else 0


def with_standard_input(words: Sequence[str]) -> list[str]:
    """The parser takes "-" for an option: as a place to read from it is written "@-".

    >>> with_standard_input(["apply", "-", "--note", "-"])
    ['apply', '@-', '--note', '-']
    """
    before = ["", *words]
    return [
        "@-" if word == "-" and not past.startswith("--") else word
        for past, word in zip(before, words, strict=False)
    ]


class WrongCommand(WhereuponError):
    """The words given are no command."""

    exit_code, code, title = WRONG_COMMAND, "wrong_command", "Not a command"


def explain(error: CycloptsError) -> tuple[str]:
    """What was wrong with the words, without the parser's own decoration."""
    return (str(error).strip(),)


def show_error(error: WhereuponError, *, as_json: bool) -> None:
    """On stderr, so that what a program reads from stdout is never an error."""
    if as_json:
        import orjson

        told = {"error": error.code, "message": error.message, "suggestion": error.suggestion}
        told |= {"problems": [problem.as_json() for problem in error.problems]}
        print(orjson.dumps(told).decode(), file=sys.stderr)
        return
    from whereupon.cli.output import stderr

    stderr().print("[bold red]✗[/]", end=" ")
    stderr().print(str(error), markup=False, highlight=False)
