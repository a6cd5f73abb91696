# The candidate's process: runs untrusted source and answers calls. It knows neither the tests nor the
# verdict; whatever its code does to this script, only values get out.
import copy
import io
import os
import resource
import sys

MOST_PRINTED = 1 << 20  # characters that one call's answer carries


class Printed(io.TextIOBase):
    """What the program prints: on its own output, and a copy for the tests that look at it."""

    def __init__(self, stream):
        self.stream = stream
        self.stream.reconfigure(errors="backslashreplace")
        self.copy = []
        self.kept = 0

    def writable(self):
        return True

    def write(self, text):
        if self.kept < MOST_PRINTED:
            self.copy.append(text[:MOST_PRINTED - self.kept])
            self.kept += len(self.copy[-1])
        return self.stream.write(text)

    def flush(self):
        self.stream.flush()

    def taken(self):
        """The copy. What was printed is out of this process then, which is ended from outside."""
        try:
            self.stream.flush()
        except (OSError, ValueError):  # the program has closed it
            pass
        text = "".join(self.copy)
        self.copy, self.kept = [], 0
        return text


# What Python looks up on the class of an object: the tests' stand-in has those that the class has.
SPECIAL = {"__%s__" % name for name in (
    "call iter next len bool getitem setitem delitem contains reversed missing str repr format hash "
    "eq ne lt le gt ge neg pos abs invert int float index complex round trunc floor ceil enter exit "
    "await aenter aexit aiter anext").split()}
SPECIAL |= {"__%s%s__" % (form, name) for form in ("", "r", "i") for name in (
    "add sub mul truediv floordiv mod divmod pow lshift rshift and or xor matmul").split()}


class Objects(Shared):
    """The candidate's objects, under the numbers by which the tests' stand-ins name them."""

    def __init__(self):
        super().__init__(1)
        self.classes = {}
        self.watched = {}

    def bound(self):
        return self.watched.values()

    def other(self, value):
        if isinstance(value, BaseException) and library_place(type(value)):
            return encoded_error(value, self)
        return ["o", self.number(value)]

    def content(self, value):
        own = type(value)
        if issubclass(own, type) and issubclass(value, BaseException):
            return ["W", value.__name__, [encode(one, self) for one in value.__bases__
                                          if issubclass(one, BaseException)], "__str__" in of_own(value, None)]
        if issubclass(own, BaseException):
            return encoded_error(value, self)
        base = plain_base(own)
        data = encoded_content(value, base, self) if base else None
        if own is base:
            return data
        hashed = hash(value) if own.__hash__ not in (None, object.__hash__) and not base else None
        return ["O", self.class_of(own, base), hashed, data]

    def class_of(self, own, base):
        """What a stand-in needs to know of a class: its name, its place in the library, the plain class
        that it derives from, its special methods (its own and the library's), what it does otherwise."""
        if own not in self.classes:
            mine, library = of_own(own, base), of_library(own, base)
            hidden = [name for name in mine if hasattr(base, name) and not name.startswith("__")] if base else []
            self.classes[own] = [id(own), own.__name__, library_place(own), base.__name__ if base else None,
                                 sorted(mine & SPECIAL), sorted((library - mine) & SPECIAL), hidden,
                                 own.__hash__ is None]
        return self.classes[own]


def of_own(own, base):
    """The names that the program's own classes give, down to the plain class."""
    return {name for one in levels(own, base) if not library_place(one) for name in vars(one)
            if vars(one)[name] is not None}


def of_library(own, base):
    return {name for one in levels(own, base) if library_place(one) for name in vars(one)
            if vars(one)[name] is not None}


def levels(own, base):
    return [one for one in own.__mro__ if one is not object and one not in (base.__mro__ if base else ())]


