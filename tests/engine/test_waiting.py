"""How often the results of children are looked for."""

from __future__ import annotations

from contextlib import ExitStack

import pytest

from app.engine.durable import Waiting


def test_few_look_often_and_many_do_not_take_the_database_for_themselves() -> None:
    waiting, pauses = Waiting(), list[float]()
    with ExitStack() as all_of_them:
        for _ in range(500):
            all_of_them.enter_context(waiting.one_more())
            pauses.append(waiting.every_s)
    looks_a_second = [sum(1 / pause for pause in pauses[:count]) for count in (1, 2, 40, 500)]
    assert looks_a_second == pytest.approx([10, 20, 75.6, 305.6], abs=0.1)
    assert waiting.every_s == 0.1
