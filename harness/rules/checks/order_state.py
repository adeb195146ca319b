r"""The life of a request: which message may follow which, for one placer order number.

    NONE --NW--> REQUESTED --OK--> ACCEPTED --SR--> COMPLEMENTED --report--> REPORTED
                    |  \--OC--> REFUSED     |
                    \------CA--> CANCELLED <-CA

State is found again from the messages before, by ORC-2.1 and ORC-2.3. What is not in `NEXT` leaves
the state as it is; where that is wrong, or at least undefined, `TOLD` names the check that says so
(a row of `state.yaml`). Whether a message came first can only be told of a conversation that was
recorded whole.
Source: Volet Téléradiologie 0.1.0-ballot, volume 1 (cancellation, process), volume 2 (flow 4).
"""

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Final

from harness.rules.named import named
from harness.rules.orders import Order, orders
from harness.rules.rule import Check, Problem, Subject
from harness.text import Text, say

Event = str
State = str

NEXT: Final[Mapping[State, Mapping[Event, State]]] = {
    "NONE": {"NW": "REQUESTED"},
    "REQUESTED": {"CA": "CANCELLED", "OK": "ACCEPTED", "OC": "REFUSED"},
    "ACCEPTED": {"CA": "CANCELLED", "SR": "COMPLEMENTED"},
    "COMPLEMENTED": {"report": "REPORTED", "SR": "COMPLEMENTED"},
    "REPORTED": {"report": "REPORTED", "SR": "REPORTED"},
    "REFUSED": {},
    "CANCELLED": {},
}
# what is judged: state and event, and the name of the check that tells it
TOLD: Final[Mapping[tuple[State, Event], str]] = {
    ("NONE", "CA"): "state-none-cancel",
    ("NONE", "OK"): "state-none-answer",
    ("NONE", "OC"): "state-none-answer",
    ("NONE", "SR"): "state-none-complement",
    ("NONE", "report"): "state-none-report",
    ("NONE", "request"): "state-none-document",
    ("REQUESTED", "SR"): "state-requested-complement",
    ("REQUESTED", "report"): "state-early-report",
    ("ACCEPTED", "report"): "state-early-report",
    ("ACCEPTED", "OK"): "state-accepted-answer",
    ("ACCEPTED", "OC"): "state-accepted-answer",
    ("COMPLEMENTED", "CA"): "state-complemented-cancel",
    ("REPORTED", "CA"): "state-complemented-cancel",
    ("COMPLEMENTED", "OK"): "state-complemented-answer",
    ("COMPLEMENTED", "OC"): "state-complemented-answer",
    ("REPORTED", "OK"): "state-complemented-answer",
    ("REPORTED", "OC"): "state-complemented-answer",
    ("REFUSED", "CA"): "state-refused-cancel",
    ("REFUSED", "OK"): "state-refused-answer",
    ("REFUSED", "OC"): "state-refused-answer",
    ("REFUSED", "SR"): "state-refused-complement",
    ("REFUSED", "report"): "state-closed-report",
    ("CANCELLED", "CA"): "state-cancelled-cancel",
    ("CANCELLED", "OK"): "state-cancelled-answer",
    ("CANCELLED", "OC"): "state-cancelled-answer",
    ("CANCELLED", "SR"): "state-cancelled-complement",
    ("CANCELLED", "report"): "state-closed-report",
    **{(state, "NW"): "state-again" for state in NEXT if state != "NONE"},
}
_ORDERS: Final = {"1": "NW", "2": "CA", "4": "SR"}
_DOCUMENTS: Final = {"B": "request", "E": "report"}


def _event(subject: Subject, order: Order) -> Event:
    """What the message is for the order; empty for one that says nothing of its life."""
    if subject.kind == "3":
        return order.first("ORC-1")
    return _ORDERS.get(subject.kind) or _DOCUMENTS.get(subject.kind, "")


def state_of(subject: Subject, key: tuple[str, str]) -> State:
    """The state of an order before the message, by its number and the authority of that."""
    state = "NONE"
    for past in subject.earlier:
        for order in orders(past.message) if past.message else ():
            if _same(order.key, key):
                state = _after(state, _event(past, order))
    return state


def _same(one: tuple[str, str], other: tuple[str, str]) -> bool:
    """The same number; an authority that one of the two does not name does not part them."""
    return one[0] == other[0] and (one[1] == other[1] or not one[1] or not other[1])


def _after(state: State, event: Event) -> State:
    """A complement that came unanswered has been given all the same: what is wrong is told once."""
    if state == "REQUESTED" and event == "SR":
        return "COMPLEMENTED"
    return NEXT[state].get(event, state)


def _told(name: str, subject: Subject) -> Iterator[Problem]:
    for order in orders(subject.carried)[: 1 if subject.kind in ("4", *_DOCUMENTS) else None]:
        event = _event(subject, order)
        if not order.key[0] or not event:
            continue
        state = state_of(subject, order.key)
        if TOLD.get((state, event)) == name and (state != "NONE" or subject.recorded):
            # an unknown number, or one that is taken, is wrong itself; else what is asked of it is
            place = "ORC-2" if state == "NONE" or event == "NW" else "ORC-1"
            yield Problem(order.node(place).at, _expected(state), say(f"state.{state}"))


def _expected(state: State) -> Text:
    events = ", ".join(f"`{event}`" for event in NEXT[state])
    return say("state.events", events=events) if events else say("state.closed")


def _check(name: str) -> Check:
    return partial(_told, name)


for _name in dict.fromkeys(TOLD.values()):
    named(_name)(_check(_name))


@named("complement-names-a-new-study")
def new_study(subject: Subject) -> Iterator[Problem]:
    """A complement sent once more is about other exams: nothing says which of two would count."""
    done = {
        node.value
        for past in subject.earlier
        if past.kind == "4"
        for node in past.carried.at("IPC-3.1")
        if node.present and past.carried.raw != subject.carried.raw
    }
    for node in subject.carried.at("IPC-3.1"):
        if node.value in done:
            yield Problem(node.at, say("tlr.own_study"), say("state.study_again"))
