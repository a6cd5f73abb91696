#include "tasks/sandbox/seccomp.h"

#include <fcntl.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <memory>
#include <sstream>

#include "base/errors.h"
#include "tasks/sandbox/child_process.h"

namespace flm {
namespace {

/// What an interpreter needs: files, memory, time, signals to itself, threads, a pair of sockets
/// for an event loop. Reading and writing are bounded by what is mounted, not here.
constexpr const char* kAllowed =
    "access alarm arch_prctl brk chdir chmod clock_getres clock_gettime clock_nanosleep close "
    "close_range copy_file_range dup dup2 dup3 epoll_create1 epoll_ctl epoll_pwait epoll_wait "
    "eventfd2 execve exit exit_group faccessat faccessat2 fadvise64 fallocate fchdir fchmod "
    "fchmodat fcntl fdatasync flock fstat fstatfs fsync ftruncate futex getcwd getdents "
    "getdents64 getegid geteuid getgid getgroups getitimer getpgid getpgrp getpeername getpid "
    "getppid getpriority getrandom getresgid getresuid getrlimit getrusage getsid getsockname "
    "getsockopt gettid gettimeofday getuid getxattr ioctl kill lgetxattr link linkat listxattr "
    "llistxattr lseek lstat madvise "
    "membarrier mincore mkdir mkdirat mmap mprotect mremap munmap nanosleep newfstatat open "
    "openat pause pipe pipe2 poll ppoll prctl pread64 preadv prlimit64 pselect6 pwrite64 pwritev "
    "read readlink readlinkat readv recvfrom rename renameat renameat2 restart_syscall rmdir rseq "
    "rt_sigaction rt_sigpending rt_sigprocmask rt_sigqueueinfo rt_sigreturn rt_sigsuspend "
    "rt_sigtimedwait sched_get_priority_max sched_get_priority_min sched_getaffinity "
    "sched_getparam sched_getscheduler sched_yield select sendfile sendto set_robust_list "
    "set_tid_address setitimer setrlimit setsockopt shutdown sigaltstack socketpair stat statfs "
    "statx symlink symlinkat sync sysinfo tgkill time times tkill truncate umask uname unlink "
    "unlinkat utime utimensat utimes wait4 waitid write writev";

/// What ends the process: no honest solution asks for it, and a silent refusal would let it go on.
constexpr const char* kForbidden =
    "accept accept4 acct add_key bind bpf capset chown chroot clock_settime connect delete_module "
    "fanotify_init fchown fchownat finit_module fork fsconfig fsmount fsopen init_module "
    "io_uring_enter io_uring_register io_uring_setup ioperm iopl kcmp kexec_load keyctl lchown "
    "listen lookup_dcookie memfd_create mknod mknodat mount mount_setattr move_mount "
    "name_to_handle_at open_by_handle_at open_tree perf_event_open personality pidfd_getfd "
    "pivot_root process_madvise process_vm_readv process_vm_writev ptrace quotactl reboot "
    "request_key sendmsg setdomainname setfsgid setfsuid setgid setgroups sethostname setns "
    "setregid setresgid setresuid setreuid settimeofday setuid setxattr shmget socket swapoff "
    "swapon syslog umount2 unshare uselib userfaultfd vfork vhangup";

using Filter = std::unique_ptr<void, decltype(&seccomp_release)>;

/// Names that this machine's architecture or this libseccomp does not know need no rule.
void add_rules(const Filter& filter, const char* names, std::uint32_t action) {
  std::istringstream words(names);
  for (std::string name; words >> name;) {
    const int number = seccomp_syscall_resolve_name(name.c_str());
    if (number < 0) continue;  // __NR_SCMP_ERROR among them
    FLM_CHECK(seccomp_rule_add(filter.get(), action, number, 0) == 0, name);
  }
}

/// clone makes threads; as a fork it is forbidden. Its struct-taking successor answers ENOSYS,
/// because a filter cannot look into the struct, and the C library falls back to clone.
void add_clone(const Filter& filter) {
  const int number = SCMP_SYS(clone);
  FLM_CHECK(seccomp_rule_add(filter.get(), SCMP_ACT_ALLOW, number, 1,
                             SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_THREAD, CLONE_THREAD)) == 0,
            "clone of threads");
  FLM_CHECK(seccomp_rule_add(filter.get(), SCMP_ACT_KILL_PROCESS, number, 1,
                             SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_THREAD, 0)) == 0,
            "clone of processes");
}

/// Room for the longest filter that the kernel takes (4096 instructions of 8 bytes).
constexpr off_t kMostFilterBytes = 32 << 10;

/// libseccomp does not look whether all of the filter was written: its place is taken beforehand.
std::string exported(const Filter& filter) {
  const OwnedFd file(memfd_create("seccomp", MFD_CLOEXEC));
  if (const int refused = posix_fallocate(file.get(), 0, kMostFilterBytes); refused != 0)
    throw UserError(std::string("no memory for the filter of system calls: ") +
                    std::strerror(refused) + "; free some, or raise ulimit -f");
  FLM_CHECK(seccomp_export_bpf(filter.get(), file.get()) == 0, "seccomp_export_bpf");
  std::string program(static_cast<std::size_t>(lseek(file.get(), 0, SEEK_CUR)), '\0');
  const ssize_t got = pread(file.get(), program.data(), program.size(), 0);
  FLM_CHECK(program.size() < static_cast<std::size_t>(kMostFilterBytes), "a filter too long");
  FLM_CHECK(got == static_cast<ssize_t>(program.size()), "reading the filter");
  return program;
}

}  // namespace

std::optional<std::string> seccomp_program() {
  const Filter filter(seccomp_init(SCMP_ACT_ERRNO(ENOSYS)), &seccomp_release);
  FLM_CHECK(filter != nullptr, "seccomp_init");
  // Calls by another architecture's numbers would pass by all rules. libseccomp asks the kernel.
  if (seccomp_attr_set(filter.get(), SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS) != 0)
    return std::nullopt;
  add_rules(filter, kAllowed, SCMP_ACT_ALLOW);
  add_rules(filter, kForbidden, SCMP_ACT_KILL_PROCESS);
  add_clone(filter);
  return exported(filter);
}

}  // namespace flm
