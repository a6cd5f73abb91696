// A checkpoint that is rewritten, cut short or replaced while the program reads it: told with its
// path, and nothing of it is kept.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/stat.h>

#include <chrono>
#include <nlohmann/json.hpp>
#include <thread>

#include "base/documents/json.h"
#include "tests/harness/program.h"

namespace flm::testing {
namespace {

using ::testing::AllOf;
using ::testing::AnyOf;
using ::testing::HasSubstr;
namespace fs = std::filesystem;
using Words = std::vector<std::string>;

enum class Change { kRewrite, kCut, kReplace };

class ChangedCheckpoint : public ::testing::Test {
 protected:
  void SetUp() override { fs::copy(nano(), scratch_ / "model"); }

  std::string weights() const { return (scratch_ / "model/model.safetensors").string(); }

  void change(Change how) const {
    if (how == Change::kCut) return fs::resize_file(weights(), 40000);
    const fs::path other = nano("step_00800") + "/model.safetensors";
    if (how == Change::kReplace) {
      fs::copy_file(other, scratch_ / "new");
      return fs::rename(scratch_ / "new", weights());
    }
    const std::string bytes = slurp(other);  // as cp and rsync --inplace do
    std::fstream file(weights(), std::ios::in | std::ios::out | std::ios::binary);
    file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  }

  /// Changes the checkpoint when the program has opened it and asks for its input.
  Outcome changed_before_input(Change how, const Words& words, const std::string& input) const {
    const fs::path pipe = scratch_ / "pipe";
    fs::remove(pipe);
    EXPECT_EQ(mkfifo(pipe.c_str(), 0600), 0);
    const pid_t child = start(scratch_, words);
    int out = -1;  // opens when the program has opened the other end
    for (int i = 0; i < 6000 && out < 0; ++i) {
      out = open(pipe.c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC);
      if (out < 0) std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    change(how);
    EXPECT_EQ(write(out, input.data(), input.size()), static_cast<ssize_t>(input.size()));
    close(out);
    return finish(scratch_, child);
  }

  /// Changes it when the run stands in the store and its first batch is on the way.
  Outcome changed_while_it_runs(Change how, const Words& words) const {
    const pid_t child = start(scratch_, words);
    for (int i = 0; i < 6000 && !fs::exists(scratch_ / "out/run.json"); ++i)
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    change(how);
    return finish(scratch_, child);
  }

  void expect_told(const Outcome& outcome) const {
    EXPECT_EQ(outcome.exit_code, 2) << outcome.err;
    EXPECT_THAT(outcome.err, AllOf(HasSubstr("model/model.safetensors"),
                                   AnyOf(HasSubstr("changed while it was read"),
                                         HasSubstr("was cut short while it was read")),
                                   HasSubstr("run again")));
    EXPECT_EQ(outcome.out, "");
  }

  Scratch scratch_;
};

const char* const kTokens = "{\"id\": 0, \"tokens\": [5, 17, 200, 31, 7, 99, 301, 12, 44, 3]}\n";

Words scoring(const std::string& memory) {
  return {"score", "--quiet", "--model", "model", "--tokens", "pipe", "--memory", memory};
}

TEST_F(ChangedCheckpoint, ScoreTellsARewriteAndACut) {
  expect_told(changed_before_input(Change::kRewrite, scoring("1"), kTokens));
  expect_told(changed_before_input(Change::kRewrite, scoring("0.02"), kTokens));  // streamed
  expect_told(changed_before_input(Change::kCut, scoring("1"), kTokens));
}

TEST_F(ChangedCheckpoint, AReplacedFileIsTheOneThatWasOpened) {
  const Outcome changed = changed_before_input(Change::kReplace, scoring("1"), kTokens);
  ASSERT_EQ(changed.exit_code, 0) << changed.err;
  scratch_.write("tokens.jsonl", kTokens);
  const Outcome plain =
      run(scratch_, {"score", "--quiet", "--model", nano(), "--tokens", "tokens.jsonl"});
  EXPECT_EQ(changed.out, plain.out);
}

TEST_F(ChangedCheckpoint, GenerateTellsThem) {
  const Words words = {"generate", "--quiet", "--model", "model", "--prompts", "pipe"};
  const std::string prompt = "{\"prompt\": \"The\", \"max_new_tokens\": 4}\n";
  expect_told(changed_before_input(Change::kRewrite, words, prompt));
  expect_told(changed_before_input(Change::kCut, words, prompt));
}

/// Of one that was rewritten no answer is kept for the sound one, whose hash the run had begun
/// with.
TEST_F(ChangedCheckpoint, ARunTellsThemAndTheStoreIsNotPoisoned) {
  const auto words = [](const std::string& model, const std::string& store, const char* out) {
    return Words{"run", "--quiet", "--model", model,      "--tasks", "bpb_en_arxiv", "--limit",
                 "6",   "--store", store,     "--output", out,       "--memory",     "0.02"};
  };
  expect_told(changed_while_it_runs(Change::kRewrite, words("model", "s.db", "out")));
  fs::remove_all(scratch_ / "out");
  fs::remove_all(scratch_ / "model");
  SetUp();
  expect_told(changed_while_it_runs(Change::kCut, words("model", "s.db", "out")));
  const auto figures = [&](const std::string& store, const char* out) {
    const Outcome outcome = run(scratch_, words(nano(), store, out));
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    return read_json_file((scratch_ / out).string() + "/results.json").at("results").dump();
  };
  EXPECT_EQ(figures("s.db", "again"), figures("fresh.db", "fresh"));
}

}  // namespace
}  // namespace flm::testing
