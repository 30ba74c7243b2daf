"""The database that holds the gradebook: nbgrader's SQLite file, or a PostgreSQL server.

What goes wrong with a server is told in one sentence, which never quotes the address as it was
typed: there may be a password in it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, InterfaceError, OperationalError

from autograder.faults import Fault

#: Seconds until a server that does not answer counts as not there.
CONNECT_SECONDS = 10

_HOW = "postgresql://USER:PASSWORD@HOST/DATABASE or sqlite:///FILE"


def database_url(text: str) -> str:
    """The address of a gradebook as SQLAlchemy takes it.

    Parameters
    ----------
    text : str
        As nbgrader's ``CourseDirectory.db_url``; ``postgresql://`` means psycopg 3.

    Returns
    -------
    str
        With the password, if there is one: not to be printed.

    Raises
    ------
    autograder.faults.Fault
        If it is no address of a database that can be used here.
    """
    try:
        url = make_url(text)
    except (ArgumentError, ValueError):  # these quote what was typed
        raise Fault(
            f"the address of the gradebook cannot be read: it is written {_HOW}. Characters like "
            "@ : / % in the password are written %40 %3A %2F %25."
        ) from None
    if url.drivername in ("postgresql", "postgres"):
        url = url.set(drivername="postgresql+psycopg")
    if url.get_backend_name() not in ("postgresql", "sqlite"):
        raise Fault(f"a gradebook can be in PostgreSQL or SQLite: its address is written {_HOW}.")
    if text.count("@") > 1 or "@" in (url.database or ""):
        raise Fault(
            "the address of the gradebook is not clear: characters like @ : / % in the user's name "
            "or the password are written %40 %3A %2F %25."
        )
    if url.drivername == "postgresql+psycopg" and "connect_timeout" not in url.query:
        url = url.update_query_dict({"connect_timeout": str(CONNECT_SECONDS)})
    return url.render_as_string(hide_password=False)


def _place(url: URL) -> str:
    """Where a server is and what its database is called; nothing else of an address."""
    host = url.host or url.query.get("host") or "this machine"
    port = f":{url.port}" if url.port else ""
    return f"{host}{port}/{url.database or ''}"


#: Parts of what PostgreSQL says, and what to do about it.
_WAYS_OUT = (
    (
        ("password authentication failed", "no password supplied"),
        "refuses the user's name or the password: put the right ones into the address, or the "
        "password into the variable PGPASSWORD or the file ~/.pgpass.",
    ),
    (("no pg_hba.conf entry",), "refuses connections from here: allow them in its pg_hba.conf."),
    (
        ("does not exist",),
        "has no such database or user: let its administrator make them, for example with createdb.",
    ),
    (("permission denied",), "does not let this user make or change tables: grant it the rights."),
    (
        ("failed to resolve", "could not translate", "Name or service not known"),
        "cannot be found: its name is wrong, or the network is off.",
    ),
    (
        ("Connection refused", "No such file", "timeout", "timed out", "unreachable"),
        "does not answer: start it, or correct the address.",
    ),
    (("too many connections", "too many clients"), "has no free connection: try again later."),
)


def sentence(error: DBAPIError, address: str) -> str:
    """What is wrong with a gradebook, and what to do, in one sentence.

    Parameters
    ----------
    error : sqlalchemy.exc.DBAPIError
    address : str
        As `database_url` returned it.
    """
    url = make_url(address)
    said = str(error.orig)
    if url.get_backend_name() == "sqlite":
        return f"the gradebook cannot be used: {said}."
    server = f"the gradebook's server {_place(url)}"
    for parts, way_out in _WAYS_OUT:
        if any(part in said for part in parts):
            return f"{server} {way_out} What was graded so far is kept."
    if isinstance(error, (OperationalError, InterfaceError)):
        return (
            f"{server} went away: start it again and run the same command. What was graded so far "
            "is kept, and grading goes on from there."
        )
    return (
        f"{server} refuses what it was told ({type(error.orig).__name__}); nothing of it was kept. "
        "Its log says more."
    )


@contextmanager
def explained(address: str) -> Iterator[None]:
    """Let a database's errors leave the body as a sentence, without what stood in the address.

    Parameters
    ----------
    address : str
        As `database_url` returned it, or nbgrader's own.

    Raises
    ------
    autograder.faults.Fault
    """
    try:
        yield
    except DBAPIError as error:
        raise Fault(sentence(error, address)) from None
    except ModuleNotFoundError as error:
        if error.name != "psycopg":
            raise
        raise Fault(
            "PostgreSQL needs psycopg, which is not installed: `pip install 'psycopg[binary]'`."
        ) from None
