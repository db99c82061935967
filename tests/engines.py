"""Engines that last for more than one test, for databases that do not."""

from typing import Any

from sqlalchemy import Engine, event, text
from sqlalchemy.engine import make_url

from encaiss_dashboard.storage.engine import make_engine

_kept: dict[str, Engine] = {}


def administer(url: str, statement: str) -> None:
    """Do what no transaction may: make a database, or remove one."""
    engine = _kept.get(url) or _kept.setdefault(url, make_engine(url))
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text(statement))


def pointed_at(address: str) -> Engine:
    """One engine for the small databases of a kind, pointed at one after the other.

    What SQLAlchemy compiled for one test it need not compile for the next: a quarter of all their time.
    Who asked for it gives its connections back (``dispose``) before it is pointed elsewhere.
    """
    url = make_url(address)
    engine = _kept.get(url.get_backend_name())
    if engine is None:
        engine = _kept[url.get_backend_name()] = make_engine(address)

        @event.listens_for(engine, "do_connect")
        def _connect(dialect: Any, _record: Any, args: list[Any], options: dict[str, Any]) -> None:
            args[:], chosen = dialect.create_connect_args(engine.url)
            options.update(chosen)

    engine.url = url.set(drivername=engine.url.drivername)
    return engine


def dispose() -> None:
    """Close whatever is open."""
    for engine in _kept.values():
        engine.dispose()
