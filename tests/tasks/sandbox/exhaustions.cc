#include "escapes.h"

namespace flm::testing {

std::vector<Escape> exhaustions() {
  using enum Verdict;
  return {
      {"endless loop", "def double(x):\n    while True: pass", kTimeout},
      {"endless loop at load", "while True: pass", kTimeout},
      {"the CPU limit's signal ignored", R"py(
import signal
signal.signal(signal.SIGXCPU, signal.SIG_IGN)
while True: pass
)py",
       kTimeout},
      {"limits raised", "import resource\nresource.setrlimit(resource.RLIMIT_CPU, (100, 100))",
       kException},
      {"timer signals in the way", R"py(
import signal
signal.signal(signal.SIGALRM, lambda *a: None)
signal.setitimer(signal.ITIMER_REAL, 0.001, 0.001)
def double(x):
    while True: pass
)py",
       kTimeout},
      {"fork bomb", "import os\nwhile True: os.fork()", kForbidden},
      {"background child", R"py(
import os, time
if os.fork() == 0:
    os.setsid()
    time.sleep(1000)
def double(x): return 2 * x
)py",
       kForbidden},
      {"process pool", R"py(
import multiprocessing
def double(x): return multiprocessing.get_context('fork').Pool(2).map(abs, [2 * x])[0]
)py",
       kException},
      {"thread bomb", R"py(
import threading, time
while True: threading.Thread(target=time.sleep, args=(1000,), daemon=True).start()
)py",
       kException},
      {"memory in one piece", "def double(x): return bytearray(64 << 30)", kMemory},
      {"memory bit by bit", "all = []\nwhile True: all.append(bytearray(1 << 24))", kMemory},
      {"memory of a repeated answer", "def double(x): return [0] * (1 << 40)", kMemory},
      {"a full disk", R"py(
import itertools
for i in itertools.count(): open('/tmp/%d' % i, 'wb').write(bytes(1 << 20))
)py",
       kException},
      {"one large file", "open('/tmp/x', 'wb').truncate(1 << 40)", kException},
      {"all descriptors", "import os\nwhile True: os.dup(0)", kException},
      {"output without end", "while True: print('x' * 1000)", kForbidden},
      {"errors without end", "import os\nwhile True: os.write(2, b'x' * 4096)", kForbidden},
      {"a large answer", "def double(x): return 'x' * (16 << 20)", kWrong},
      {"an answer too large", "def double(x): return 'x' * (80 << 20)", kException},
      {"a crash", "import ctypes\nctypes.string_at(0)", kException},
      {"endless iterator", "import itertools\ndef double(x): return itertools.repeat(0)", kTimeout,
       "assert list(double(3)) == 6"},
      {"a number too long to print", "def double(x): return 1 << (1 << 25)", kWrong},
  };
}

}  // namespace flm::testing
