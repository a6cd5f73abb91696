# The candidate's process: runs untrusted source and answers calls. It knows neither the tests nor the
# verdict; whatever its code does to this script, only values get out.
import os
import resource
import sys


class Candidate:
    def __init__(self, channel):
        self.channel = channel
        self.space = {}
        self.objects = {}

    def load(self, source):
        """As HumanEval runs a program: in an empty namespace."""
        exec(compile(source, "candidate.py", "exec"), self.space)

    def reference(self, value):
        self.objects[id(value)] = value
        return ["o", id(value), type(value).__name__]

    def encoded(self, value):
        return encode(value, self.reference)

    def decoded(self, data):
        return decode(data, lambda number, _: self.objects[number])

    def names(self, wanted):
        return {name: self.encoded(self.space[name]) for name in wanted if name in self.space}

    def call(self, target, arguments, keywords):
        arguments = [self.decoded(one) for one in arguments]
        before = [self.encoded(one) for one in arguments]
        result = self.objects[target](*arguments, **{k: self.decoded(v) for k, v in keywords.items()})
        after = [self.encoded(one) for one in arguments]
        return [self.encoded(result), after if after != before else None]

    def attribute(self, target, name):
        return self.encoded(getattr(self.objects[target], name))

    def assign(self, target, name, value):
        setattr(self.objects[target], name, self.decoded(value))

    def item(self, target, key):
        return self.encoded(self.objects[target][self.decoded(key)])

    def iterate(self, target):
        return [self.encoded(one) for one in self.objects[target]]

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
            reply = ["raise", type(error).__name__, str(error)[:2000]]
        self.channel.send(reply)
        return reply[0] == "value"


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
