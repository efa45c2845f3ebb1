"""Turns at the processor: in order, one round after the other, and given up without a trace."""

import threading

from explorer.waiting import until
from thalweg.explorer.turns import Turns


def never() -> bool:
    return False


def test_who_asks_first_is_served_first():
    turns, served = Turns(1), []
    assert turns.take(never)
    threads = []
    for name in "abc":
        threads.append(threading.Thread(target=lambda name=name: (turns.take(never), served.append(name), turns.leave())))
        threads[-1].start()
        until(lambda: turns.waiting == len(threads))
    assert served == []
    turns.leave()
    for thread in threads:
        thread.join(60)
    assert served == ["a", "b", "c"]
    assert turns.waiting == 0


def test_who_lets_others_goes_to_the_end_of_the_line():
    turns, log = Turns(1), []
    assert turns.take(never)

    def work(name: str) -> None:
        turns.take(never)
        for _ in range(50):
            log.append(name)
            turns.let_others(never)
        turns.leave()

    threads = [threading.Thread(target=work, args=(name,)) for name in "abc"]
    for count, thread in enumerate(threads, start=1):
        thread.start()
        until(lambda count=count: turns.waiting == count)
    turns.leave()
    for thread in threads:
        thread.join(60)
    assert log == ["a", "b", "c"] * 50


def test_alone_nobody_waits():
    turns = Turns(1)
    assert turns.take(never)
    assert turns.let_others(lambda: True)  # asks nobody, for there is nobody to let
    turns.leave()
    assert turns.take(lambda: True)


def test_there_are_so_many_places():
    turns = Turns(2)
    assert turns.take(never)
    assert turns.take(never)
    assert not turns.take(lambda: True)


def test_who_gives_up_leaves_the_line_and_no_turn():
    turns = Turns(1)
    assert turns.take(never)
    assert not turns.take(lambda: True)
    assert turns.waiting == 0
    other = threading.Thread(target=lambda: turns.take(never))
    other.start()
    until(lambda: turns.waiting == 1)
    assert not turns.let_others(lambda: True)  # the turn is the other's now
    other.join(60)
    assert not turns.take(lambda: True)
    turns.leave()
    assert turns.take(never)


class Reader:
    """Someone for whom several ask."""


def test_who_asks_for_much_has_no_more_turns_than_who_asks_for_little():
    turns, log = Turns(1), []
    many, one = Reader(), Reader()
    assert turns.take(never)

    def work(who: Reader, name: str) -> None:
        turns.take(never, who)
        for _ in range(30):
            log.append(name)
            turns.let_others(never, who)
        turns.leave()

    names = [(many, "many")] * 5 + [(one, "one")]
    threads = [threading.Thread(target=work, args=each) for each in names]
    for count, thread in enumerate(threads, start=1):
        thread.start()
        until(lambda count=count: turns.waiting == count)
    turns.leave()
    for thread in threads:
        thread.join(60)
    assert log[:60] == ["many", "one"] * 30
