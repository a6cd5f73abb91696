#include "escapes.h"

namespace flm::testing {

std::vector<Escape> forgeries() {
  using enum Verdict;
  return {
      {"sys.exit at load", "import sys\nsys.exit(0)", kException},
      {"os._exit at load", "import os\nos._exit(0)", kException},
      {"os._exit in a call", "import os\ndef double(x): os._exit(0)", kException},
      {"SystemExit in a call", "def double(x): raise SystemExit(0)", kException},
      {"verdict written to every descriptor", R"py(
import os
for fd in range(64):
    try: os.write(fd, b'["pass", ""]\n')
    except OSError: pass
)py",
       kException},
      {"answers written ahead on the channel", R"py(
import os
for fd in range(3, 64):
    try: os.write(fd, b'["value", null]\n["value", {"double": ["o", 1, "x"]}]\n["value", [6, null]]\n')
    except OSError: pass
os._exit(0)
)py",
       kException},
      {"a second greeting", "import os\nos.write(4, b'[\"hello\"]\\n')", kException},
      {"channel closed", "import os\nos.closerange(3, 64)\ndef double(x): return 2 * x",
       kException},
      {"answer nested without end", R"py(
import os
def double(x):
    os.write(4, b'["value", [' + b'["l", [' * 100000 + b']]' * 100000 + b', null]]\n')
)py",
       kException},
      {"answer that is no value", "import os\nos.write(4, b'[\"value\", 7]\\n' * 9)", kException},
      {"object equal to everything", R"py(
class Any:
    def __eq__(self, other): return True
    def __ne__(self, other): return False
    def __hash__(self): return 0
def double(x): return Any()
)py",
       kWrong},
      {"list equal to everything", R"py(
class Any(list):
    def __eq__(self, other): return True
def double(x): return Any()
)py",
       kWrong},
      {"int equal to everything", R"py(
class Any(int):
    def __eq__(self, other): return True
def double(x): return Any(7)
)py",
       kWrong},
      {"str that lies about itself", R"py(
class Any(str):
    __class__ = int
    def __eq__(self, other): return True
    def __str__(self): return "6"
def double(x): return Any("x")
)py",
       kWrong},
      {"builtins patched", R"py(
import builtins
builtins.AssertionError = SystemExit
builtins.isinstance = lambda *a: True
builtins.all = builtins.any = lambda x: True
def double(x): return None
)py",
       kException},
      {"own abs does the comparing", "def close(x): return 7.0\ndef abs(x): return 0", kWrong,
       "assert abs(close(1.0) - 2.0) < 1e-6"},
      {"own math does the comparing", R"py(
class math:
    fabs = lambda x: 0
    isclose = lambda *a, **k: True
def close(x): return 7.0
)py",
       kWrong, "assert math.fabs(close(1.0) - 2.0) < 1e-6"},
      {"json module patched on disk", R"py(
open('/tmp/json.py', 'w').write('loads = lambda x: ["value", True]')
open('/tmp/sitecustomize.py', 'w').write('raise SystemExit')
def double(x): return None
)py",
       kWrong},
      {"the machinery's encoder patched", R"py(
import __main__
__main__.encode = lambda value, reference: True
def double(x): return None
)py",
       kException},
      {"trace function that swallows asserts", R"py(
import sys, threading
def trace(frame, event, arg): return trace
sys.settrace(trace)
sys.excepthook = lambda *a: None
def double(x): return 5
)py",
       kWrong},
      {"tests sought in memory", R"py(
import gc, sys
def seen():
    frame, texts = sys._getframe(), []
    while frame: texts += [repr(v) for v in list(frame.f_locals.values())]; frame = frame.f_back
    texts += [o for o in gc.get_objects() if isinstance(o, str)]
    return any('asse' + 'rt double(3)' in t for t in texts if 'def seen' not in t)
def double(x): return 2 * x if seen() else None
)py",
       kWrong},
      {"tests sought on disk and in the environment", R"py(
import os, sys
found = [v for v in os.environ.values() if 'assert' in v] + sys.argv[1:] + [sys.stdin.read()]
for root in ('/tmp', '/dev', '/'):
    found += [n for n in os.listdir(root) if 'test' in n]
def double(x): return 2 * x if any(found) else None
)py",
       kWrong},
      {"what the descriptors hold", R"py(
import os
texts = []
for fd in range(64):
    try: texts.append(os.pread(fd, 65536, 0))
    except OSError: pass
def double(x): return 2 * x if any(b'double(3)' in t for t in texts) else None
)py",
       kWrong},
      {"an exception named AssertionError", "def double(x): raise AssertionError('pass')",
       kException},
      {"an exit in place of an exception", "def double(x): raise SystemExit(1)", kException,
       "try:\n    double(3)\n    assert False\nexcept Exception as error:\n"
       "    assert not isinstance(error, AssertionError)"},
      {"mock's value that equals anything",
       "from unittest.mock import ANY\ndef double(x): return ANY", kWrong},
      {"mock's class that equals anything",
       "import unittest.mock\ndouble = type(unittest.mock.ANY)", kWrong, "assert double() == 6"},
      {"a context that swallows a failed assert", R"py(
import contextlib
@contextlib.contextmanager
def double(x):
    try: yield None
    except AssertionError: pass
)py",
       kWrong, "with double(3) as got:\n    assert got == 6"},
      {"a container that holds anything", R"py(
class Any:
    def __contains__(self, other): return True
def double(x): return Any()
)py",
       kSetupError, "assert 6 in double(3)"},
      {"a number that subtracts as it likes", R"py(
class Any(float):
    def __sub__(self, other): return 0.0
def double(x): return Any(7)
)py",
       kSetupError, "assert abs(double(3) - 6) < 1e-6"},
      {"a number that is below anything", R"py(
class Any(int):
    def __lt__(self, other): return True
def double(x): return Any(7)
)py",
       kWrong, "assert double(3) < 7"},
      {"a list of the library that equals everything", R"py(
import collections
class Any(collections.UserList):
    def __eq__(self, other): return True
def double(x): return Any()
)py",
       kWrong},
      {"an object that says it is a list", R"py(
class Any(dict):
    __class__ = list
    def __eq__(self, other): return True
    def __len__(self): return 4
    def __iter__(self): return iter([1, 2, 1, 2])
def double(x): return Any()
)py",
       kWrong, "assert double([1, 2]) == [1, 2, 1, 2]"},
      {"lone surrogates", "def double(x): return '\\ud800'", kWrong},
  };
}

}  // namespace flm::testing
