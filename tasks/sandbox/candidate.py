# The candidate's process: runs untrusted source and answers calls. It knows neither the tests nor the
# verdict; whatever its code does to this script, only values get out.
import io
import os
import resource
import sys

MOST_PRINTED = 1 << 20  # characters that one call's answer carries


class Printed(io.TextIOBase):
    """What the program prints: on its own output, and a copy for the tests that look at it."""

    def __init__(self, stream):
        self.stream = stream
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


class Candidate:
    def __init__(self, channel):
        self.channel = channel
        self.space = {}
        self.objects = {}
        self.printed = sys.stdout = Printed(sys.stdout)

    def load(self, source):
        """As HumanEval runs a program: in an empty namespace."""
        exec(compile(source, "candidate.py", "exec"), self.space)

    def reference(self, value):
        self.objects[id(value)] = value
        own = type(value)
        return ["o", id(value), own.__name__, own.__eq__ is not object.__eq__]

    def encoded(self, value, labels=None):
        return encode(value, self.reference, labels)

    def made(self, tag, rest):
        if tag == "o":
            return self.objects[rest[0]]
        if tag == "N":
            return collections.namedtuple(rest[0], rest[1])
        if len(rest) == 1:
            return ERRORS[rest[0]]
        raise KeyError(rest[0])

    def decoded(self, data, labels=None):
        return decode(data, self.made, labels)

    def names(self, wanted):
        return {name: self.encoded(self.space[name]) for name in wanted if name in self.space}

    def call(self, target, arguments, keywords):
        labels = Labels()
        arguments = [self.decoded(one, labels) for one in arguments]
        keywords = {k: self.decoded(v, labels) for k, v in keywords.items()}
        labels.growing = False
        before = self.contents(labels)
        result = self.objects[target](*arguments, **keywords)
        after = self.contents(labels)
        changed = [[n, one] for n, one in enumerate(after) if one != before[n]]
        return [self.encoded(result, labels), changed]

    def contents(self, labels):
        return [encoded_content(one, self.reference, labels) for one in labels.objects]

    def attribute(self, target, name):
        return self.encoded(getattr(self.objects[target], name))

    def assign(self, target, name, value):
        setattr(self.objects[target], name, self.decoded(value))

    def item(self, target, key):
        return self.encoded(self.objects[target][self.decoded(key)])

    def iterator(self, target):
        return self.encoded(iter(self.objects[target]))

    def following(self, target):
        return self.encoded(next(self.objects[target]))

    def length(self, target):
        return len(self.objects[target])

    def text(self, target, function):
        return str(self.objects[target]) if function == "str" else repr(self.objects[target])

    def serve(self):
        while True:
            try:
                action, *arguments = self.channel.receive()
            except EOFError:
                return
            self.answer(lambda: getattr(self, action)(*arguments))

    def answer(self, work):
        try:
            reply = ["value", work()]
        except BaseException as error:  # SystemExit is a failure too
            reply = ["raise", *self.raised(error)]
        self.channel.send([*reply, self.printed.taken()])
        return reply[0] == "value"

    def raised(self, error):
        """The class, the arguments and the attributes of an exception."""
        kind = type(error) if isinstance(error, Exception) else Exception
        try:
            arguments = [self.encoded(one) for one in error.args]
            own = {str(k): self.encoded(v) for k, v in vars(error).items()}
        except Exception:
            arguments, own = [str(error)[:2000]], {}
        name = "" if isinstance(error, Exception) else type(error).__name__
        return encoded_error_class(kind), arguments, own, name


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
    if candidate.answer(lambda: candidate.load(source)):
        candidate.serve()


main()
