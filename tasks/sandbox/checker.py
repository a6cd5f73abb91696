# The tests' process: runs the task's own test code, in which the candidate's names are stand-ins for
# its process. No code of the candidate runs here, so that a forged __eq__, a patched builtin or an
# early exit stays on the other side. The verdict leaves over a pipe that only this process has.
import ast
import builtins
import os
import resource
import sys


class Lost(BaseException):
    """The candidate's process ended, or stopped talking sense."""


class Unsupported(BaseException):
    """The tests want what cannot cross to the candidate. No test's `except Exception` may catch it."""


class CandidateRaised:
    """Mixed into an exception of the same built-in type as the one raised by the candidate."""


SHAPES = {"hello": 1, "value": 3, "raise": 6}  # length of a message by its first word


class Connection:
    def __init__(self, channel):
        self.channel = channel
        self.lost = ""
        self.unsupported = ""
        self.error_classes = {}  # of the candidate, by its number for them
        self.named_tuples = {}

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
        if reply[0] == "hello":
            self.lost = "a second greeting"
            raise Lost
        sys.stdout.write(str(reply[-1]))  # into what the tests put there to look at it
        if reply[0] == "value":
            return reply[1]
        raise self.exception(*reply[1:5])

    def unable(self, what):
        self.unsupported = self.unsupported or what
        raise Unsupported(what)

    def encoded(self, value, labels=None):
        return encode(value, self.outgoing, labels)

    def outgoing(self, value):
        if isinstance(value, Remote):
            return ["o", object.__getattribute__(value, "_target")]
        self.unable("the tests pass a %s to the candidate" % type(value).__name__)

    def listed(self, data, length=None):
        if isinstance(data, list) and length in (None, len(data)):
            return data
        self.lost = "no value"
        raise Lost

    def made(self, tag, rest):
        if tag == "o":
            return Remote(self, int(rest[0]), str(rest[1]), bool(rest[2]))
        if tag == "X":
            return self.error_class(rest)
        name, fields = rest
        if (name, fields) not in self.named_tuples:
            self.named_tuples[name, fields] = collections.namedtuple(name, fields)
        return self.named_tuples[name, fields]

    def error_class(self, rest):
        """A class that `except` takes: of Python, or made after one of the candidate."""
        if len(rest) == 1:
            return ERRORS[rest[0]]
        name, number, bases = str(rest[0]), int(rest[1]), rest[2]
        if number not in self.error_classes:
            kinds = tuple(self.error_class(one[1:]) for one in bases) or (Exception,)
            self.error_classes[number] = type(name, kinds, {})
        return self.error_classes[number]

    def decoded(self, data, labels=None):
        try:
            return decode(data, self.made, labels)
        except (ValueError, TypeError, KeyError, IndexError, AttributeError, RecursionError,
                ArithmeticError):
            self.lost = "no value"
            raise Lost from None

    def change(self, labels, changes):
        """What the candidate did to the arguments, done to the tests' own objects."""
        for one in changes:
            number, content = self.listed(one, 2)
            try:
                fill(labels.objects[number], content,
                     lambda inner: decode(inner, self.made, labels))
            except (ValueError, TypeError, KeyError, IndexError, AttributeError, RecursionError,
                    ArithmeticError):
                self.lost = "no value"
                raise Lost from None

    def exception(self, kind, arguments, attributes, other):
        """The candidate's exception here. `other`: the name of one that is no Exception."""
        base = self.decoded(kind)
        arguments = [self.decoded(one) for one in self.listed(arguments)]
        if not (isinstance(base, type) and issubclass(base, Exception)):
            base = Exception
        made = BaseException.__new__(type(str(other) or base.__name__, (CandidateRaised, base), {}))
        made.args = tuple(arguments)
        for name, value in dict(attributes).items():
            made.__dict__[str(name)] = self.decoded(value)
        return made


