"""The order of turns, without processes and with a clock of its own."""

from minshu.sql.turns import HALF_LIFE, QUICK, REMEMBERED, SLOW, Ledger, Queue, Ticket


def ticket(client: str, flight: str | None = None, *, express: bool = True) -> Ticket:
    return Ticket(client, (), flight, express)


def drained(queue: Queue, seconds: float) -> list[str]:
    """The clients in the order of their turns, each query taking so long and the next beginning after it."""
    order, now = [], 0.0
    while (turn := queue.next(now, express=False)) is not None:
        queue.start(turn)
        now += seconds
        queue.end(turn, seconds, now)
        order.append(turn.client)
    return order


def joined(*clients: str, places: int = 100, each: int = 100) -> Queue:
    queue = Queue(places, each)
    for client in clients:
        queue.join(ticket(client))
    return queue


def test_clients_take_turns_however_many_queries_one_of_them_sends() -> None:
    assert drained(joined("a", "a", "a", "a", "b", "c"), 1) == ["a", "b", "c", "a", "a", "a"]


def test_first_come_first_served_within_a_client() -> None:
    queue = Queue(10, 10)
    tickets = [ticket("a") for _ in range(3)]
    for item in tickets:
        queue.join(item)
    for item in tickets:
        assert queue.next(0, express=False) is item
        queue.start(item)


def test_who_used_less_time_goes_before_who_came_first() -> None:
    queue = joined("glutton", "modest")
    for client, seconds in (("glutton", 5.0), ("modest", 0.1)):
        past = ticket(client)
        queue.join(past)
        queue.start(past)
        queue.end(past, seconds, 0)
    assert drained(queue, 0.1)[0] == "modest"


def test_who_has_a_query_running_goes_after_who_has_none() -> None:
    queue = joined("a", "a", "b")
    first = queue.next(0, express=False)
    assert first
    queue.start(first)
    second = queue.next(0, express=False)
    assert (first.client, second and second.client) == ("a", "b")


def test_what_was_used_is_forgotten() -> None:
    ledger = Ledger()
    ledger.charge("a", 8.0, 0)
    assert [round(ledger.used("a", HALF_LIFE * half).all, 6) for half in (0, 1, 3)] == [8, 4, 1]


def test_slow_queries_bar_from_the_express_lane_until_they_are_forgotten_and_quick_ones_never_do() -> None:
    queue = Queue(100, 100)
    for client, seconds in (("slow", SLOW + 1), *[("quick", QUICK)] * 20):
        past = ticket(client)
        queue.join(past)
        queue.start(past)
        queue.end(past, seconds, 0)
    slow, quick = ticket("slow"), ticket("quick")
    queue.join(slow)
    assert queue.next(0, express=True) is None
    queue.join(quick)
    assert queue.next(0, express=True) is quick
    queue.leave(quick)
    assert queue.next(HALF_LIFE * 2, express=True) is slow


def test_the_last_express_worker_is_for_those_who_were_answered_quickly_before() -> None:
    queue = Queue(100, 100)
    for client, answered in (("quick", True), ("refused", False)):
        past = ticket(client)
        queue.join(past)
        queue.start(past)
        queue.end(past, 0.01, 0, answered=answered)
    for client in ("new", "refused"):
        queue.join(ticket(client))
    assert queue.next(0, express=True, proven=True) is None
    assert queue.next(0, express=True)
    queue.join(ticket("quick"))
    found = queue.next(0, express=True, proven=True)
    assert found
    assert found.client == "quick"


def test_a_query_that_had_to_leave_the_express_lane_does_not_come_back_to_it() -> None:
    queue = Queue(10, 10)
    queue.join(ticket("a", express=False))
    assert queue.next(0, express=True) is None
    assert queue.next(0, express=False)


def test_whoever_asks_what_is_being_asked_waits_until_it_is_answered() -> None:
    queue = Queue(10, 10)
    first, same, other = ticket("a", "one"), ticket("b", "one"), ticket("b", "two")
    for item in (first, same, other):
        queue.join(item)
    queue.start(first)
    assert queue.next(0, express=False) is other
    queue.end(first, 0.1, 0)
    assert queue.next(0, express=False) is same


def test_a_full_queue_sends_away_the_latest_of_the_client_who_has_most_in_it() -> None:
    queue = joined("many", "many", "many", places=4)
    assert queue.overflow() is None
    for client in ("one", "two"):
        queue.join(ticket(client))
    late = queue.overflow()
    assert late
    assert late.client == "many"
    queue.leave(late)
    assert [queue.overflow(), len(queue)] == [None, 4]


def test_one_client_fills_no_more_than_its_own_places() -> None:
    queue = joined(*["a"] * 3, places=100, each=2)
    assert queue.overflow()


def test_the_ledger_forgets_those_who_used_least_first() -> None:
    ledger = Ledger()
    ledger.charge("glutton", 100.0, 0)
    for number in range(REMEMBERED + 10):
        ledger.charge(str(number), 0.1, 0)
    assert ledger.used("glutton", 0).all == 100
    assert ledger.used("0", 0).all == 0