class Candidate:
    def __init__(self, channel):
        self.channel = channel
        self.space = {}
        self.table = Objects()
        self.read = set()
        self.printed = sys.stdout = Printed(sys.stdout)

    def load(self, source):
        """As HumanEval runs a program: in an empty namespace, from its text, whatever encoding it names."""
        code = compile(source.decode("utf-8"), "candidate.py", "exec")
        for one in code.co_consts:
            if hasattr(one, "co_names"):
                self.read |= names_in(one)
        exec(code, self.space)

    def watch(self, wanted):
        """Which names the tests use. Of those that are there, the ones that functions read."""
        self.table.watched = dict.fromkeys(wanted, self)
        return [name for name in wanted if name in self.space and name in self.read]

    def names(self):
        """The watched names that are bound to another object than the tests know of."""
        found = {}
        for name, known in self.table.watched.items():
            value = self.space.get(name, self)
            if value is not known:
                found[name] = value
        return found

    def call(self, target, arguments, keywords):
        return target(*arguments, **keywords)

    def special(self, target, name, arguments):
        return getattr(type(target), name)(target, *arguments)

    def answers(self, target, name, arguments):
        """Whether an operator has a result, or its class does not know the other operand."""
        result = getattr(type(target), name)(target, *arguments)
        return None if result is NotImplemented else bool(name != "__eq__" or result)

    def attribute(self, target, name):
        return getattr(target, name)

    def assign(self, target, name, value):
        setattr(target, name, value)

    def remove(self, target, name):
        delattr(target, name)

    def instance(self, target, value):
        return bool(isinstance(value, target))

    def subclass(self, target, value):
        return bool(issubclass(value, target))

    def run(self, target):
        """A coroutine, to its end."""
        async def whole():
            return await target
        return __import__("asyncio").run(whole())

    def copied(self, target, deep):
        return (copy.deepcopy if deep else copy.copy)(target)

    def serve(self):
        while True:
            try:
                request = self.channel.receive()
            except EOFError:
                return
            self.answer(self.perform, *request)

    def perform(self, contents, dropped, action, *arguments):
        for number in dropped:
            self.table.drop(number)
        self.table.learn(contents)
        arguments = [self.argument(one) for one in arguments]
        return getattr(self, action)(*arguments)

    def argument(self, data):
        kind, inner = data
        if kind == "word":
            return inner
        if kind == "list":
            return [self.table.decoded(one) for one in inner]
        if kind == "dict":
            return {k: self.table.decoded(v) for k, v in inner.items()}
        return self.table.decoded(inner)

    def answer(self, work, *arguments):
        try:
            result, error = work(*arguments), None
        except BaseException as raised:  # SystemExit is a failure too
            result, error = None, raised
        self.channel.send([*self.reply(result, error), self.printed.taken()])
        return error is None

    def reply(self, result, error):
        met = dict(self.table.met)
        try:
            if error is None:
                return ["value", *self.told(lambda: encode(result, self.table))]
            error.__traceback__ = None
            return ["raise", *self.told(lambda: encode(error, self.table))]
        except RecursionError:
            return ["unable", [], "an answer of the candidate is nested too deep"]
        except Exception as failure:
            self.table.met = met
            plain = type(error) if error and library_place(type(error)) else Exception
            words = [str(error or failure)[:2000]]
            return ["raise", [], [["E", encode(plain, self.table), words, {}, {}, None], {}]]

    def told(self, encoded):
        """With the names that are bound anew."""
        names = self.names()
        message = self.table.message(lambda: [encoded(), {k: encode(v, self.table) for k, v in names.items()}])
        self.table.watched.update(names)
        return message


def limit(kind, value):
    resource.setrlimit(kind, (value, value))


def main():
    cpu, memory, file_bytes, processes = map(int, sys.argv[1:5])
    source = sys.stdin.buffer.read()
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, 0)
    os.close(null)
    channel = Channel(3, 4)
    channel.send(["hello"])
    sys.argv[:] = [""]
    sys.path[:] = [one for one in sys.path if one]
    limit(resource.RLIMIT_CORE, 0)
    limit(resource.RLIMIT_FSIZE, file_bytes)
    limit(resource.RLIMIT_NOFILE, 64)
    limit(resource.RLIMIT_AS, memory)
    if processes:
        limit(resource.RLIMIT_NPROC, processes)
    # The first limit ends the process with SIGXCPU, the second, where that is caught, with SIGKILL.
    resource.setrlimit(resource.RLIMIT_CPU, (cpu, cpu + 1))
    candidate = Candidate(channel)
    if candidate.answer(candidate.load, source):
        candidate.serve()


main()
