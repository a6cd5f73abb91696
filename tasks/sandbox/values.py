# How values cross between the tests and the candidate, as one line of JSON with tags: plain data by what
# it holds, everything else under a number (sharing.py). Put in front of both programs.
import builtins
import collections
import datetime
import json
import sys
import types
from collections import Counter, OrderedDict, defaultdict, deque
from decimal import Decimal
from fractions import Fraction

MOST_BYTES = 64 << 20  # of one message
DEEP = 6000  # calls of Python's within each other while a value is written or read
SEQUENCES = {"l": list, "t": tuple, "s": set, "z": frozenset, "q": deque}
COUNTERS = {"Counter": Counter, "OrderedDict": OrderedDict, "defaultdict": defaultdict}
CHANGEABLE = (list, dict, set, bytearray, deque)
VIEWS = {type(getattr(kind(), name)()): [kind.__name__, name]
         for kind in (dict, OrderedDict) for name in ("keys", "values", "items")}
TYPES = {name: kind for name, kind in vars(builtins).items()
         if isinstance(kind, type) and not issubclass(kind, BaseException)}
TYPES.update((kind.__name__, kind) for kind in
             (Counter, OrderedDict, defaultdict, deque, Decimal, Fraction, datetime.date, datetime.time,
              datetime.datetime, datetime.timedelta))
# Not taken for the library's: what acts when imported, and what is made to equal anything (mock.ANY).
UNTRUSTED = {"antigravity", "this", "test", "idlelib", "turtledemo", "lib2to3", "unittest", "__main__"}


def library_place(kind):
    """Where the standard library has this class: [module, name], or None."""
    module, name = kind.__module__, kind.__qualname__
    if type(module) is not str or type(name) is not str or not in_library(module):
        return None
    if module == "builtins" and not hasattr(builtins, name):
        module = "types"
        name = next((key for key, one in vars(types).items() if one is kind), name)
    return [module, name] if found_class(module, name) is kind else None


def in_library(module):
    root = module.partition(".")[0]
    return root in sys.stdlib_module_names and root not in UNTRUSTED


def found_class(module, name):
    found = sys.modules.get(module)
    for part in name.split("."):
        found = getattr(found, part, None)
    return found


def library_class(module, name):
    """The class at that place, imported; ValueError where there is none."""
    module, name = str(module), str(name)
    if not in_library(module):
        raise ValueError("not of the library")
    __import__(module)
    found = found_class(module, name)
    if not isinstance(found, type):
        raise ValueError("no class")
    return found


def encode(value, table):
    """Plain data as JSON. `table` numbers the rest, and what can be changed."""
    own = type(value)  # not __class__, which a value may give as it likes
    if own in CHANGEABLE or own in COUNTERS.values():
        return ["o", table.number(value)]
    data = encoded_plain(value, own, table)
    return table.other(value) if data is None and value is not None else data


def encoded_plain(value, own, table):
    """Data of exactly the class `own`, which cannot be changed; None for anything else."""
    if value is None or value is True or value is False or own is str:
        return value
    if value is Ellipsis or value is NotImplemented:
        return ["U", repr(value)]
    if own is int:
        number = int.__index__(value)
        return number if abs(number) < 1 << 62 else ["i", hex(number)]
    if own is float:
        return float.__float__(value)
    if own is tuple or own is frozenset:
        return ["t" if own is tuple else "z", [encode(one, table) for one in own.__iter__(value)]]
    if own is bytes:
        return ["b", bytes.hex(value)]
    if own is complex:
        return ["c", complex.real.__get__(value), complex.imag.__get__(value)]
    if own is range:
        return ["r", value.start, value.stop, value.step]
    if own is Fraction:
        return ["F", hex(value.numerator), hex(value.denominator)]
    if own is Decimal:
        return ["D", Decimal.__str__(value)]
    if own in VIEWS:
        return ["V", *VIEWS[own], [encode(one, table) for one in own.__iter__(value)]]
    if is_named_tuple(own):
        return ["N", own.__name__, list(own._fields),
                [encode(one, table) for one in tuple.__iter__(value)]]
    if issubclass(own, type):
        return encoded_class(value)
    time = encoded_time(value, own)
    return time if time is not None else encoded_library_value(value, own, table)


def is_named_tuple(kind):
    """A named tuple that has nothing of its own beside its fields."""
    fields = vars(kind).get("_fields")
    return (kind.__bases__ == (tuple,) and isinstance(fields, tuple)
            and all(type(name) is str for name in fields)
            and set(vars(kind)) <= OF_NAMED_TUPLES.union(fields))


OF_NAMED_TUPLES = {*vars(collections.namedtuple("Any", "")), "__annotations__", "__orig_bases__"}


def encoded_class(kind):
    """A class of Python's that tests name: of plain data, or an exception's."""
    if TYPES.get(kind.__name__) is kind:
        return ["T", kind.__name__]
    place = library_place(kind) if issubclass(kind, BaseException) else None
    return ["X", *place] if place else None


def encoded_time(value, own):
    """Dates and times of the standard library."""
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


