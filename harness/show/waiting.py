"""What the terminal says while a run waits for a real system: for what, where, how long, what came.

On a terminal one line counts down in place; elsewhere each thing is told once.
"""

from harness.show.terminal import Terminal
from harness.show.words import visible
from harness.sim.actor import APPLICATIONS, Name
from harness.sim.network.net import Address
from harness.text import say


class Waiting:
    """The line that waits. `names` are application and facility of each role, as far as known."""

    def __init__(self, terminal: Terminal, names: dict[str, Name]) -> None:
        self.terminal = terminal
        self.names = {**APPLICATIONS, **names}
        self.where: Address = ("-", 0)
        self._head = ""
        self._seen = ""
        self._shown = 0

    def listens(self, role: str, at: Address) -> None:
        """We listen, as `role`."""
        self.where = at
        text = self.terminal.tr("term.listens", role=say(f"role.{role}"), where=f"{at[0]}:{at[1]}")
        self.terminal.line((text, "bold"))

    def begins(self, flow: str, role: str, seconds: float) -> None:
        """A wait for a message of `role` begins."""
        application, facility = self.names["platform" if role == "ris" else "ris"]
        host, port = self.where
        self._head = self.terminal.tr(
            "term.waits",
            flow=flow,
            role=say(f"role.{role}"),
            where=f"{host}:{port}",
            name=f"{application}|{facility}",
        )
        self._seen = ""
        self.terminal.line((f"       … {self._head} ({seconds:g} s)", "dim"))

    def left(self, seconds: float) -> None:
        """Another second has passed."""
        if self._head and self.terminal.console.is_terminal:
            told = self.terminal.tr("term.left", seconds=f"{seconds:.0f}")
            self._show(f"       … {told}{self._seen}")

    def came(self, peer: str) -> None:
        """Somebody opened a connection."""
        self._met(self.terminal.tr("term.came", peer=peer))

    def strange(self, flow: str, order: str) -> None:
        """A message came that is about no step."""
        self._met(self.terminal.tr("term.strange", flow=flow, order=order or "-"))

    def over(self) -> None:
        """What was waited for has come, or will not: the line is cleared."""
        self._show("")
        self._head = ""

    def _met(self, text: str) -> None:
        if not self._head:
            return
        if self.terminal.console.is_terminal:
            self._seen = f" · {text}"
        else:
            self.terminal.line((f"         · {text}", "dim"))

    def _show(self, text: str) -> None:
        """In the place of what stood in this line."""
        if not (text or self._shown):
            return
        width = max(self.terminal.console.width - 1, 20)
        shown = visible(text)[:width]
        blank = " " * max(0, self._shown - len(shown))
        self.terminal.console.print(f"{shown}{blank}", end="\r", style="dim", markup=False)
        self._shown = len(shown)
