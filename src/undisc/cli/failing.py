"""How a command ends that cannot do what it was asked: a plain sentence, an exit code, and never a traceback."""

import sys
import traceback
from typing import NoReturn

from pydantic import ValidationError
from typer.exceptions import TyperException

from undisc.cli.screen import err, print_json, safe
from undisc.errors import UndiscError

FAILED = 1


def wants_json() -> bool:
    """Whether whoever started the program reads JSON, and so wants a failure told in it as well."""
    return "--json" in sys.argv[1:]


def end(error: Exception) -> NoReturn:
    """Tell of an error and end the program."""
    if isinstance(error, TyperException):
        _end_misused(error)
    sentence = sentence_for(error)
    if wants_json():
        print_json({"message": sentence})
    else:
        err.print(safe(sentence), style="bold", soft_wrap=True)
    sys.exit(FAILED)


def _end_misused(error: TyperException) -> NoReturn:
    # Its classes for wrong options are private; what they have in common is not.
    code = getattr(error, "exit_code", 2)
    show = getattr(error, "show", None)
    if wants_json():
        format_message = getattr(error, "format_message", lambda: str(error))
        print_json({"message": format_message()})
    elif show is not None:
        show()
    sys.exit(code)


def sentence_for(error: Exception) -> str:
    """What went wrong, for people. An error's own text may quote a patient, so only texts written here are shown."""
    if isinstance(error, UndiscError):
        return str(error)
    if isinstance(error, ValidationError):
        return " ".join(_setting(".".join(str(part) for part in each["loc"]), each["msg"]) for each in error.errors())
    if isinstance(error, OSError) and error.strerror:
        return f"Something could not be read or written here: {error.strerror}."
    return (
        f"Something went wrong inside Undisc ({type(error).__name__}{_place(error)}). Nothing that was stored is lost."
    )


def _setting(name: str, wanted: str) -> str:
    return f"The setting UNDISC_{name.upper()} cannot be used: {wanted}."


def _place(error: Exception) -> str:
    own = [frame for frame in traceback.extract_tb(error.__traceback__) if "undisc" in frame.filename]
    return f" at {own[-1].filename.rpartition('undisc/')[2]}:{own[-1].lineno}" if own else ""
