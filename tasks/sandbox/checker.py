# The tests' process: runs the task's own test code, in which the candidate's names are stand-ins for
# its process (standins.py). No code of the candidate runs here, so that a forged __eq__, a patched builtin
# or an early exit stays on the other side. The verdict leaves over a pipe that only this process has.
import ast
import builtins
import os
import resource
import sys


SHAPES = {"hello": 1, "value": 4, "raise": 4, "unable": 4}  # length of a message by its first word
MALFORMED = (ValueError, TypeError, KeyError, IndexError, AttributeError, RecursionError, ArithmeticError,
             ImportError, StopIteration)
SWEEP = 64  # objects, before those that the tests have let go of are looked for


class Connection:
    def __init__(self, channel):
        self.channel = channel
        self.table = StandIns(self)
        self.lost = ""
        self.unsupported = ""
        self.space = {}
        self.wanted = set()
        self.given = {}  # the names that the candidate has bound, as they were last sent
        self.read = set()  # those that the candidate's functions read
        self.asserted = []  # its AssertionErrors: none of the tests'
        self.sweep_at = SWEEP

    def receive(self):
        try:
            reply = self.channel.receive()
            if isinstance(reply, list) and len(reply) == SHAPES.get(str(reply[0] if reply else ""), 0):
                return reply
            raise ValueError("no message")
        except (EOFError, ValueError, RecursionError, OSError) as error:
            self.lost = str(error) or "ended"
            raise Lost from None

    def ask(self, action, *arguments):
        """The candidate's answer to an action, or its exception. Texts that name something are sent as
        they are, [list] and {dict} by what they hold, anything else as (value,)."""
        if self.lost:
            raise Lost
        dropped = self.dropped()
        contents, sent = self.table.message(lambda: [self.argument(one) for one in arguments])
        try:
            self.channel.send([contents, dropped, action, *sent])
        except OSError:
            self.lost = "ended"
            raise Lost from None
        return self.result()

    def argument(self, one):
        if isinstance(one, list):
            return ["list", [encode(value, self.table) for value in one]]
        if isinstance(one, dict):
            return ["dict", {name: encode(value, self.table) for name, value in one.items()}]
        if isinstance(one, tuple):
            return ["value", encode(one[0], self.table)]
        return ["word", one]

    def dropped(self):
        """Numbers of objects that nothing here holds any more."""
        table = self.table
        if len(table.order) < self.sweep_at:
            return []
        gone = [number for number in table.order if only_in_table(table.entries[number])]
        for number in gone:
            table.drop(number)
        self.sweep_at = 2 * len(table.order) + SWEEP
        return gone

    def result(self):
        reply = self.receive()
        if reply[0] == "hello":
            self.lost = "a second greeting"
            raise Lost
        sys.stdout.write(str(reply[3]))  # into what the tests put there to look at it
        if reply[0] == "unable":
            self.unable("an answer of the candidate is nested too deep to cross")
        try:
            self.table.learn(reply[1])
            data, names = reply[2]
            value = self.table.decoded(data)
            self.bind({str(name): self.table.decoded(one) for name, one in names.items()})
        except MALFORMED:
            self.lost = "no value"
            raise Lost from None
        if reply[0] == "value":
            return value
        if not isinstance(value, BaseException):
            self.lost = "no exception"
            raise Lost
        if isinstance(value, AssertionError):
            self.asserted.append(value)
        raise value

    def bind(self, names):
        """The candidate's names that the tests use, as they are now. What the tests bind is theirs, and
        modules are the standard library's, imported here."""
        for name, value in names.items():
            if name not in self.wanted or name in sys.stdlib_module_names:
                continue
            if name not in self.space or self.space[name] is self.given.get(name, self):
                self.space[name] = value
            self.given[name] = value

    def unable(self, what):
        self.unsupported = self.unsupported or what
        raise Unsupported(what)


def only_in_table(entry):
    """Of a plain object: a stand-in is the candidate's."""
    return sys.getrefcount(entry.value) <= 2 and not isinstance(entry.value, StandIn)


def bind_candidate_names(connection, wanted):
    """The candidate's names that the tests use. A name of a builtin counts only where the tests use no
    other of its names, so that a candidate's own `abs` cannot do the comparing."""
    ordinary = {name for name in wanted if not hasattr(builtins, name)}
    for group in (ordinary, set(wanted) - ordinary):
        connection.wanted = group
        connection.read = set(connection.ask("watch", sorted(group)))
        if connection.given:
            return


def stdlib_modules(wanted):
    """Modules that a program's own imports would have brought into the tests' namespace."""
    known = {"math", "copy", "collections", "itertools", "functools", "heapq", "re", "string", "operator",
             "random", "sys", "bisect", "datetime", "cmath", "statistics", "fractions", "decimal"}
    return {name: __import__(name) for name in wanted if name in known}


# Tests that use these look at, or reach into, the process in which the program runs.
REACHING = {"patch", "mock", "MagicMock", "Mock", "monkeypatch", "getsource", "inspect", "globals", "locals",
            "id", "getrefcount", "stdin", "environ", "weakref", "gc", "capsys", "seed", "getstate",
            "setrecursionlimit", "catch_warnings", "redirect_stderr"}


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


def rebound(connection):
    """Why a failure may be ours: the tests have set a variable that the candidate's functions read."""
    for name in sorted(connection.read & set(connection.given)):
        value = connection.space.get(name)
        if value is not connection.given[name] and not callable(value):
            return "the tests set %s, which does not reach the candidate's process" % name
    return ""


def describe(error):
    try:
        text = str(error)
    except BaseException:  # the candidate's word, which it may not keep
        text = ""
    return type(error).__name__ + (": " + text[:500] if text else "")


def class_of(error, connection):
    if isinstance(error, MemoryError):
        return "memory"
    own = isinstance(error, AssertionError) and not any(error is one for one in connection.asserted)
    return "wrong" if own else "exception"


def run_tests(connection, source):
    """One of the verdict's names, and a line about it."""
    try:
        if connection.receive() != ["hello"]:
            return "setup error", "the candidate's process did not start"
    except Lost:
        return "setup error", "the candidate's process did not start"
    try:
        code = compile(source.decode("utf-8"), "tests", "exec")
    except (SyntaxError, ValueError) as error:
        return "setup error", "the tests do not compile: %s" % error
    try:
        connection.result()
    except Lost:
        return "lost", connection.lost
    except BaseException as error:
        return class_of(error, connection), describe(error)
    wanted = names_in(code)
    try:
        connection.space.update(stdlib_modules(wanted))
        bind_candidate_names(connection, wanted)
        exec(code, connection.space)
    except Lost:
        return "lost", connection.lost
    except BaseException as error:
        if connection.lost:
            return "lost", connection.lost
        reason = connection.unsupported or cannot_cross(source, wanted) or rebound(connection)
        return ("setup error", reason) if reason else (class_of(error, connection), describe(error))
    if connection.lost:
        return "lost", connection.lost
    return ("setup error", connection.unsupported) if connection.unsupported else ("pass", "")


def main():
    cpu, memory = map(int, sys.argv[1:3])
    verdict = os.fdopen(6, "w", encoding="utf-8")
    source = sys.stdin.buffer.read()
    sys.path[:] = [one for one in sys.path if one]
    sys.stdout.reconfigure(errors="backslashreplace")
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (cpu, cpu + 1))
    name, detail = run_tests(Connection(Channel(3, 4)), source)
    readable = detail.encode("utf-8", "replace").decode()  # no lone surrogates
    verdict.write(json.dumps([name, readable]) + "\n")
    verdict.flush()
    os._exit(0)


main()
