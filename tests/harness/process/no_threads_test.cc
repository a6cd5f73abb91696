// Where the system gives no thread more (ulimit -u, a container's pids.max), that is said.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include "tests/harness/program.h"

namespace flm::testing {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

/// As a user with one process and one thread at most; root is not limited, and becomes nobody.
Outcome run_without_threads(const Scratch& scratch, const std::vector<std::string>& words) {
  constexpr unsigned kNobody = 65534;
  fs::permissions(scratch.path(), fs::perms::all);
  const pid_t child = fork();
  if (child == 0) {
    const rlimit one{1, 1};
    if (setrlimit(RLIMIT_NPROC, &one) != 0) _exit(126);
    if (getuid() == 0 && (setgid(kNobody) != 0 || setuid(kNobody) != 0)) _exit(126);
    if (chdir(scratch.path().c_str()) != 0 || !freopen("stdout", "w", stdout) ||
        !freopen("stderr", "w", stderr) || !freopen("/dev/null", "r", stdin))
      _exit(126);
    std::vector<std::string> all = words;
    all.insert(all.begin(), FLM_PROGRAM);
    setenv("XDG_CACHE_HOME", (scratch / "cache").c_str(), 1);
    execv(FLM_PROGRAM, argv_of(all).data());
    _exit(127);
  }
  return finish(scratch, child);
}

/// pthread_create(3): EAGAIN, "Insufficient resources to create another thread".
TEST(NoThreads, AreTheUsersToMend) {
  const Scratch scratch;
  scratch.write("tokens", "{\"tokens\": [1, 5, 6]}\n{\"tokens\": [1, 7, 8]}\n");
  for (const std::vector<std::string>& words :
       {std::vector<std::string>{"score", "--model", nano(), "--tokens", "tokens", "--threads",
                                 "2"},
        {"run", "--model", nano(), "--tasks", "mmlu_anatomy", "--limit", "2", "--threads", "2"}}) {
    const Outcome outcome = run_without_threads(scratch, words);
    if (outcome.exit_code >= 126) GTEST_SKIP() << "skipped: nobody cannot run the program";
    EXPECT_EQ(outcome.exit_code, 2) << outcome.err;
    EXPECT_THAT(outcome.err, HasSubstr("Resource temporarily unavailable; raise the limit on "
                                       "threads and processes"));
    EXPECT_EQ(outcome.out, "");
  }
}

}  // namespace
}  // namespace flm::testing
