"""What was done about earlier answers: pictures for the idle screen, which does without them where there are none."""

from firmware.questionnaire import Questionnaire
from protocol.errors import ProtocolError


class Texts:
    """`buffer` takes the picture that is loaded. `count`: how many there are; `problem`: why there are none, or ""."""

    def __init__(self, path: str, buffer: bytearray, proven: bool = False) -> None:
        self.count = 0
        self.problem = ""
        self._package: Questionnaire | None = None
        try:
            self._package = Questionnaire(path, proven, buffer, True)
            self.count = self._package.count
        except OSError:
            pass
        except ProtocolError as error:
            self.problem = str(error)

    def load(self, text: int) -> "tuple[int, int]":
        """Read a text into the buffer; returns its width and height. They are counted from 0."""
        assert self._package
        return self._package.load(text, True)

    def close(self) -> None:
        """Give the files back."""
        if self._package:
            self._package.close()
