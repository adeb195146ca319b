"""A user class for Locust: each task plays an exam over MLLP and reports its messages to Locust.

    from harness.show.load.locust_user import TeleradUser

    class Ris(TeleradUser):
        host = "10.1.2.3:2575"

Needs the extra `locust`. Importing Locust replaces blocking calls of the whole process (gevent):
this module is for a process that Locust runs, and for no other.
"""

import random
import socket
import ssl
import time
from functools import cache
from typing import Final

from locust import User, constant, events, task
from locust.env import Environment

from harness.rules import profile as profiles
from harness.rules.profile import Profile
from harness.show.runs.surroundings import now
from harness.sim.judging import Judge
from harness.sim.load.exam import CASES, Exam, Said, Supply, make_case, make_supply, script
from harness.sim.network.tls import Tls, client_context
from harness.text import say
from harness.wire.er7 import Message
from harness.wire.mllp import Block, Framer, frame

_MOST: Final = 10**11  # seeds; control IDs have room for no more
_CHUNK: Final = 65536


class Anomaly(Exception):
    """What went wrong with a message, by the name that `telerad load` has for it, or by the rule
    that its acknowledgement breaks.
    """


@cache
def _profile(name: str) -> Profile:
    return profiles.load(name)


@events.init.add_listener  # type: ignore[untyped-decorator]  # Locust gives it no type
def _load_profiles(environment: Environment, **more: object) -> None:
    """Before the clock of the run starts: rules and the first messages take seconds."""
    for user in environment.user_classes:
        if issubclass(user, TeleradUser):
            rules = _profile(user.profile_name)
            steps = script(rules, user.role, hears=False, documents=user.documents)
            make_supply(rules, user.role, make_case(user.cases[0], 1, now()), steps, now())


class TeleradUser(User):
    """One RIS or platform with a connection of its own. `host` is HOST:PORT of the other side.

    Each message is a request of Locust's, of type MLLP, named after its flow.
    """

    abstract = True
    profile_name = profiles.DEFAULT
    role = "ris"
    documents = True
    cases = CASES
    ack_timeout = 10.0  # seconds
    tls: Tls | None = None
    wait_time = constant(1)

    def on_start(self) -> None:
        """A user begins."""
        self.rules = _profile(self.profile_name)
        self.steps = script(self.rules, self.role, hears=False, documents=self.documents)
        self._socket: socket.socket | None = None

    def on_stop(self) -> None:
        """A user ends."""
        self._close()

    @task
    def exam(self) -> None:
        """Play an exam, message after message, until one goes wrong."""
        seed = random.randrange(_MOST)  # noqa: S311  a number, no secret
        case = make_case(self.cases[seed % len(self.cases)], seed, now())
        exam = Exam(0, self.rules, self.role, Supply(case, {}), self.steps)
        while said := exam.say_next(now()):
            if not self.ask(said):
                return
            exam.done(said.flow)

    def ask(self, said: Said) -> bool:
        """Send a message, wait for its answer, tell Locust. True when it was accepted."""
        begin, wrong = time.perf_counter(), None
        try:
            said.answer = self._exchange(said.raw)
            self._look_at(said)
        except Anomaly as anomaly:
            wrong = anomaly
        except TimeoutError:
            wrong = self._gone("no_ack")
        except OSError:
            wrong = self._gone("closed" if self._socket else "unreachable")
        self.environment.events.request.fire(
            request_type="MLLP",
            name=f"{self.rules.id} {said.flow}",
            response_time=(time.perf_counter() - begin) * 1000,
            response_length=len(said.answer),
            exception=wrong,
            context={},
        )
        return wrong is None

    def _gone(self, kind: str) -> Anomaly:
        """Nothing more is to be had of the connection."""
        self._close()
        return _named(kind)

    def _exchange(self, raw: bytes) -> bytes:
        if self._socket is None:
            self._socket, self._framer = self._connect(), Framer()
        self._socket.sendall(frame(raw))
        while True:
            data = self._socket.recv(_CHUNK)
            if not data:
                raise ConnectionResetError
            self._framer.receive(data)
            for event in self._framer.events():
                if isinstance(event, Block):
                    return event.data
                raise _named("framing")

    def _connect(self) -> socket.socket:
        host, _, port = str(self.host).rpartition(":")
        host = host.strip("[]")
        found = socket.create_connection((host, int(port)), self.ack_timeout)
        if self.tls is None:
            return found
        context: ssl.SSLContext = client_context(self.tls)
        return context.wrap_socket(found, server_hostname=self.tls.name or host)

    def _look_at(self, said: Said) -> None:
        """Raises Anomaly for an answer of another message, a refusal, a broken rule."""
        request, answer = Message(said.raw), Message(said.answer)
        if answer.first("MSA-2") != request.first("MSH-10"):
            self._close()
            raise _named("stray_ack")
        if answer.first("MSA-1") != "AA":
            raise _named("refused")
        judged = Judge(self.rules).answer(answer, request, "")
        for outcome in judged.outcomes:
            if outcome.verdict.word in ("fail", "error"):
                raise Anomaly(f"{outcome.rule.id} {outcome.rule.says.en}")

    def _close(self) -> None:
        if self._socket:
            self._socket.close()
        self._socket = None


def _named(kind: str) -> Anomaly:
    return Anomaly(f"{kind}: {say(f'load.anomaly.{kind}').en}")
