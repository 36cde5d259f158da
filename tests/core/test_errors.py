from __future__ import annotations

import pickle

from app.core.errors import Conflict, NotFound, TenexError, Unauthorized


class Demanding(TenexError):
    """An error whose constructor takes what a plain copy would not give it."""

    code = "demanding"

    def __init__(self, message: str, *, code: str, retryable: bool) -> None:
        super().__init__(message, extra={"fact": 1})
        self.code, self.retryable = code, retryable


def test_an_error_is_its_message_code_and_facts() -> None:
    error = Conflict("It is there already.", extra={"id": "7"})
    assert str(error) == error.message == "It is there already."
    assert error.as_body() == {"detail": "It is there already.", "code": "conflict", "id": "7"}


def test_facts_of_one_error_are_not_those_of_another() -> None:
    NotFound("a").extra["x"] = 1
    assert NotFound("b").extra == {}


def test_an_error_survives_the_way_between_processes() -> None:
    error = pickle.loads(pickle.dumps(Demanding("no", code="special", retryable=True)))
    assert isinstance(error, Demanding)
    assert (str(error), error.code, error.retryable, error.extra) == ("no", "special", True, {"fact": 1})


def test_only_some_errors_have_headers() -> None:
    assert dict(Unauthorized("x").headers) == {"WWW-Authenticate": "Bearer"}
    assert dict(NotFound("x").headers) == {}
