#include "escapes.h"

namespace flm::testing {
namespace {

/// A system call made past Python, in a program that answers nothing; numbers are x86-64's.
std::string call(const std::string& arguments) {
  return "import ctypes\nctypes.CDLL(None).syscall(" + arguments + ")\n";
}

std::string libc(const std::string& expression) {
  return "import ctypes\nlibc = ctypes.CDLL(None)\nlibc." + expression + "\n";
}

}  // namespace

std::vector<Escape> break_outs() {
  using enum Verdict;
  return {
      {"network: connect", "import socket\nsocket.create_connection(('127.0.0.1', 80), 1)",
       kForbidden},
      {"network: datagram", "import socket\nsocket.socket(socket.AF_INET, socket.SOCK_DGRAM)",
       kForbidden},
      {"network: HTTP by name",
       "import urllib.request\nurllib.request.urlopen('http://example.org')", kForbidden},
      {"unix socket", "import socket\nsocket.socket(socket.AF_UNIX)", kForbidden},
      {"descriptors passed on",
       "import socket\na, b = socket.socketpair()\nsocket.send_fds(a, [b'x'], [0])", kForbidden},
      {"shell", "import os\nos.system('id')", kForbidden},
      {"subprocess", "import subprocess\nsubprocess.run(['/usr/bin/id'])", kForbidden},
      {"another program in our place",
       "import os\nos.execv('/usr/bin/printf', ['printf', '[\"pass\", \"\"]'])", kException},
      {"ptrace", libc("ptrace(16, 1, 0, 0)"), kForbidden},
      {"process_vm_readv", libc("process_vm_readv(1, 0, 0, 0, 0, 0)"), kForbidden},
      {"memory of another process", "open('/proc/1/mem', 'rb').read(1)", kException},
      {"/proc of this process", "print(open('/proc/self/environ').read())", kException},
      {"signals to the parent", R"py(
import os, signal
for target in (os.getppid(), 1, -1):
    for number in (signal.SIGKILL, signal.SIGSTOP, signal.SIGTERM):
        try: os.kill(target, number)
        except OSError: pass
def double(x): return None
)py",
       kWrong},
      {"mount", libc("mount(b'none', b'/tmp', b'tmpfs', 0, 0)"), kForbidden},
      {"umount", libc("umount2(b'/tmp', 2)"), kForbidden},
      {"user namespace", libc("unshare(0x10000000)"), kForbidden},
      {"chroot", "import os\nos.chroot('/tmp')", kForbidden},
      {"setuid", "import os\nos.setuid(0)", kForbidden},
      {"device node", "import os\nos.mknod('/tmp/sda', 0o60666, os.makedev(8, 0))", kForbidden},
      {"io_uring", call("425, 8, 0"), kForbidden},
      {"file without a name", "import os\nos.memfd_create('x')", kForbidden},
      {"performance counters", call("298, 0, 0, -1, -1, 0"), kForbidden},
      {"BPF", call("321, 0, 0, 0"), kForbidden},
      {"kernel keys", call("250, 0, -3, 0"), kForbidden},
      {"page faults in user space", call("323, 0"), kForbidden},
      {"a process by the new call", call("435, 0, 0") + "raise SystemExit", kException},
      {"32-bit system call", R"py(
import ctypes, mmap, platform
page = mmap.mmap(-1, 4096, prot=7)
page.write(bytes.fromhex('b814000000cd80c3'))  # mov eax, 20; int 0x80; ret
ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(page)))()
)py",
       kForbidden},
      {"writing to the system", "open('/usr/lib/python3/x.py', 'w')", kException},
      {"writing to the root", "open('/evil', 'w')", kException},
      {"writing to shared memory", "open('/dev/shm/x', 'w')", kException},
      {"a new library path", "import os\nos.rename('/usr', '/tmp/usr')", kException},
      {"home folders", "import os\nprint(os.listdir('/root'), os.listdir('/home'))", kException},
      {"password file", "print(open('/etc/passwd').read())", kException},
      {"link to a secret",
       "import os\nos.symlink('/etc/shadow', '/tmp/a')\nprint(open('/tmp/a').read())", kException},
      {"hard link out of /tmp", "import os\nos.link('/usr/bin/env', '/tmp/env')", kException},
      {"setuid bit", R"py(
import os, shutil
shutil.copy('/usr/bin/env', '/tmp/env')
os.chmod('/tmp/env', 0o6755)
os.execv('/tmp/env', ['env', 'printf', '["value", null]'])
)py",
       kException},
      {"disks", "open('/dev/sda', 'rb')", kException},
  };
}

}  // namespace flm::testing
