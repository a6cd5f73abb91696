# How values cross between the tests and the candidate: plain data by value, as one line of JSON with
# tags; everything else by reference ("o"). Put in front of candidate.py and checker.py.
import builtins
import collections
import datetime
import json
from collections import Counter, OrderedDict, defaultdict, deque
from decimal import Decimal
from fractions import Fraction

SEQUENCES = {"l": list, "t": tuple, "s": set, "z": frozenset, "q": deque}
COUNTERS = {"Counter": Counter, "OrderedDict": OrderedDict, "defaultdict": defaultdict}
CHANGEABLE = (list, dict, set, bytearray, deque)
MOST_BYTES = 8 << 20  # of one message
TYPES = {name: kind for name, kind in vars(builtins).items()
         if isinstance(kind, type) and not issubclass(kind, BaseException)}
ERRORS = {name: kind for name, kind in vars(builtins).items()
          if isinstance(kind, type) and issubclass(kind, Exception)}


class Labels:
    """The changeable objects among the arguments of one call, numbered in the order in which they are
    met: what happens to one, and whether one comes back, is told by its number."""

    def __init__(self):
        self.objects = []
        self.numbers = {}
        self.growing = True

    def number(self, value):
        return self.numbers.get(id(value))

    def add(self, value):
        self.numbers[id(value)] = len(self.objects)
        self.objects.append(value)
        return len(self.objects) - 1


def encode(value, reference, labels=None):
    """Plain data as JSON; `reference(value)` encodes the rest. Subclasses of plain types become their
    base: what they hold counts, not how they compare."""
    if labels is not None and issubclass(type(value), CHANGEABLE):
        number = labels.number(value)
        if number is not None:
            return ["m", number]
        if labels.growing:
            return ["m", labels.add(value), encoded_content(value, reference, labels)]
    return encoded_content(value, reference, labels)


def encoded_content(value, reference, labels=None):
    if value is None or value is True or value is False or type(value) is str:
        return value
    own = type(value)  # not __class__, which a value may give as it likes
    inner = lambda one: encode(one, reference, labels)
    if issubclass(own, int):
        number = int.__index__(value)
        return number if abs(number) < 1 << 62 else ["i", hex(number)]
    if issubclass(own, float):
        return float.__float__(value)
    if issubclass(own, str):
        return str.__str__(value)
    if issubclass(own, tuple) and is_named_tuple(own):
        return ["N", own.__name__, list(own._fields), [inner(one) for one in tuple.__iter__(value)]]
    for tag, kind in SEQUENCES.items():
        if issubclass(own, kind):
            return [tag, [inner(one) for one in kind.__iter__(value)]]
    for name, kind in COUNTERS.items():
        if issubclass(own, kind):
            factory = TYPES.get(getattr(getattr(value, "default_factory", None), "__name__", None))
            return ["C", name, factory.__name__ if factory else None,
                    [[inner(k), inner(v)] for k, v in dict.items(value)]]
    if issubclass(own, dict):
        return ["d", [[inner(k), inner(v)] for k, v in dict.items(value)]]
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
    time = encoded_time(value, own)
    if time is not None:
        return time
    if issubclass(own, type) and TYPES.get(value.__name__) is value:
        return ["T", value.__name__]
    if issubclass(own, type) and issubclass(value, Exception):
        return encoded_error_class(value)
    return reference(value)


def is_named_tuple(kind):
    fields = getattr(kind, "_fields", None)
    return isinstance(fields, tuple) and all(type(name) is str for name in fields)


def encoded_time(value, own):
    """Dates and times of the standard library, of its own classes only."""
    if own is datetime.datetime and (value.tzinfo is None or type(value.tzinfo) is datetime.timezone):
        zone = None if value.tzinfo is None else value.utcoffset() // datetime.timedelta(microseconds=1)
        return ["Y", "datetime", [value.year, value.month, value.day, value.hour, value.minute,
                                  value.second, value.microsecond], zone]
    if own is datetime.date:
        return ["Y", "date", [value.year, value.month, value.day], None]
    if own is datetime.time and value.tzinfo is None:
        return ["Y", "time", [value.hour, value.minute, value.second, value.microsecond], None]
    if own is datetime.timedelta:
        return ["Y", "timedelta", [value.days, value.seconds, value.microseconds], None]
    return None


def decoded_time(kind, parts, zone):
    made = {"datetime": datetime.datetime, "date": datetime.date, "time": datetime.time,
            "timedelta": datetime.timedelta}[kind](*map(int, parts))
    if zone is None:
        return made
    return made.replace(tzinfo=datetime.timezone(datetime.timedelta(microseconds=int(zone))))


def encoded_error_class(kind):
    """An exception class: one of Python's by its name, another with its bases."""
    if ERRORS.get(kind.__name__) is kind:
        return ["X", kind.__name__]
    bases = [one for one in kind.__bases__ if issubclass(one, Exception)]
    return ["X", kind.__name__, id(kind), [encoded_error_class(one) for one in bases]]


def decode(data, reference, labels=None):
    """The inverse; `reference(tag, rest of the data)` is called for what this side has to make up."""
    if not isinstance(data, list):
        return data
    tag = data[0]
    inner = lambda one: decode(one, reference, labels)
    if tag == "m" and labels is not None:
        if len(data) == 2:
            return labels.objects[int(data[1])]
        return labelled(data[2], reference, labels)
    if tag in SEQUENCES:
        return SEQUENCES[tag](inner(one) for one in data[1])
    if tag == "N":
        return reference("N", [str(data[1]), tuple(map(str, data[2]))])(*map(inner, data[3]))
    if tag == "C":
        made = COUNTERS[data[1]]()
        fill(made, data, inner)
        return made
    if tag == "d":
        return {inner(k): inner(v) for k, v in data[1]}
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
    if tag == "Y":
        return decoded_time(data[1], data[2], data[3])
    if tag == "T":
        return TYPES[data[1]]
    if tag in ("o", "X"):
        return reference(tag, data[1:])
    raise ValueError("unknown tag")


def labelled(content, reference, labels):
    """A changeable object of the arguments, which has its number before what it holds is read."""
    tag = content[0]
    kind = {"l": list, "s": set, "q": deque, "d": dict, "B": bytearray}.get(tag)
    made = kind() if kind else COUNTERS[content[1]]()
    labels.add(made)
    fill(made, content, lambda one: decode(one, reference, labels))
    return made


def fill(made, content, inner):
    """Gives a changeable object the content that `content` says, in place."""
    tag = content[0]
    if tag in ("l", "q"):
        values = [inner(one) for one in content[1]]
        made.clear()
        made.extend(values)
    elif tag == "s":
        values = {inner(one) for one in content[1]}
        made.clear()
        made.update(values)
    elif tag == "B":
        made[:] = bytes.fromhex(content[1])
    elif tag in ("d", "C"):
        pairs = [(inner(k), inner(v)) for k, v in content[-1]]
        made.clear()
        for key, value in pairs:
            made[key] = value
        if tag == "C" and isinstance(made, defaultdict):
            made.default_factory = TYPES.get(content[2])
    else:
        raise ValueError("no content")


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
