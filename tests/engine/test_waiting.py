"""How often the results of children are looked for."""

from __future__ import annotations

from contextlib import ExitStack

from app.engine.durable import Waiting


def test_few_look_often_and_many_take_no_more_of_the_database_than_a_few() -> None:
    looks_a_second = dict[int, float]()
    waiting = Waiting()
    with ExitStack() as all_of_them:
        for count in range(1, 501):
            all_of_them.enter_context(waiting.one_more())
            looks_a_second[count] = count / waiting.every_s
    assert (looks_a_second[1], looks_a_second[2]) == (10, 20)
    assert max(looks_a_second[count] for count in range(3, 41)) < 20.1
    assert looks_a_second[500] == 250  # each still looks every two seconds
    assert waiting.every_s == 0.1
