# The tests' process: runs the task's own test code, in which the candidate's names are stand-ins for
# its process. No code of the candidate runs here, so that a forged __eq__, a patched builtin or an
# early exit stays on the other side. The verdict leaves over a pipe that only this process has.
import builtins
import os
import resource
import sys


class Lost(BaseException):
    """The candidate's process ended, or stopped talking sense."""


class Unsupported(Exception):
    """The tests want what cannot cross to the candidate."""


class CandidateRaised:
    """Mixed into an exception of the same built-in type as the one raised by the candidate."""


SHAPES = {"hello": 1, "value": 2, "raise": 3}  # length of a message by its first word


class Connection:
    def __init__(self, channel):
        self.channel = channel
        self.lost = ""

    def receive(self):
        try:
            reply = self.channel.receive()
            if isinstance(reply, list) and len(reply) == SHAPES.get(str(reply[0] if reply else ""), 0):
                return reply
            raise ValueError("no message")
        except (EOFError, ValueError, RecursionError, OSError) as error:
            self.lost = str(error) or "ended"
            raise Lost from None

    def ask(self, *request):
        if self.lost:
            raise Lost
        try:
            self.channel.send(list(request))
        except OSError:
            self.lost = "ended"
            raise Lost from None
        return self.result()

    def result(self):
        reply = self.receive()
        if reply[0] == "value":
            return reply[1]
        if reply[0] == "hello":
            self.lost = "a second greeting"
            raise Lost
        raise candidate_exception(str(reply[1]), str(reply[2]))

    def encoded(self, value):
        return encode(value, self.outgoing)

    def outgoing(self, value):
        if isinstance(value, Remote):
            return ["o", object.__getattribute__(value, "_target"), ""]
        raise Unsupported("the tests pass a %s to the candidate" % type(value).__name__)

    def listed(self, data, length=None):
        if isinstance(data, list) and length in (None, len(data)):
            return data
        self.lost = "no value"
        raise Lost

    def decoded(self, data):
        try:
            return decode(data, lambda number, kind: Remote(self, number, kind))
        except (ValueError, TypeError, KeyError, IndexError, RecursionError, ArithmeticError):
            self.lost = "no value"
            raise Lost from None


class Remote:
    """An object of the candidate that is not plain data. Equal to itself only: how it would compare is
    for the candidate to say, and therefore worth nothing."""

    def __init__(self, connection, target, kind):
        object.__setattr__(self, "_connection", connection)
        object.__setattr__(self, "_target", target)
        object.__setattr__(self, "_kind", kind)

    def __eq__(self, other):
        return isinstance(other, Remote) and self._target == other._target

    def __hash__(self):
        return hash(self._target)

    def __call__(self, *arguments, **keywords):
        link = self._connection
        sent = [link.encoded(one) for one in arguments]
        reply = link.ask("call", self._target, sent,
                         {k: link.encoded(v) for k, v in keywords.items()})
        for mine, theirs in zip(arguments, link.listed(reply, 2)[1] or []):
            change_in_place(mine, link.decoded(theirs))
        return link.decoded(reply[0])

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return self._connection.decoded(self._connection.ask("attribute", self._target, name))

    def __setattr__(self, name, value):
        self._connection.ask("assign", self._target, name, self._connection.encoded(value))

    def __getitem__(self, key):
        link = self._connection
        return link.decoded(link.ask("item", self._target, link.encoded(key)))

    def __iter__(self):
        link = self._connection
        return iter([link.decoded(one) for one in link.listed(link.ask("iterate", self._target))])

    def __len__(self):
        return int(self._connection.ask("length", self._target))

    def __bool__(self):
        return True

    def __str__(self):
        return str(self._connection.ask("text", self._target, "str"))

    def __repr__(self):
        return "<%s of the candidate>" % self._kind


def change_in_place(mine, theirs):
    """What the candidate did to an argument, done to the tests' own object."""
    if type(mine) is not type(theirs):
        return
    if isinstance(mine, (list, bytearray)):
        mine[:] = theirs
    elif isinstance(mine, (dict, set)):
        mine.clear()
        mine.update(theirs)


def candidate_exception(name, message):
    base = getattr(builtins, name, Exception)
    if not (isinstance(base, type) and issubclass(base, Exception)):
        base = Exception
    try:
        return type(name, (CandidateRaised, base), {})(message)
    except TypeError:  # UnicodeDecodeError and its like want more
        return type(name, (CandidateRaised, Exception), {})(message)


def names_in(code):
    found = set(code.co_names)
    for constant in code.co_consts:
        if hasattr(constant, "co_names"):
            found |= names_in(constant)
    return found


def candidate_names(connection, wanted):
    """The candidate's names that the tests use. Its modules are the standard library's, imported here;
    a name of a builtin counts only where the tests use no other of its names, so that a candidate's own
    `abs` cannot do the comparing."""
    space = {}
    ordinary = {name for name in wanted if not hasattr(builtins, name)}
    for group in (ordinary, set(wanted) - ordinary):
        for name, data in dict(connection.ask("names", sorted(group))).items():
            if name not in group or name in getattr(sys, "stdlib_module_names", ()):
                continue
            value = connection.decoded(data)
            space[name] = value
        if space:
            return space
    return space


def stdlib_modules(wanted):
    """Modules that a program's own imports would have brought into the tests' namespace."""
    known = {"math", "copy", "collections", "itertools", "functools", "heapq", "re", "string", "operator",
             "random", "sys", "bisect", "datetime", "cmath", "statistics", "fractions", "decimal"}
    return {name: __import__(name) for name in wanted if name in known}


def describe(error):
    text = str(error)
    return type(error).__name__ + (": " + text[:500] if text else "")


def class_of(error):
    if isinstance(error, Unsupported):
        return "setup error"
    if isinstance(error, MemoryError):
        return "memory"
    return "wrong" if isinstance(error, AssertionError) and not isinstance(error, CandidateRaised) else "exception"


def run_tests(connection, source):
    """One of the verdict's names, and a line about it."""
    try:
        if connection.receive() != ["hello"]:
            return "setup error", "the candidate's process did not start"
    except Lost:
        return "setup error", "the candidate's process did not start"
    try:
        code = compile(source, "tests", "exec")
    except (SyntaxError, ValueError) as error:
        return "setup error", "the tests do not compile: %s" % error
    try:
        connection.result()
        wanted = names_in(code)
        space = dict(stdlib_modules(wanted))
        space.update(candidate_names(connection, wanted))
        exec(code, space)
    except Lost:
        return "lost", connection.lost
    except BaseException as error:
        return class_of(error), describe(error)
    return ("lost", connection.lost) if connection.lost else ("pass", "")


def main():
    cpu, memory = map(int, sys.argv[1:3])
    verdict = os.fdopen(6, "w", encoding="utf-8")
    source = sys.stdin.buffer.read()
    sys.path[:] = [one for one in sys.path if one]
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (cpu, cpu + 1))
    name, detail = run_tests(Connection(Channel(3, 4)), source)
    readable = detail.encode("utf-8", "replace").decode()  # no lone surrogates
    verdict.write(json.dumps([name, readable]) + "\n")
    verdict.flush()
    os._exit(0)


main()
