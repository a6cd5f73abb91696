// Runs generated code against its tests, apart from this machine and apart from the tests: two
// processes, each in its own bubblewrap (no network, nothing of the user's files, a small /tmp,
// nobody's identity, a filter of system calls, limits). The candidate's process answers calls; the
// tests' process makes them and alone holds the pipe over which the verdict leaves.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace flm {

enum class Verdict { kPass, kWrong, kException, kTimeout, kMemory, kForbidden, kSetupError };

/// pass, wrong, exception, timeout, memory, forbidden, setup error.
const char* verdict_name(Verdict verdict);
/// Nothing where no verdict has that name.
std::optional<Verdict> verdict_named(const std::string& name);

/// A program as a model wrote it, and the code that tests it (asserts; the candidate's names are
/// its own).
struct CodeProgram {
  std::string candidate, tests;
};

struct CodeLimits {
  int cpu_seconds = 3;    // of the candidate's process: the limit that counts
  int wall_seconds = 30;  // of the whole, for what waits instead of working
  std::int64_t memory_bytes = std::int64_t{1} << 30;  // address space
  std::int64_t file_bytes = std::int64_t{16} << 20;   // one file, and all of /tmp
  std::int64_t output_bytes = std::int64_t{8} << 20;  // beyond: forbidden
  int processes = 16;  // and threads; new processes are forbidden anyway where seccomp is
};

struct CodeOutcome {
  Verdict verdict = Verdict::kSetupError;
  std::string detail;  // one line: the exception, the signal, the limit; "" for a pass
  std::string output;  // what the candidate printed, its first 16 KiB
  double seconds = 0;  // wall
};

/// What this machine offers; `flmeval doctor` prints it.
struct SandboxStatus {
  std::string python, bubblewrap;  // paths, "" = not found
  bool seccomp = false;            // a filter of system calls is in this build
  bool isolates = false;           // a program really ran and was judged inside
  std::string problem, remedy;     // why not, and what to do; "" = nothing is missing
};

/// Ready to run programs. Thread-safe after construction; holds no process between runs.
class Sandbox {
 public:
  /// Looks for what is needed and runs one program. Where the system cannot isolate: UserError with
  /// the reason and the remedy, or with `allow_unsafe` the same two processes without isolation.
  static Sandbox open(bool allow_unsafe) { return open(allow_unsafe, examine()); }
  static Sandbox open(bool allow_unsafe, const SandboxStatus& status);

  /// What there is and whether it works; never throws for want of anything.
  static SandboxStatus examine();

  CodeOutcome run(const CodeProgram& program, const CodeLimits& limits = {}) const;

  /// outcomes[i] belongs to programs[i]. As many at a time as the cgroup and the affinity mask give
  /// this process cores: more would meet the wall-clock limit for want of a processor.
  std::vector<CodeOutcome> run_all(std::span<const CodeProgram> programs,
                                   const CodeLimits& limits = {}) const;

  /// The same, each outcome given to `done` as soon as it is there, by one thread at a time. Once
  /// `stop` is set no further program is begun.
  void run_each(std::span<const CodeProgram> programs, const std::atomic<bool>& stop,
                const std::function<void(std::size_t, CodeOutcome&&)>& done,
                const CodeLimits& limits = {}) const;

  bool isolated() const { return isolated_; }
  /// "bubblewrap + seccomp, /usr/bin/python3": stands in the record of a run.
  std::string description() const;

 private:
  std::string python_, bubblewrap_, filter_;
  bool isolated_ = true;
};

}  // namespace flm
