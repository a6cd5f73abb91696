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
      {"lone surrogates", "def double(x): return '\\ud800'", kWrong},
  };
}

}  // namespace flm::testing
