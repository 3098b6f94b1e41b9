"""A program at a terminal of its own."""

import os
import pty
import re
import select
import subprocess
import time

from .cli import BINARY, _environment
from .waiting import PATIENCE


class Terminal:
    """Runs `arguments` of the program under test, or `command`; killed when `case` ends.

    With `only`, one stream ("stdout" or "stderr") is the terminal and the others are /dev/null;
    without, all three are."""

    def __init__(self, case, arguments=(), *, command=None, env=None, only=None):
        self.text = ""
        self._master, slave = pty.openpty()
        streams = dict.fromkeys(("stdin", "stdout", "stderr"), slave)
        if only:
            streams = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL,
                       "stderr": subprocess.DEVNULL, only: slave}
        plain = {"TERM": "xterm", "NO_COLOR": "", **(env or {})}
        self.process = subprocess.Popen(command or [BINARY, *map(str, arguments)], **streams,
                                        env=_environment(plain), start_new_session=True)
        os.close(slave)
        case.addCleanup(self.close)

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(PATIENCE)
        os.close(self._master)

    def type(self, keys):
        os.write(self._master, keys.encode())

    def wait_for(self, pattern, patience=PATIENCE):
        """Reads until `pattern` has come; returns its match and forgets what came before its end."""
        until = time.monotonic() + patience
        while not (found := re.search(pattern, self.text)):
            left = until - time.monotonic()
            assert left > 0 and self._read(left), f"no {pattern!r} in {self.text!r}"
        self.text = self.text[found.end():]
        return found

    def read_to_end(self):
        """All that is still to come; the program has to end by itself."""
        until = time.monotonic() + PATIENCE
        while (left := until - time.monotonic()) > 0 and self._read(left):
            pass
        assert left > 0, f"no end after {self.text!r}"
        return self.text

    def _read(self, patience):
        if not select.select([self._master], [], [], patience)[0]:
            return False
        try:
            piece = os.read(self._master, 65536)
        except OSError:  # what Linux says when the last one at the terminal has gone
            return False
        self.text += piece.decode(errors="replace")
        return bool(piece)
