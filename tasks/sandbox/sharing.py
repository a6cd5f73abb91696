# What both sides hold under a number: lists, dicts and other objects that can be changed, which are one
# object for the tests and the candidate as they are within one process, and the candidate's own objects.
# Before each message a side looks for what has changed in those that it holds, and sends their content.
import itertools
import operator

# What a message names is always looked at. Beside it: what module variables hold, and the objects met last.
LAST_LOOKED_AT = 32  # objects
MOST_LOOKED_AT = 4096  # elements of them together


class Entry:
    """An object under a number, with what it held when the other side last heard of it."""

    def __init__(self, value):
        self.value = value
        self.before = None
        self.inner = []  # numbers of the changeable objects in it


class Shared:
    """`first`: 0 on one side and 1 on the other, so that both can give numbers."""

    def __init__(self, first):
        self.next = first
        self.entries = {}
        self.numbers = {}  # by id
        self.order = {}  # numbers of the changeable objects, the ones met last at the end
        self.met = {}  # in this message, and the one that it answers
        self.fresh = []
        self.inner = []
        self.arriving = {}
        self.named_tuples = {}

    def number(self, value):
        """The number of an object, a new one where it has none, and so says that it is in the message."""
        number = self.numbers.get(id(value))
        if number is None:
            number, self.next = self.next, self.next + 2
            self.add(number, value)
            self.fresh.append(number)
        self.meet(number)
        return number

    def add(self, number, value):
        self.entries[number] = Entry(value)
        self.numbers[id(value)] = number

    def drop(self, number):
        entry = self.entries.pop(number, None)
        if entry is not None:
            self.numbers.pop(id(entry.value), None)
            self.order.pop(number, None)
            self.met.pop(number, None)

    def meet(self, number):
        self.inner.append(number)
        if number not in self.met:
            self.met[number] = True
            if issubclass(type(self.entries[number].value), CHANGEABLE):
                self.order.pop(number, None)
                self.order[number] = True

    def message(self, build):
        """[contents, what `build` encodes]. Where that fails, nothing counts as said."""
        self.fresh, self.inner, said = [], [], []
        try:
            with Deep():
                body = build()
                self.meet_last()
                contents = self.contents(said)
        except BaseException:
            for number in self.fresh:
                self.drop(number)
            self.met = {}
            raise
        for entry, held, inner in said:
            entry.before, entry.inner = held, inner
        self.met = {}
        return [contents, body]

    def meet_last(self):
        room = MOST_LOOKED_AT
        bound = [self.numbers.get(id(value)) for value in self.bound()]
        for number in [*bound, *itertools.islice(reversed(self.order), LAST_LOOKED_AT)]:
            if number in self.order and number not in self.met:
                room -= size_of(self.entries[number].value)
                if room < 0:
                    return
                self.met[number] = True

    def bound(self):
        """What module variables hold."""
        return ()

    def contents(self, said):
        """What the other side does not know of the objects met. The loop meets more."""
        contents, done = [], set()
        while len(done) < len(self.met):
            for number in [one for one in self.met if one not in done]:
                done.add(number)
                entry = self.entries[number]
                held = held_by(entry.value)
                if entry.before is not None and same(held, entry.before):
                    self.inner = []
                    for one in entry.inner:
                        if one in self.entries:
                            self.meet(one)
                    continue
                self.inner = inner = []
                contents.append([number, self.content(entry.value)])
                said.append((entry, held, inner))
        return contents

    def learn(self, contents):
        """Makes or changes the objects that a message is about."""
        self.met = {}
        with Deep():
            self.arriving = {int(number): content for number, content in contents}
            for number in list(self.arriving):
                self.existing(number)
            for number, content in self.arriving.items():
                entry = self.entries[number]
                self.inner = inner = []
                if issubclass(type(entry.value), CHANGEABLE):
                    fill(entry.value, content[-1] if content[0] == "O" else content, self)
                entry.before, entry.inner = held_by(entry.value), inner
            self.arriving, self.inner = {}, []

    def decoded(self, data):
        with Deep():
            return decode(data, self)

    def existing(self, number):
        """The object under a number, made now where the message brings it."""
        if number not in self.entries:
            content = self.arriving[number]
            self.add(number, self.blank(number, content))
        self.meet(number)
        return self.entries[number].value

    def blank(self, number, content):
        """An object that is filled later."""
        kind = {"l": list, "s": set, "q": deque, "d": dict, "B": bytearray}.get(content[0])
        if kind is None:
            return COUNTERS[content[1]]()
        return deque(maxlen=content[2]) if kind is deque else kind()

    def named_tuple(self, name, fields):
        if (name, fields) not in self.named_tuples:
            self.named_tuples[name, fields] = collections.namedtuple(name, fields)
        return self.named_tuples[name, fields]


