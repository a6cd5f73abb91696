#include "tasks/sandbox/sandbox.h"

#include <unistd.h>

#include <fstream>
#include <mutex>
#include <utility>

#include "base/errors.h"
#include "base/parallel_loop.h"
#include "base/system/machine.h"
#include "tasks/sandbox/jail_command.h"
#include "tasks/sandbox/judged_run.h"
#include "tasks/sandbox/seccomp.h"

namespace flm {
namespace {

/// "0", "1", ... of a switch of the kernel; "" where it has none.
std::string kernel_switch(const std::string& name) {
  std::ifstream file("/proc/sys/" + name);
  std::string value;
  std::getline(file, value);
  return value;
}

/// What most likely keeps bubblewrap from isolating, and what helps.
std::string isolation_remedy() {
  if (kernel_switch("kernel/apparmor_restrict_unprivileged_userns") == "1")
    return "AppArmor restricts user namespaces: give /usr/bin/bwrap a profile with userns, or run: "
           "sudo sysctl kernel.apparmor_restrict_unprivileged_userns=0";
  if (kernel_switch("kernel/unprivileged_userns_clone") == "0")
    return "run: sudo sysctl kernel.unprivileged_userns_clone=1";
  if (kernel_switch("user/max_user_namespaces") == "0")
    return "run: sudo sysctl user.max_user_namespaces=10000";
  return "a container needs the right to make user namespaces (docker: --security-opt "
         "seccomp=unconfined --security-opt apparmor=unconfined)";
}

void missing(SandboxStatus& status, std::string problem, std::string remedy) {
  status.problem = std::move(problem);
  status.remedy = std::move(remedy);
}

constexpr const char* kProbe = "def double(x):\n    return 2 * x\n";
constexpr const char* kProbeTests = "assert double(21) == 42\n";

}  // namespace

SandboxStatus Sandbox::examine() {
  SandboxStatus status;
  Sandbox sandbox;
  status.python = sandbox.python_ = find_python();
  status.bubblewrap = sandbox.bubblewrap_ = find_program("bwrap");
  const std::optional<std::string> filter = seccomp_program();
  sandbox.filter_ = filter.value_or("");
  status.seccomp = !sandbox.filter_.empty();
  if (status.python.empty()) {
    missing(status, "no Python interpreter (python3)", "apt-get install python3");
  } else if (!filter) {
    missing(status, "this kernel has no filter of system calls that ends a process (seccomp)",
            "Linux 4.14 or newer has one, an emulation of it may not");
  } else if (status.bubblewrap.empty()) {
    missing(status, "no bubblewrap (bwrap)", "apt-get install bubblewrap");
  } else if (geteuid() == 0 && find_program("setpriv").empty()) {
    missing(status, "no setpriv, which root needs", "apt-get install util-linux");
  } else {
    const CodeOutcome outcome = sandbox.run({kProbe, kProbeTests});
    status.isolates = outcome.verdict == Verdict::kPass;
    if (!status.isolates) {
      const bool old = outcome.detail.find("Unknown option") != std::string::npos;
      missing(status, outcome.detail,
              old ? "bubblewrap 0.8 or newer is needed" : isolation_remedy());
    }
  }
  return status;
}

Sandbox Sandbox::open(bool allow_unsafe, const SandboxStatus& status) {
  Sandbox sandbox;
  sandbox.python_ = status.python;
  sandbox.bubblewrap_ = status.bubblewrap;
  sandbox.isolated_ = status.isolates;
  if (status.isolates) {
    sandbox.filter_ = seccomp_program().value_or("");
    return sandbox;
  }
  const std::string reason = status.problem + "; " + status.remedy;
  if (status.python.empty() || !allow_unsafe) {
    throw UserError("generated code cannot be run apart from this machine: " + reason +
                    (status.python.empty() ? "" : ", or give --unsafe-code-execution"));
  }
  const CodeOutcome outcome = sandbox.run({kProbe, kProbeTests});
  if (outcome.verdict != Verdict::kPass)
    throw UserError("the Python interpreter does not run programs: " + outcome.detail + ": " +
                    status.python);
  return sandbox;
}

CodeOutcome Sandbox::run(const CodeProgram& program, const CodeLimits& limits) const {
  JailOptions jail;
  jail.python = python_;
  jail.bubblewrap = isolated_ ? bubblewrap_ : "";
  jail.filter = !filter_.empty();
  jail.file_bytes = limits.file_bytes;
  return judge(run_and_watch(program, limits, jail, filter_), limits);
}

std::vector<CodeOutcome> Sandbox::run_all(std::span<const CodeProgram> programs,
                                          const CodeLimits& limits) const {
  std::vector<CodeOutcome> outcomes(programs.size());
  const std::atomic<bool> never = false;
  const auto keep = [&](std::size_t i, CodeOutcome&& one) { outcomes[i] = std::move(one); };
  run_each(programs, never, keep, limits);
  return outcomes;
}

void Sandbox::run_each(std::span<const CodeProgram> programs, const std::atomic<bool>& stop,
                       const std::function<void(std::size_t, CodeOutcome&&)>& done,
                       const CodeLimits& limits) const {
  tbb::task_arena arena(available_threads());
  std::mutex one_at_a_time;
  std::atomic<std::size_t> next = 0;  // in the order of the programs, whichever thread is free
  parallel_loop(arena, programs.size(), [&](std::size_t) {
    if (stop) return;
    const std::size_t i = next++;
    CodeOutcome outcome = run(programs[i], limits);
    const std::lock_guard guard(one_at_a_time);
    done(i, std::move(outcome));
  });
}

std::string Sandbox::description() const {
  if (!isolated_) return "not isolated, " + python_;
  return std::string("bubblewrap") + (filter_.empty() ? "" : " + seccomp") + ", " + python_;
}

}  // namespace flm
