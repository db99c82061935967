"""Every public function of the services, called with what a hostile caller would give it.

The functions are found by inspection, so that one written tomorrow is called tomorrow; a parameter that
nobody thought of makes the call fail with the wish to be told.
"""

import importlib
import inspect
import pkgutil
from collections.abc import Callable, Iterator
from io import BytesIO
from typing import Any
from zipfile import ZipFile

from aims import Aim
from asked import ASKED, CARRIED, NUMBERS, WRONG

from encaiss_dashboard import services
from encaiss_dashboard.storage.base import Record


def _discovered() -> dict[str, Callable[..., Any]]:
    found = {}
    for module in pkgutil.walk_packages(services.__path__, f"{services.__name__}."):
        for name, function in inspect.getmembers(importlib.import_module(module.name), inspect.isfunction):
            first = next(iter(inspect.signature(function).parameters), "")
            if function.__module__ == module.name and not name.startswith("_") and first == "work":
                found[f"{module.name.removeprefix(services.__name__ + '.')}.{name}"] = function
    return dict(sorted(found.items()))


FUNCTIONS = _discovered()
OF_ACCOUNTS = {"app_user", "login_session", "second_factor", "recovery_code", "account_mail", "act"}


def parameters(function: Callable[..., Any]) -> list[inspect.Parameter]:
    """Those that a caller names, after ``work``."""
    loose = {inspect.Parameter.VAR_KEYWORD, inspect.Parameter.VAR_POSITIONAL}
    every = list(inspect.signature(function).parameters.values())[1:]
    return [one for one in every if one.kind not in loose]


def values(function: Callable[..., Any], one: inspect.Parameter, aim: Aim) -> list[Any]:
    names = (f"{function.__name__}.{one.name}", f"{one.name}: {one.annotation!r}", one.name)
    asked = next((ASKED[name] for name in names if name in ASKED), None)
    assert asked, f"say in tests/asked.py what {function.__name__} is to be asked for as {one.name!r}"
    return asked(aim)


def calls(name: str, aim: Aim, client_ids: list[int | None]) -> Iterator[tuple[dict[str, Any], bool]]:
    """Arguments, and whether they are plausible: of the right types, so that only a refusal will do."""
    function = FUNCTIONS[name]
    named = [one for one in parameters(function) if one.name != "client_id"]
    asks_for_client = "client_id" in inspect.signature(function).parameters
    offered = {one.name: values(function, one, aim) for one in named}
    carried = next((make(aim) for end, make in CARRIED.items() if name.endswith(end)), {})
    for client_id in client_ids if asks_for_client else [None]:
        asked = {"client_id": client_id} if asks_for_client else {}
        first = {**carried, **asked, **{key: some[0] for key, some in offered.items()}}
        yield first, True
        for key, some in offered.items():
            for value in some[1:]:
                yield {**first, key: value}, True
            for value in WRONG:
                yield {**first, key: value}, False
    for value in (*NUMBERS, *WRONG) if asks_for_client else ():
        yield {**first, "client_id": value}, value in NUMBERS or value is None


def rows(house: Any) -> dict[str, list[dict[str, Any]]]:
    """Every row of every table by its table's name."""
    with house.engine.connect() as connection:
        return {
            name: [
                dict(row)
                for row in connection.execute(table.select().order_by(*table.primary_key)).mappings()
            ]
            for name, table in Record.metadata.tables.items()
        }


def not_of(user_id: int | None, every: dict[str, list[dict[str, Any]]], client_ids: list[int]) -> Any:
    """The rows that are neither of these clients nor of this person's own account."""

    def own(name: str, row: dict[str, Any]) -> bool:
        if name == "journal_head":
            return row["chain"] in {0, *client_ids}
        if row["id" if name == "client" else "client_id"] in client_ids if has_client(name) else False:
            return True
        whose = row["id"] if name == "app_user" else row.get("user_id")
        mine = user_id is not None and name in OF_ACCOUNTS and whose == user_id
        return mine and (name == "login_session" or row.get("client_id") is None)

    return {name: [row for row in some if not own(name, row)] for name, some in every.items()}


def has_client(name: str) -> bool:
    """Whether the rows of a table say whose they are."""
    return name == "client" or "client_id" in Record.metadata.tables[name].columns


def plain(found: Any) -> str:
    """Everything there is in an answer, records and what they hold included."""
    if hasattr(found, "model_dump"):
        return repr(found.model_dump())
    if isinstance(found, dict):
        return ", ".join(f"{plain(key)}: {plain(value)}" for key, value in found.items())
    if isinstance(found, list | tuple | set | frozenset):
        return ", ".join(map(plain, found))
    if isinstance(found, bytes):
        return _unpacked(found)
    if isinstance(getattr(found, "content", None), bytes):
        return f"{found!r}, {_unpacked(found.content)}"
    return repr(found)


def _unpacked(content: bytes) -> str:
    """A file as whoever opens it reads it, in archives as well."""
    if not content.startswith(b"PK\3\4"):
        return content.decode("utf-8", "replace")
    with ZipFile(BytesIO(content)) as archive:
        return ", ".join(f"{name}: {_unpacked(archive.read(name))}" for name in archive.namelist())
