"""Proves, from the source of the doors, that nothing reads the archive for somebody without the policy's word: each
function that does holds what only a decision gives, or asks for the decision itself."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import undisc

_SOURCE = Path(undisc.__file__).parent
_DOORS = ("web", "dicomweb")
# By these names the doors reach what is kept.
_READERS = frozenset({"served", "retrieving", "_retriever", "reports", "search", "archive"})
# Nobody has one of these but by a decision: the doors' own grants, what a search within a grant found, what was
# reached under one, and a study that the policy showed.
_DECIDED = frozenset({"Granted", "Permit", "Answer", "Held", "SeriesHeld", "Layout", "ShelfStudy"})
# These ask.
_ASK = frozenset({"permit", "ask_person", "_decided"})


def _name(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def _aliases(tree: ast.Module) -> frozenset[str]:
    """Names that stand for a parameter which a decision fills: TheLink = Annotated[Granted, Depends(Asks(…))]."""
    found: set[str] = set()
    for node in tree.body:
        if isinstance(node, ast.Assign) and _names_in(node.value) & _DECIDED:
            found.update(_name(target) for target in node.targets)
    return frozenset(found)


def _names_in(node: ast.AST) -> set[str]:
    return {_name(each) for each in ast.walk(node) if isinstance(each, ast.Name | ast.Attribute)}


def _is_ask(call: ast.Call) -> bool:
    if _name(call.func) in _ASK:
        return True
    # The portal's own question: `pages.study(me, …)` asks the policy, and refuses.
    first = call.args[0] if call.args else None
    return _name(call.func) == "study" and first is not None and _name(first) == "me"


def _functions(
    node: ast.AST, around: tuple[ast.FunctionDef | ast.AsyncFunctionDef, ...] = ()
) -> Iterator[tuple[ast.FunctionDef | ast.AsyncFunctionDef, ...]]:
    """Every function, behind those that it stands in."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
            yield (*around, child)
            yield from _functions(child, (*around, child))
        else:
            yield from _functions(child, around)


def _own(function: ast.AST) -> Iterator[ast.AST]:
    """What a function does itself, without what functions in it do."""
    for child in ast.iter_child_nodes(function):
        if not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
            yield child
            yield from _own(child)


def reading(source: str) -> dict[str, bool]:
    """Every function that reads the archive, and whether a decision stands before it."""
    tree = ast.parse(source)
    decided = _DECIDED | _aliases(tree)
    found: dict[str, bool] = {}
    for functions in _functions(tree):
        calls = [node for node in _own(functions[-1]) if isinstance(node, ast.Call)]
        reads = [call for call in calls if isinstance(call.func, ast.Attribute) and _name(call.func.value) in _READERS]
        if not reads:
            continue
        holds = any(
            argument.annotation is not None and _names_in(argument.annotation) & decided
            for function in functions
            for argument in (*function.args.args, *function.args.kwonlyargs)
        )
        asks = any(_is_ask(node) for function in functions for node in _own(function) if isinstance(node, ast.Call))
        found[".".join(function.name for function in functions)] = holds or asks
    return found


def test_every_function_of_the_doors_that_reads_the_archive_holds_a_decision() -> None:
    found = {
        f"{path.relative_to(_SOURCE)}: {name}": decided
        for door in _DOORS
        for path in sorted((_SOURCE / door).rglob("*.py"))
        for name, decided in reading(path.read_text()).items()
    }
    assert len(found) >= 25, "the doors have other names for the archive now; tell this test"
    assert [name for name, decided in found.items() if not decided] == []


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("def route(number: int):\n    return services.served.frame(number, 0)", {"route": False}),
        ("def route(me: Anybody, n: int):\n    return services.reports.told(n)", {"route": False}),
        ("def route(granted: Granted):\n    return served.frame(granted.number, 0)", {"route": True}),
        ("A = Annotated[Granted, X]\ndef route(one: A):\n    return served.frame(one.number, 0)", {"route": True}),
        ("def route(me):\n    sharing.ask_person(me, use, 1)\n    return self._retriever.one(1)", {"route": True}),
        ("def outer(granted: Granted):\n    def inner():\n        return retrieving.many(1)", {"outer.inner": True}),
        ("def route(n: int):\n    return n", {}),
    ],
)
def test_this_test_sees_what_it_is_for(source: str, expected: dict[str, bool]) -> None:
    assert reading(source) == expected
