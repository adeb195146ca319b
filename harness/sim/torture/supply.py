"""The bytes that a case sends: its blocks, made when they are first needed."""

from harness.sim.torture import blocks as torture_blocks
from harness.sim.torture import text as torture_text
from harness.sim.torture.case import ANSWERS, Attack
from harness.sim.torture.peer import Arrival, Peer
from harness.sim.torture.terms import Terms


class Supply:
    """Blocks of one case by name. `ids`: MSH-10 of those that were sent or received."""

    def __init__(self, attack: Attack, terms: Terms, peer: Peer) -> None:
        self.attack = attack
        self.terms = terms
        self.peer = peer
        self.ids: dict[str, bytes] = {}
        self._held: dict[str, bytes] = {}

    def take(self, name: str, arrival: Arrival) -> None:
        """A message of the sender; answers are to it from now on."""
        self._held[name] = self._held["ack"] = arrival.block.data
        self.ids[name] = arrival.control_id

    def data(self, text: str, *, good: bool) -> bytes:
        """The bytes of a text. `good`: of a good exchange, whose answer is remembered."""
        blocks = {name: self._block(name) for name in torture_text.named(text)}
        if self.peer.sender and good:
            self.peer.last_ack = blocks.get("ack", self.peer.last_ack)
        return torture_text.read(text, blocks)

    def _block(self, name: str) -> bytes:
        made = self.attack.blocks.get(name)
        if self.peer.sender:  # answers are made anew each time
            if made:
                return torture_blocks.changed(self._block(made.like), made.change)
            return self._answer(name)
        if name not in self._held:
            raw = self.terms.sample(self._control_id(name))
            if made:
                raw = torture_blocks.changed(self._block(made.like), made.change)
            self._held[name] = raw
            self.ids[name] = torture_blocks.control_id(raw)
        return self._held[name]

    def _answer(self, name: str) -> bytes:
        """To the message that came last, to another one (`m1ack`), or the one given before."""
        if name == "before":
            return self.peer.last_ack
        if name in self._held and name not in ANSWERS:
            return self._held[name]  # the message itself, as an echo
        kind = name if name in ANSWERS else "ack"
        received = self._held["ack" if name in ANSWERS else name.removesuffix("ack")]
        self.peer.answers += 1
        number = f"{self.terms.mark}{self.peer.answers}"
        return torture_blocks.answer(kind, received, self.terms.wall(), number)

    def _control_id(self, name: str) -> str:
        return f"{self.terms.mark}{self.attack.id[5:].replace('-', '')}{name.upper()}"