class Remote:
    """An object of the candidate that is not plain data. Equal to itself only: how it would compare is
    for the candidate to say, and therefore worth nothing."""

    def __init__(self, connection, target, kind, compares):
        object.__setattr__(self, "_connection", connection)
        object.__setattr__(self, "_target", target)
        object.__setattr__(self, "_kind", kind)
        object.__setattr__(self, "_compares", compares)

    def __eq__(self, other):
        if isinstance(other, type):
            self._unable("compare its class %s with a class")
        if not isinstance(other, Remote):
            return False
        if self._target != other._target and self._compares and self._kind == other._kind:
            self._unable("compare two objects of its class %s")
        return self._target == other._target

    def _unable(self, what):
        self._connection.unable("the tests " + what % self._kind)

    def __hash__(self):
        return hash(self._target)

    def __call__(self, *arguments, **keywords):
        link = self._connection
        labels = Labels()
        sent = [link.encoded(one, labels) for one in arguments]
        reply = link.ask("call", self._target, sent,
                         {k: link.encoded(v, labels) for k, v in keywords.items()})
        result, changes = link.listed(reply, 2)
        link.change(labels, link.listed(changes))
        return link.decoded(result, labels)

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
        return iter_of(link.decoded(link.ask("iterator", self._target)))

    def __next__(self):
        link = self._connection
        return link.decoded(link.ask("following", self._target))

    def __len__(self):
        return int(self._connection.ask("length", self._target))

    def __bool__(self):
        return True

    def __str__(self):
        return str(self._connection.ask("text", self._target, "str"))

    def __repr__(self):
        return "<%s of the candidate>" % self._kind

    def __instancecheck__(self, value):
        self._unable("ask what is of its class %s")

    def __subclasscheck__(self, value):
        self._unable("ask what is below its class %s")


def iter_of(value):
    """An iterator: the stand-in for the candidate's, or one over plain data."""
    return Walk(value) if isinstance(value, Remote) else iter(value)


class Walk:
    """The candidate's iterator, one step at a time: it need not end."""

    def __init__(self, remote):
        self.remote = remote

    def __iter__(self):
        return self

    def __next__(self):
        try:
            return self.remote.__next__()
        except StopIteration as stop:
            raise StopIteration(*stop.args) from None


def refuse_operators():
    """What Python looks up on the class and the candidate would have to answer."""
    for name in ("add sub mul truediv floordiv mod divmod pow lshift rshift and or xor matmul").split():
        for form in ("__%s__", "__r%s__", "__i%s__"):
            setattr(Remote, form % name, operator_of(form % name))
    for name in ("lt le gt ge neg pos abs invert int float index complex round enter exit setitem delitem "
                 "contains reversed await aenter aexit aiter anext").split():
        setattr(Remote, "__%s__" % name, operator_of("__%s__" % name))


def operator_of(name):
    def refused(self, *arguments):
        self._unable("use %s of its class %%s" % name)
    return refused


refuse_operators()


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


# Tests that use these look at, or reach into, the process in which the program runs.
REACHING = {"patch", "mock", "MagicMock", "Mock", "monkeypatch", "getsource", "inspect", "globals", "locals",
            "id", "getrefcount", "stdin", "environ", "weakref", "gc", "capsys", "seed", "getstate",
            "setrecursionlimit"}


def cannot_cross(source, wanted):
    """Why a failure of these tests may be ours: what they ask is lost on the way. "" for most."""
    for name in sorted(wanted & REACHING):
        return "the tests use %s, which does not reach the candidate's process" % name
    constants = (type(None), bool, type(Ellipsis))
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Compare):
            continue
        for kind, left, right in zip(node.ops, [node.left, *node.comparators], node.comparators):
            plain = any(isinstance(side, ast.Constant) and isinstance(side.value, constants)
                        for side in (left, right))
            if isinstance(kind, (ast.Is, ast.IsNot)) and not plain:
                return "the tests ask whether two objects are one, which does not cross"
    return ""


def describe(error):
    text = str(error)
    return type(error).__name__ + (": " + text[:500] if text else "")


def class_of(error):
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
    except Lost:
        return "lost", connection.lost
    except BaseException as error:
        return class_of(error), describe(error)
    wanted = names_in(code)
    try:
        space = dict(stdlib_modules(wanted))
        space.update(candidate_names(connection, wanted))
        exec(code, space)
    except Lost:
        return "lost", connection.lost
    except BaseException as error:
        if connection.lost:
            return "lost", connection.lost
        reason = connection.unsupported or cannot_cross(source, wanted)
        return ("setup error", reason) if reason else (class_of(error), describe(error))
    if connection.lost:
        return "lost", connection.lost
    return ("setup error", connection.unsupported) if connection.unsupported else ("pass", "")


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
