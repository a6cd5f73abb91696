# The candidate's objects as the tests see them. A stand-in's class has the special methods that the
# candidate's class has and no others, so that what Python refuses for the one it refuses for the other;
# they ask the candidate. An object of a class derived from plain data is plain data here too: what it
# holds counts, not how it compares.


class Lost(BaseException):
    """The candidate's process ended, or stopped talking sense."""


class Unsupported(BaseException):
    """The tests want what cannot cross to the candidate. No test's `except Exception` may catch it."""


LINK = []  # the connection, one in a process

# What the candidate may say of its objects, as it might by a method of any other name.
ASKED = {"__%s__" % name for name in (
    "iter next len bool getitem setitem delitem reversed missing str repr format enter").split()}
COMPARING = {"__eq__", "__ne__", "__lt__", "__le__", "__gt__", "__ge__"}


class StandIn:
    __slots__ = ()

    def __getattr__(self, name):
        return LINK[0].ask("attribute", (self,), name)

    def __setattr__(self, name, value):
        LINK[0].ask("assign", (self,), name, (value,))

    def __delattr__(self, name):
        LINK[0].ask("remove", (self,), name)

    def __copy__(self):
        return LINK[0].ask("copied", (self,), False)

    def __deepcopy__(self, memo):
        return LINK[0].ask("copied", (self,), True)

    def __reduce_ex__(self, protocol):
        unable("pickle an object of its class %s", self)

    def __mro_entries__(self, bases):
        unable("derive a class from its %s", self)

    def __instancecheck__(self, value):
        return LINK[0].ask("instance", (self,), (value,))

    def __subclasscheck__(self, value):
        return LINK[0].ask("subclass", (self,), (value,))


class Remote(StandIn):
    """An object of the candidate that is not plain data. Equal to itself only: how it would compare is
    for the candidate to say, and therefore worth nothing."""
    __slots__ = ()

    def __eq__(self, other):
        if self is other:
            return True
        kind, others = type(self), type(other)
        if others is type and issubclass(other, StandIn):
            unable("compare its class %s with a class", self)
        # What the program's own class says of plain data is no verdict: it is no such data.
        asked = kind.compares_in_library or (kind.compares and issubclass(others, StandIn))
        if not asked or LINK[0].table.arriving:
            return NotImplemented
        answer = LINK[0].ask("answers", (self,), "__eq__", [other])
        if answer:
            unable("compare objects of its class %s", self)
        return NotImplemented if answer is None else False

    def __hash__(self):
        hashed = LINK[0].table.hashes.get(id(self))
        return object.__hash__(self) if hashed is None else hashed

    def __str__(self):
        return LINK[0].ask("special", (self,), "__str__", [])

    def __repr__(self):
        return LINK[0].ask("special", (self,), "__repr__", [])


