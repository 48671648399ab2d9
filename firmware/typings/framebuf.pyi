# MicroPython's framebuf: drawing in a buffer of 1-bit pixels.
from typing_extensions import Buffer

MONO_VLSB: int
MONO_HLSB: int
MONO_HMSB: int

class FrameBuffer:
    def __init__(
        self, buffer: Buffer, width: int, height: int, format: int, stride: int = ..., /
    ) -> None: ...
    def fill(self, colour: int, /) -> None: ...
    def pixel(self, x: int, y: int, colour: int = ..., /) -> int | None: ...
    def hline(self, x: int, y: int, width: int, colour: int, /) -> None: ...
    def vline(self, x: int, y: int, height: int, colour: int, /) -> None: ...
    def line(self, x1: int, y1: int, x2: int, y2: int, colour: int, /) -> None: ...
    def rect(self, x: int, y: int, width: int, height: int, colour: int, fill: bool = ..., /) -> None: ...
    def fill_rect(self, x: int, y: int, width: int, height: int, colour: int, /) -> None: ...
    def ellipse(
        self,
        x: int,
        y: int,
        x_radius: int,
        y_radius: int,
        colour: int,
        fill: bool = ...,
        quadrants: int = ...,
        /,
    ) -> None: ...
    def text(self, text: str, x: int, y: int, colour: int = ..., /) -> None: ...
    def scroll(self, x_step: int, y_step: int, /) -> None: ...
    def blit(
        self,
        source: FrameBuffer | tuple[Buffer, int, int, int] | tuple[Buffer, int, int, int, int],
        x: int,
        y: int,
        transparent: int = ...,
        palette: FrameBuffer | None = ...,
        /,
    ) -> None: ...
