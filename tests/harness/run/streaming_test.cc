// A checkpoint larger than --memory: the same bits, and private memory within the plan.
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <thread>

#include "base/documents/json.h"
#include "tests/harness/program.h"

namespace flm {
namespace {

using testing::Scratch;

constexpr double kMiB = 1024.0 * 1024;

/// RssAnon of a process in bytes; 0 where it is gone, or still this program's copy. Mapped files do
/// not count.
double private_bytes(pid_t process) {
  std::error_code gone;
  const auto program =
      std::filesystem::read_symlink("/proc/" + std::to_string(process) + "/exe", gone);
  if (gone || program == std::filesystem::read_symlink("/proc/self/exe")) return 0;
  std::ifstream status("/proc/" + std::to_string(process) + "/status");
  for (std::string word; status >> word;) {
    if (word != "RssAnon:") continue;
    double kib = 0;
    status >> kib;
    return kib * 1024;
  }
  return 0;
}

struct Scored {
  testing::Outcome outcome;
  double most_private = 0;
};

Scored run_watched(const Scratch& scratch, const std::vector<std::string>& arguments,
                   double data_limit) {
  rlimit before{};
  getrlimit(RLIMIT_DATA, &before);
  if (data_limit > 0) {
    const rlimit limit{static_cast<rlim_t>(data_limit), before.rlim_max};
    setrlimit(RLIMIT_DATA, &limit);  // the child inherits it
  }
  const pid_t child = testing::start(scratch, arguments);
  setrlimit(RLIMIT_DATA, &before);
  Scored scored;
  siginfo_t info{};
  while (waitid(P_PID, static_cast<id_t>(child), &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
         info.si_pid == 0) {
    scored.most_private = std::max(scored.most_private, private_bytes(child));
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  scored.outcome = testing::finish(scratch, child);
  return scored;
}

/// Two texts of random ids that share a stem.
std::string token_lines() {
  std::string lines;
  for (int text = 0; text < 2; ++text) {
    Json tokens = Json::array();
    for (int i = 0; i < 200; ++i)
      tokens.push_back((i * 7919 + 13 + (i > 120 ? text * 31 : 0)) % 2000);
    lines += compact_json(Json{{"id", text}, {"tokens", tokens}}) + "\n";
  }
  return lines;
}

void expect_streamed_within_memory(const std::string& model, double memory_gib,
                                   double weights_gib) {
  const Scratch scratch;
  scratch.write("tokens.jsonl", token_lines());
  const std::vector<std::string> score = {"score",    "--quiet",      "--model",   model,
                                          "--tokens", "tokens.jsonl", "--threads", "2"};
  const Scored resident = run_watched(scratch, score, 0);
  ASSERT_EQ(resident.outcome.exit_code, 0) << resident.outcome.err;
  ASSERT_GT(resident.most_private, weights_gib * 1024 * kMiB) << "the weights were not resident";

  std::vector<std::string> streamed = score;
  streamed.insert(streamed.end(), {"--memory", std::to_string(memory_gib)});
  // RLIMIT_DATA counts what is reserved, stacks of threads among it.
  const double limit = memory_gib * 1024 * kMiB;
  const Scored within = run_watched(scratch, streamed, limit + 256 * kMiB);
  ASSERT_EQ(within.outcome.exit_code, 0) << within.outcome.err;
  EXPECT_EQ(within.outcome.out, resident.outcome.out);
  EXPECT_LT(within.most_private, limit + 64 * kMiB);  // the program itself
  std::printf("RssAnon %.0f MiB resident, %.0f MiB streamed under %.0f MiB\n",
              resident.most_private / kMiB, within.most_private / kMiB, limit / kMiB);
}

TEST(Streaming, ASyntheticModelLargerThanMemory) {
  expect_streamed_within_memory("synthetic:llama-160m", 0.28, 0.31);
}

TEST(Streaming, ACheckpointLargerThanMemory) {
  const char* folder = std::getenv("FLM_SMOLLM2");  // made by ../shared/models/make_smollm2.py
  if (!folder) GTEST_SKIP() << "skipped: FLM_SMOLLM2 names no folder";
  expect_streamed_within_memory(folder, 0.25, 0.31);
}

}  // namespace
}  // namespace flm
