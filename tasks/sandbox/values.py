# How values cross between the tests and the candidate: plain data by value, as one line of JSON with
# tags; everything else by reference ("o"). Put in front of candidate.py and checker.py.
import builtins
import json
from collections import deque
from decimal import Decimal
from fractions import Fraction

SEQUENCES = {"l": list, "t": tuple, "s": set, "z": frozenset, "q": deque}
MOST_BYTES = 8 << 20  # of one message
TYPES = {name: kind for name, kind in vars(builtins).items()
         if isinstance(kind, type) and not issubclass(kind, BaseException)}


def encode(value, reference):
    """Plain data as JSON; `reference(value)` encodes the rest. Subclasses of plain types become their
    base: what they hold counts, not how they compare."""
    if value is None or value is True or value is False or type(value) is str:
        return value
    own = type(value)  # not __class__, which a value may give as it likes
    if issubclass(own, int):
        number = int.__index__(value)
        return number if abs(number) < 1 << 62 else ["i", hex(number)]
    if issubclass(own, float):
        return float.__float__(value)
    if issubclass(own, str):
        return str.__str__(value)
    for tag, kind in SEQUENCES.items():
        if issubclass(own, kind):
            return [tag, [encode(one, reference) for one in kind.__iter__(value)]]
    if issubclass(own, dict):
        return ["d", [[encode(k, reference), encode(v, reference)] for k, v in dict.items(value)]]
    if issubclass(own, (bytes, bytearray)):
        return ["b" if issubclass(own, bytes) else "B", bytes(value).hex()]
    if issubclass(own, complex):
        return ["c", value.real, value.imag]
    if own is range:
        return ["r", value.start, value.stop, value.step]
    if issubclass(own, Fraction):
        return ["F", hex(value.numerator), hex(value.denominator)]
    if issubclass(own, Decimal):
        return ["D", str(value)]
    if issubclass(own, type) and TYPES.get(value.__name__) is value:
        return ["T", value.__name__]
    return reference(value)


def decode(data, reference):
    """The inverse; `reference(id, type name)` is called for what came by reference."""
    if not isinstance(data, list):
        return data
    tag = data[0]
    if tag in SEQUENCES:
        return SEQUENCES[tag](decode(one, reference) for one in data[1])
    if tag == "d":
        return {decode(k, reference): decode(v, reference) for k, v in data[1]}
    if tag == "i":
        return int(data[1], 16)
    if tag == "b":
        return bytes.fromhex(data[1])
    if tag == "B":
        return bytearray.fromhex(data[1])
    if tag == "c":
        return complex(float(data[1]), float(data[2]))
    if tag == "r":
        return range(int(data[1]), int(data[2]), int(data[3]))
    if tag == "F":
        return Fraction(int(data[1], 16), int(data[2], 16))
    if tag == "D":
        return Decimal(str(data[1]))
    if tag == "T":
        return TYPES[data[1]]
    if tag == "o":
        return reference(int(data[1]), str(data[2]))
    raise ValueError("unknown tag")


class Channel:
    """Messages over two pipes, one line of JSON each."""

    def __init__(self, read_end, write_end):
        self.reader = open(read_end, "rb", buffering=1 << 16)
        self.writer = open(write_end, "wb", buffering=1 << 16)

    def send(self, message):
        self.writer.write(json.dumps(message).encode() + b"\n")
        self.writer.flush()

    def receive(self):
        line = self.reader.readline(MOST_BYTES)
        if not line.endswith(b"\n"):
            raise EOFError("an answer above %d bytes" % MOST_BYTES if line else "")
        return json.loads(line)
