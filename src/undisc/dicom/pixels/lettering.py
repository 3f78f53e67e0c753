"""Words on pictures, in dots: enough for a name, an ID and a date. For worker processes only."""

import unicodedata

import numpy as np

_WIDTH, _HEIGHT, _STEP = 5, 7, 6
# Seven rows of five dots, a byte a row, the leftmost dot in bit 4. Small letters are shown as capitals.
_GLYPHS = {
    "A": "0e11111f111111",
    "B": "1e11111e11111e",
    "C": "0f10101010100f",
    "D": "1e11111111111e",
    "E": "1f10101e10101f",
    "F": "1f10101e101010",
    "G": "0f10101311110f",
    "H": "1111111f111111",
    "I": "0e04040404040e",
    "J": "0702020202120c",
    "K": "11121418141211",
    "L": "1010101010101f",
    "M": "111b1515111111",
    "N": "11191915131311",
    "O": "0e11111111110e",
    "P": "1e11111e101010",
    "Q": "0e11111115120d",
    "R": "1e11111e141211",
    "S": "0f10100e01011e",
    "T": "1f040404040404",
    "U": "1111111111110e",
    "V": "11111111110a04",
    "W": "11111115151b11",
    "X": "11110a040a1111",
    "Y": "11110a04040404",
    "Z": "1f01020408101f",
    "0": "0e11131519110e",
    "1": "040c040404040e",
    "2": "0e11010608101f",
    "3": "1e01010e01011e",
    "4": "02060a121f0202",
    "5": "1f101e0101110e",
    "6": "0e10101e11110e",
    "7": "1f010204080808",
    "8": "0e11110e11110e",
    "9": "0e11110f01010e",
    " ": "00000000000000",
    ".": "00000000000c0c",
    ",": "000000000c0408",
    "-": "0000001f000000",
    "_": "0000000000001f",
    ":": "000c0c000c0c00",
    "/": "01010204081010",
    "(": "02040808080402",
    ")": "08040202020408",
    "+": "0004041f040400",
    "=": "00001f001f0000",
    "*": "00150e1f0e1500",
    "#": "0a0a1f0a1f0a0a",
    "'": "04040800000000",
    "?": "0e110106040004",
    "&": "0c12140815120d",
    "%": "19190204081313",
    "[": "0e08080808080e",
    "]": "0e02020202020e",
    "<": "02040810080402",
    ">": "08040201020408",
    "!": "04040404040004",
}
_MOST_LETTERS = 64


def inscribe(picture: np.ndarray, lines: tuple[list[str], list[str]]) -> np.ndarray:
    """The picture, u1 grey or RGB, with lines at its upper left and its lower left edge, white on a black rim."""
    shown = np.array(picture)
    size = max(1, min(shown.shape[:2]) // 256)
    upper, lower = lines
    pitch = (_HEIGHT + 3) * size
    for number, line in enumerate(upper):
        _write(shown, line, size, 2 * size + number * pitch)
    for number, line in enumerate(lower):
        _write(shown, line, size, shown.shape[0] - (len(lower) - number) * pitch)
    return shown


def _write(shown: np.ndarray, line: str, size: int, top: int) -> None:
    plain = unicodedata.normalize("NFKD", line[:_MOST_LETTERS]).upper()
    letters = [letter for letter in plain if not unicodedata.combining(letter)]
    dots = np.zeros((_HEIGHT + 2, len(letters) * _STEP + 2), bool)
    for number, letter in enumerate(letters):
        rows = np.frombuffer(bytes.fromhex(_GLYPHS.get(letter, _GLYPHS["?"])), "u1")
        left = 1 + number * _STEP
        dots[1:-1, left : left + _WIDTH] = np.unpackbits(rows[:, None], axis=1)[:, 3:]
    rim = dots.copy()
    for down in (-1, 0, 1):
        for along in (-1, 0, 1):
            rim |= np.roll(dots, (down, along), (0, 1))
    large, large_rim = (np.repeat(np.repeat(grid, size, 0), size, 1) for grid in (dots, rim))
    left = 2 * size
    if top < 0 or top >= shown.shape[0] or left >= shown.shape[1]:
        return  # the picture is too small for so much text
    part = shown[top : top + large.shape[0], left : left + large.shape[1]]
    part[large_rim[: part.shape[0], : part.shape[1]]] = 0
    part[large[: part.shape[0], : part.shape[1]]] = 255
