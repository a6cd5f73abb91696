#include "base/system/process.h"

#include <signal.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <sstream>

#include "base/system/first_line.h"

namespace flm {
namespace {

/// Clock ticks from the boot to the start of a process; "" where there is none (or a zombie, which
/// does nothing any more).
std::string start_of(const std::string& pid) {
  const std::string stat = first_line("/proc/" + pid + "/stat");  // pid (name) state ppid ...
  const std::size_t name_end = stat.rfind(')');
  if (name_end == std::string::npos) return "";
  std::istringstream fields(stat.substr(name_end + 1));
  std::string field;
  constexpr int kStart = 20;  // fields from the state to the start time: proc(5)
  for (int i = 0; i < kStart; ++i) {
    fields >> field;
    if (i == 0 && field == "Z") return "";
  }
  return field;
}

struct Name {
  std::string host, machine, boot, space, pid, start;
};

/// Where this process runs: host, machine, boot and pid namespace.
Name here() {
  std::array<char, 256> host{};
  gethostname(host.data(), host.size() - 1);
  std::error_code error;
  const std::filesystem::path space = std::filesystem::read_symlink("/proc/self/ns/pid", error);
  const std::string machine = first_line("/etc/machine-id");
  return {host[0] ? host.data() : "?",
          machine.empty() ? "?" : machine,
          first_line("/proc/sys/kernel/random/boot_id"),
          error ? "?" : space.string(),
          "",
          ""};
}

}  // namespace

std::string this_process() {
  const Name at = here();
  const std::string pid = std::to_string(getpid());
  return at.host + " " + at.machine + " " + at.boot + " " + at.space + " " + pid + " " +
         start_of(pid);
}

ProcessState state_of_process(const std::string& name) {
  std::istringstream text(name);
  Name asked;
  text >> asked.host >> asked.machine >> asked.boot >> asked.space >> asked.pid >> asked.start;
  const Name at = here();
  if (asked.start.empty() || asked.host != at.host || asked.machine != at.machine)
    return ProcessState::kOutOfSight;
  if (asked.boot != at.boot)  // the machine has started anew since; without an id it may be another
    return at.machine == "?" ? ProcessState::kOutOfSight : ProcessState::kGone;
  if (asked.space != at.space) return ProcessState::kOutOfSight;
  if (start_of(asked.pid) == asked.start) return ProcessState::kAlive;
  // /proc may hide the processes of others: they exist where a signal is not permitted.
  const bool hidden =
      kill(static_cast<pid_t>(std::atoi(asked.pid.c_str())), 0) != 0 && errno == EPERM;
  return hidden ? ProcessState::kOutOfSight : ProcessState::kGone;
}

}  // namespace flm
