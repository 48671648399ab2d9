"""Parameters of an address that a route does not know are errors: a misspelt filter must not be ignored."""

from collections.abc import Callable, Collection, Iterable
from typing import Any

from fastapi import Depends, Request

from server.api.problems import ProblemError, in_query, wrong_fields


def refuse_unknown(items: Iterable[tuple[str, str]], known: Collection[str], lists: Collection[str] = ()) -> None:
    """`lists`: those of the known ones that may be given more than once. Raises ProblemError that names each."""
    errors, seen = {}, set()
    for name, _ in items:
        if name not in known:
            names = f"Known are {', '.join(known)}." if known else "None is known."
            errors[name] = in_query(name, f"is not known here. {names}")
        elif name in seen and name not in lists:
            errors[name] = in_query(name, "is given twice.")
        seen.add(name)
    if errors:
        raise ProblemError(wrong_fields(*errors.values()))


def only(*known: str, lists: Collection[str] = ()) -> Any:
    """For a route's `dependencies`: it knows these parameters of the address, and no others."""

    def checked(request: Request) -> None:
        refuse_unknown(request.query_params.multi_items(), known, lists)

    dependency: Callable[[Request], None] = checked
    return Depends(dependency)