BASES = {kind.__name__: kind for kind in
         (int, float, complex, str, bytes, tuple, frozenset, Fraction, Decimal, list, set, deque, dict,
          bytearray, Counter, OrderedDict, defaultdict)}


def plain_base(kind):
    """The class of plain data that a class is or derives from; None where there is none."""
    return next((one for one in kind.__mro__ if BASES.get(one.__name__) is one), None)


def held_by(value):
    """The very objects that a changeable object holds, in order. Its class has no say in this."""
    own = type(value)
    if issubclass(own, dict):
        factory = defaultdict.default_factory.__get__(value) if issubclass(own, defaultdict) else None
        return [*dict.keys(value), *dict.values(value), factory]
    if issubclass(own, bytearray):
        return list(bytes(value))
    for kind in (list, set, deque):
        if issubclass(own, kind):
            return list(kind.__iter__(value))
    return []


def size_of(value):
    return next(kind.__len__(value) for kind in CHANGEABLE if issubclass(type(value), kind))


def same(some, others):
    return len(some) == len(others) and all(map(operator.is_, some, others))


def names_in(code):
    found = set(code.co_names)
    for constant in code.co_consts:
        if hasattr(constant, "co_names"):
            found |= names_in(constant)
    return found


def encoded_content(value, base, table):
    """What a changeable object holds, or one of a class derived from plain data."""
    if base in (list, set):
        return ["l" if base is list else "s", [encode(one, table) for one in base.__iter__(value)]]
    if base is deque:
        return ["q", [encode(one, table) for one in deque.__iter__(value)], deque.maxlen.__get__(value)]
    if base is bytearray:
        return ["B", bytearray.hex(value)]
    if issubclass(base, dict):
        pairs = [[encode(k, table), encode(v, table)] for k, v in dict.items(value)]
        if base is dict:
            return ["d", pairs]
        factory = defaultdict.default_factory.__get__(value) if base is defaultdict else None
        return ["C", base.__name__, encode(factory, table), pairs]
    return encoded_plain(value, base, table)


def fill(made, content, table):
    """Gives a changeable object the content that `content` says, in place."""
    tag, base = content[0], plain_base(type(made))
    if tag in ("l", "q") and base is SEQUENCES[tag]:
        values = [decode(one, table) for one in content[1]]
        base.clear(made)
        base.extend(made, values)
    elif tag == "s" and base is set:
        values = [decode(one, table) for one in content[1]]
        set.clear(made)
        set.update(made, values)
    elif tag == "B" and base is bytearray:
        bytearray.__setitem__(made, slice(None), bytes.fromhex(content[1]))
    elif tag in ("d", "C") and issubclass(base, dict):
        pairs = [(decode(k, table), decode(v, table)) for k, v in content[-1]]
        if not same_keys([k for k, v in pairs], list(dict.keys(made))):  # else a loop over it may go on
            base.clear(made)
        for key, value in pairs:
            base.__setitem__(made, key, value)
        if base is defaultdict:
            defaultdict.default_factory.__set__(made, decode(content[2], table))
    else:
        raise ValueError("no content")


def same_keys(some, others):
    return len(some) == len(others) and all(
        one is other or (type(one) is type(other) and type(one) in (str, int) and one == other)
        for one, other in zip(some, others))
