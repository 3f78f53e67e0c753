"""Whatever the accounts refuse somebody is a sentence that the catalogues of languages know of."""

import ast
from collections.abc import Iterator
from pathlib import Path

from undisc.accounts.people import service
from undisc.accounts.people.policy import SHORTEST_REASON
from undisc.web.signing_in.words import SAID_BY_THE_ACCOUNTS

_FOLDER = Path(service.__file__).parent


def _refusals() -> Iterator[str]:
    for path in _FOLDER.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call) and isinstance(node.exc.func, ast.Name):
                if node.exc.func.id not in ("PeopleRefused", "TooWeak") or not node.exc.args:
                    continue
                text = node.exc.args[0]
                if isinstance(text, ast.Constant):
                    yield str(text.value)
                else:
                    yield ast.unparse(text).strip("f'\"").replace("{SHORTEST_REASON}", str(SHORTEST_REASON))


def test_every_refusal_is_marked_for_the_catalogues() -> None:
    found = set(_refusals())
    assert len(found) > 12
    assert found <= set(SAID_BY_THE_ACCOUNTS)