# Values of the library that are equal where they hold the same: how each is written, and made again of it.
LIBRARY_VALUES = {
    "types.MappingProxyType": (dict, None),
    "builtins.memoryview": (lambda value: value.tobytes(), None),
    "builtins.slice": (lambda value: (value.start, value.stop, value.step), lambda kind, parts: kind(*parts)),
    "array.array": (lambda value: (value.typecode, value.tolist()), lambda kind, parts: kind(*parts)),
    "re.Pattern": (lambda value: (value.pattern, value.flags),
                   lambda kind, parts: __import__("re").compile(*parts)),
    "uuid.UUID": (str, None),
    "collections.UserList": (lambda value: value.data, lambda kind, data: around(kind, "data", data)),
    "collections.UserDict": (lambda value: value.data, lambda kind, data: around(kind, "data", data)),
    "collections.UserString": (lambda value: value.data, None),
    "collections.ChainMap": (lambda value: value.maps, lambda kind, maps: around(kind, "maps", maps)),
    **{"pathlib." + name: (str, None)
       for name in ("PosixPath", "PurePosixPath", "PureWindowsPath")},
    **{"ipaddress." + name: (str, None) for name in
       ("IPv4Address", "IPv6Address", "IPv4Network", "IPv6Network", "IPv4Interface", "IPv6Interface")},
}


def around(kind, name, inner):
    """The wrapper of the library around a list or dict that both sides share."""
    made = kind()
    setattr(made, name, inner)
    return made


def encoded_library_value(value, own, table):
    place = library_place(own) if in_library(str(own.__module__)) else None
    if not place or ".".join(place) not in LIBRARY_VALUES:
        return None
    return ["L", ".".join(place), encode(LIBRARY_VALUES[".".join(place)][0](value), table)]


def decoded_library_value(name, content):
    make = LIBRARY_VALUES[name][1] or (lambda kind, content: kind(content))
    return make(library_class(*name.split(".")), content)


def decode(data, table):
    """The inverse of encode."""
    if not isinstance(data, list):
        return data
    tag = data[0]
    if tag == "o":
        return table.existing(int(data[1]))
    if tag in ("t", "z"):
        return SEQUENCES[tag]([decode(one, table) for one in data[1]])
    if tag == "N":
        values = [decode(one, table) for one in data[3]]
        return table.named_tuple(str(data[1]), tuple(map(str, data[2])))(*values)
    if tag == "i":
        return int(data[1], 16)
    if tag == "b":
        return bytes.fromhex(data[1])
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
    if tag == "U":
        return {"Ellipsis": Ellipsis, "NotImplemented": NotImplemented}[data[1]]
    if tag == "X":
        return library_error(data[1], data[2])
    if tag == "E":
        return decoded_error(data, table)
    if tag == "V":
        return decoded_view(data[1], data[2], [decode(one, table) for one in data[3]])
    if tag == "L":
        return decoded_library_value(str(data[1]), decode(data[2], table))
    raise ValueError("unknown tag")


def decoded_view(kind, name, values):
    kind = {"dict": dict, "OrderedDict": OrderedDict}[kind]
    pairs = values if name == "items" else ([(one, None) for one in values] if name == "keys"
                                            else enumerate(values))
    return getattr(kind(pairs), {"keys": "keys", "values": "values", "items": "items"}[name])()


def library_error(module, name):
    """An exception class of the library. One that compares in its own way would compare for the candidate."""
    kind = library_class(module, name)
    if not issubclass(kind, BaseException) or kind.__eq__ is not object.__eq__:
        raise ValueError("no exception")
    return kind


def encoded_error(error, table):
    """An exception: class, arguments, what its class keeps beside them, attributes, cause."""
    kept = {name: getattr(error, name) for name in kept_names(type(error))}
    cause = error.__cause__ if isinstance(error.__cause__, BaseException) else None
    return ["E", encode(type(error), table), [encode(one, table) for one in BaseException.args.__get__(error)],
            {name: encode(one, table) for name, one in kept.items() if one is not None},
            {str(k): encode(one, table) for k, one in vars(error).items()}, encode(cause, table)]


def kept_names(kind):
    """errno and filename of an OSError, lineno of a SyntaxError and the like."""
    return [name for one in kind.__mro__ if library_place(one) for name, place in vars(one).items()
            if isinstance(place, types.MemberDescriptorType) and not name.startswith("_")]


def decoded_error(data, table):
    kind = decode(data[1], table)
    arguments = [decode(one, table) for one in data[2]]
    # Some of Python's own exceptions can be made by their own __new__ only (MemoryError, OSError).
    of_library = next(one for one in kind.__mro__ if library_place(one))
    try:
        made = of_library.__new__(kind, *arguments)
    except TypeError:
        made = BaseException.__new__(kind)
    made.args = tuple(arguments)
    for name, value in dict(data[3]).items():
        if name in kept_names(of_library):
            try:
                setattr(made, name, decode(value, table))
            except (AttributeError, TypeError):  # may only be read
                pass
    for name, value in dict(data[4]).items():
        made.__dict__[str(name)] = decode(value, table)
    if data[5] is not None:
        made.__cause__ = decode(data[5], table)
    return made


class Deep:
    """Values may be nested deeper than the candidate's own calls may."""

    def __enter__(self):
        self.before = sys.getrecursionlimit()
        sys.setrecursionlimit(max(self.before, DEEP))

    def __exit__(self, *error):
        sys.setrecursionlimit(self.before)


class Channel:
    """Messages over two pipes, one line of JSON each."""

    def __init__(self, read_end, write_end):
        self.reader = open(read_end, "rb", buffering=1 << 16)
        self.writer = open(write_end, "wb", buffering=1 << 16)

    def send(self, message):
        with Deep():
            self.writer.write(json.dumps(message).encode() + b"\n")
        self.writer.flush()

    def receive(self):
        line = self.reader.readline(MOST_BYTES)
        if not line.endswith(b"\n"):
            raise EOFError("an answer above %d bytes" % MOST_BYTES if line else "")
        with Deep():
            return json.loads(line)