class ErrorClass(type):
    """The class of the candidate's own exception classes, whose attributes are asked for."""

    def __getattr__(cls, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return LINK[0].ask("attribute", (cls,), name)


def asked_of_error(self, name):
    if name.startswith("__"):
        raise AttributeError(name)
    return LINK[0].ask("attribute", (self,), name)


def unable(what, stand_in):
    LINK[0].unable("the tests " + what % type(stand_in).__name__)


def asking(name):
    def method(self, *arguments):
        return LINK[0].ask("special", (self,), name, list(arguments))
    return method


def called(self, *arguments, **keywords):
    return LINK[0].ask("call", (self,), list(arguments), keywords)


def refusing(name):
    """An operator whose result would be the candidate's word. Where it has none, Python goes on."""
    def method(self, *arguments):
        if LINK[0].ask("answers", (self,), name, list(arguments)) is None:
            return NotImplemented
        unable("use %s of its class %%s" % name, self)
    return method


def holding(self, key):
    """What is not in an object is not; that something is would be the candidate's word."""
    if LINK[0].ask("answers", (self,), "__contains__", [key]):
        unable("use __contains__ of its class %s", self)
    return False


def ran(self, value=None):
    """A coroutine of the candidate runs in its process, to its end."""
    raise StopIteration(LINK[0].ask("run", (self,)))


def awaited(self):
    return LINK[0].ask("run", (self,))
    yield


def leaving(self, kind, error, trace):
    """The end of a `with` of the candidate, which may not swallow a failed assert of the tests."""
    if isinstance(error, AssertionError):
        return
    if error is not None:
        unable("raise an exception in a `with` of its class %s", self)
    LINK[0].ask("special", (self,), "__exit__", [None, None, None])


def hidden(name):
    return property(lambda self: LINK[0].ask("attribute", (self,), name))


def deque_of(kind, most):
    made = deque.__new__(kind)
    deque.__init__(made, (), most)
    return made


class StandIns(Shared):
    """The table of the tests' side."""

    def __init__(self, connection):
        super().__init__(0)
        LINK.append(connection)
        self.connection = connection
        self.classes = {}
        self.hashes = {}  # by id, of objects whose class hashes them

    def bound(self):
        return self.connection.given.values()

    def other(self, value):
        number = self.numbers.get(id(value))
        if number is not None:
            self.meet(number)
            return ["o", number]
        if isinstance(value, BaseException):
            return encoded_error(value, self)
        base = plain_base(type(value))
        if base is not None and not isinstance(value, StandIn):  # a subclass of the tests' own
            data = encoded_content(value, base, self)
            if base not in CHANGEABLE and base not in COUNTERS.values():
                return data
        self.connection.unable("the tests pass a %s to the candidate" % type(value).__name__)

    def content(self, value):
        return encoded_content(value, plain_base(type(value)), self)

    def blank(self, number, content):
        if content[0] == "W":
            return self.error_class(content)
        if content[0] == "E":
            return decoded_error(content, self)
        if content[0] != "O":
            return super().blank(number, content)
        info, hashed, data = content[1:]
        kind = self.class_of(info)
        base = BASES[info[3]] if info[3] else None
        if base is None:
            made = object.__new__(kind)
            if type(hashed) is int:
                self.hashes[id(made)] = hashed
            return made
        if base is deque:
            return deque_of(kind, data[2])
        if issubclass(base, CHANGEABLE):
            return base.__new__(kind)
        plain = decode(data, self)
        return plain if base is Fraction else base.__new__(kind, plain)

    def error_class(self, content):
        """A class that `except` takes, made after one of the candidate's."""
        bases = tuple(decode(one, self) for one in content[2])
        if not all(isinstance(one, type) and issubclass(one, BaseException) for one in bases):
            raise ValueError("no exception class")
        space = {"__getattr__": asked_of_error}
        if content[3]:
            space["__str__"] = asking("__str__")
        return ErrorClass(str(content[1]), bases, space)

    def class_of(self, info):
        key, name, place, base, mine, library, hides, unhashable = info
        if key not in self.classes:
            self.classes[key] = made_class(str(name), place, BASES[base] if base else None,
                                           set(mine), set(library), hides, unhashable)
        return self.classes[key]


def made_class(name, place, base, mine, library, hides, unhashable):
    space = {"__slots__": (), "__doc__": hidden("__doc__")}
    for one in mine | library:
        if base and (one in COMPARING or one not in mine | ASKED):
            continue  # by what it holds
        if base and one == "__hash__":
            if base.__hash__ is None:
                space[one] = asking(one)
            continue
        space[one] = method_of(one)
    for one in hides:
        space[str(one)] = hidden(str(one))
    if base:
        return type(name, (StandIn, base), space)
    space["compares"] = "__eq__" in mine
    space["compares_in_library"] = "__eq__" in library
    for one in ("__eq__", "__ne__", "__hash__", "__str__", "__repr__"):
        space.pop(one, None)
    if unhashable:
        space["__hash__"] = None
    if place is not None:
        real = library_class(*place)
        space["__class__"] = property(lambda self: real)
        if real is types.CoroutineType:
            space.update(send=ran, __await__=awaited)
    return type(name, (Remote,), space)


def method_of(name):
    if name == "__call__":
        return called
    if name == "__exit__":
        return leaving
    if name == "__contains__":
        return holding
    return asking(name) if name in ASKED else refusing(name)
