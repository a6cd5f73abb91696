// The rules of --resume: again and again, with other flags, after a kill.
#include <gtest/gtest.h>
#include <signal.h>

#include <chrono>
#include <fstream>
#include <functional>
#include <nlohmann/json.hpp>
#include <thread>

#include "base/documents/json.h"
#include "harness/cli/options.h"
#include "reports/store/store.h"
#include "tests/harness/program.h"
#include "tests/harness/wait_for.h"

namespace flm::testing {
namespace {

const std::vector<std::string> kLong = {"run",
                                        "--model",
                                        nano(),
                                        "--tasks",
                                        "gsm8k,bpb",
                                        "--store",
                                        "s.db",
                                        "--output",
                                        "a",
                                        "--seed",
                                        "7",
                                        "--gen-kwargs",
                                        "temperature=0.8,do_sample=true",
                                        "--limit",
                                        "8"};

std::vector<std::string> with(std::vector<std::string> words, std::vector<std::string> more) {
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

RunRecord only_run(const Scratch& scratch) {
  return Store::open((scratch / "s.db").string())->runs().at(0);
}

bool is_running(const Scratch& scratch, const std::string& before,
                const std::string& store = "s.db") {
  if (!std::filesystem::exists(scratch / store)) return false;
  try {
    const auto runs = Store::open((scratch / store).string())->runs();
    return !runs.empty() && runs[0].status == "running" && runs[0].environment_json != before;
  } catch (const std::exception&) {
    return false;  // the file is being made
  }
}

/// Starts the program, and stops it by `signal` once it computes.
Outcome start_and_stop(const Scratch& scratch, const std::vector<std::string>& words, int signal,
                       const std::string& store = "s.db") {
  const std::string before =
      std::filesystem::exists(scratch / "s.db") ? only_run(scratch).environment_json : "";
  const pid_t child = start(scratch, words);
  EXPECT_TRUE(wait_for([&] { return is_running(scratch, before, store); }));
  kill(child, signal);
  return finish(scratch, child);
}

/// The words behind "flmeval" of the command that an interrupted run prints.
std::vector<std::string> printed_command(const std::string& text) {
  const std::size_t at = text.find("go on with: flmeval ");
  EXPECT_NE(at, std::string::npos) << text;
  std::istringstream words(text.substr(at + 20, text.find('\n', at) - at - 20));
  std::vector<std::string> out;
  for (std::string word; words >> word;) out.push_back(word);
  return out;
}

std::string figures(const Scratch& scratch, const std::string& folder) {
  return read_json_file((scratch / folder).string() + "/results.json").at("results").dump();
}

TEST(Resume, TheCommandThatIsPrintedWorksAnyNumberOfTimes) {
  Scratch quiet, scratch;
  ASSERT_EQ(run(quiet, kLong).exit_code, 0);
  Outcome outcome = start_and_stop(scratch, kLong, SIGTERM);
  for (int round = 0; round < 2; ++round) {
    if (outcome.exit_code == 0) GTEST_SKIP() << "skipped: the run ended before the signal";
    ASSERT_EQ(outcome.exit_code, 3) << outcome.err;
    EXPECT_EQ(only_run(scratch).status, "interrupted");
    outcome = start_and_stop(scratch, printed_command(outcome.err), SIGTERM);
  }
  const std::vector<std::string> command = {"run", "--resume", only_run(scratch).id, "--store",
                                            (scratch / "s.db").string()};
  if (outcome.exit_code == 3) {
    EXPECT_EQ(printed_command(outcome.err), command) << "it can be pasted in any folder";
  }
  const Outcome last = run(scratch, command);
  ASSERT_EQ(last.exit_code, 0) << last.err;
  EXPECT_EQ(figures(scratch, "a"), figures(quiet, "a"));
  ASSERT_EQ(run(scratch, command).exit_code, 0) << "and once more where all is done";
}

TEST(Resume, TheCommandNamesTheStoreThatCommandsTakeAnywayToo) {
  Scratch scratch, elsewhere;
  std::vector<std::string> words = kLong;
  words.erase(std::find(words.begin(), words.end(), "--store"),
              std::find(words.begin(), words.end(), "--store") + 2);
  const Outcome outcome = start_and_stop(scratch, words, SIGTERM, "flmeval.db");
  if (outcome.exit_code == 0) GTEST_SKIP() << "skipped: the run ended before the signal";
  ASSERT_EQ(outcome.exit_code, 3) << outcome.err;
  const Outcome last = run(elsewhere, printed_command(outcome.err));
  ASSERT_EQ(last.exit_code, 0) << last.err;
  EXPECT_TRUE(std::filesystem::exists(scratch / "a/results.json"));
}

/// Nothing is left to compute, and the record still says what the run took.
TEST(Resume, WhatItTookIsOfAllItsBeginnings) {
  Scratch scratch;
  const std::vector<std::string> words = {
      "run", "--model", nano(), "--tasks",      "gsm8k",          "--num-fewshot", "0", "--limit",
      "1",   "--store", "s.db", "--gen-kwargs", "max_gen_toks=4", "--output",      "a"};
  ASSERT_EQ(run(scratch, words).exit_code, 0);
  const auto cost = [&] { return parse_json(only_run(scratch).cost_json, "cost"); };
  const Json first = cost();
  EXPECT_GT(first.at("rows_really_computed"), 0);
  EXPECT_GT(first.at("generated_tokens"), 0);
  EXPECT_EQ(first.at("responses_from_store"), 0);
  ASSERT_EQ(run(scratch, {"run", "--resume", "latest", "--store", "s.db"}).exit_code, 0);
  for (const char* key : {"rows_really_computed", "generated_tokens", "responses_from_store"})
    EXPECT_EQ(cost().at(key), first.at(key)) << key;
  EXPECT_GE(cost().at("seconds"), first.at("seconds"));
}

TEST(Resume, TheStoreIsNamedWhereItIsNotTheOneThatTheCommandTakes) {
  EXPECT_EQ(RunFlags().store, kDefaultStore);
}

TEST(Resume, AKilledRunIsInterruptedAndOneThatIsComputedIsLeftAlone) {
  Scratch scratch;
  const pid_t child = start(scratch, kLong);
  ASSERT_TRUE(wait_for([&] { return is_running(scratch, ""); }));
  const std::string id = only_run(scratch).id;
  Scratch beside;  // for its own stdout and stderr
  const std::string store = (scratch / "s.db").string();
  const Outcome second = run(beside, {"run", "--resume", id, "--store", store});
  const Outcome meanwhile = run(beside, {"report", id, "--store", store});
  kill(child, SIGKILL);
  if (finish(scratch, child).exit_code != 128 + SIGKILL)
    GTEST_SKIP() << "skipped: the run ended before the signal";
  EXPECT_EQ(second.exit_code, 2) << second.err;
  EXPECT_NE(second.err.find("a process still computes run " + id), std::string::npos) << second.err;
  EXPECT_NE(meanwhile.out.find(": running"), std::string::npos) << meanwhile.out;
  const Outcome reported = run(scratch, {"report", id, "--store", "s.db"});
  EXPECT_NE(reported.out.find(": interrupted"), std::string::npos) << reported.out;
  EXPECT_NE(reported.out.find("--resume " + id + " --store " + store), std::string::npos)
      << reported.out;
  const Outcome resumed = run(scratch, {"run", "--resume", id, "--store", "s.db"});
  EXPECT_EQ(resumed.exit_code, 0);
  EXPECT_EQ(parse_json(only_run(scratch).cost_json, "cost")["killed_beginnings"], 1);
  std::string text = resumed.out;  // lines are broken where the terminal ends
  std::replace(text.begin(), text.end(), '\n', ' ');
  EXPECT_NE(text.find("killed process"), std::string::npos) << "its time is in no figure: " << text;
}

/// Generations in several waves: few are decoded together in so little memory, so that the last one
/// is far off when the first is stored.
constexpr int kItemsInWaves = 20;
std::vector<std::string> waves(const std::string& folder) {
  return {"run",
          "--model",
          nano(),
          "--tasks",
          "gsm8k",
          "--num-fewshot",
          "0",
          "--limit",
          std::to_string(kItemsInWaves),
          "--threads",
          "1",
          "--gen-kwargs",
          "max_gen_toks=300",
          "--memory",
          "0.02",
          "--store",
          "s.db",
          "--output",
          folder};
}

/// Starts a run that is not `older` and kills it once some of its answers are stored; whether it
/// was killed in time.
bool killed_midway(const Scratch& scratch, const std::vector<std::string>& words,
                   const std::string& older) {
  const pid_t child = start(scratch, words);
  EXPECT_TRUE(wait_for([&] {
    if (!std::filesystem::exists(scratch / "s.db")) return false;
    try {
      const auto store = Store::open((scratch / "s.db").string());
      const std::vector<RunRecord> runs = store->runs();
      return !runs.empty() && runs[0].id != older &&
             !store->sample_values(runs[0].id, "gsm8k").empty();
    } catch (const std::exception&) {
      return false;  // the file is being made
    }
  }));
  kill(child, SIGKILL);
  return finish(scratch, child).exit_code == 128 + SIGKILL;
}

TEST(Resume, AFreshRunTakesItsOwnResponsesAndNoOlderOnes) {
  Scratch scratch;
  ASSERT_EQ(run(scratch, waves("o")).exit_code, 0);
  if (!killed_midway(scratch, with(waves("a"), {"--fresh"}), only_run(scratch).id))
    GTEST_SKIP() << "skipped: the run ended before the signal";
  const std::string id = only_run(scratch).id;
  if (Store::open((scratch / "s.db").string())->sample_values(id, "gsm8k").size() == kItemsInWaves)
    GTEST_SKIP() << "skipped: all was stored before the signal";
  const Outcome resumed = run(scratch, {"run", "--resume", id, "--store", "s.db"});
  ASSERT_EQ(resumed.exit_code, 0) << resumed.err;
  const Json cost = parse_json(only_run(scratch).cost_json, "cost");
  EXPECT_GT(cost["responses_from_store"].get<std::int64_t>(), 0) << "its own are taken";
  EXPECT_LT(cost["responses_from_store"].get<std::int64_t>(), kItemsInWaves)
      << "the older run's are not";
  EXPECT_EQ(figures(scratch, "a"), figures(scratch, "o"));
}

TEST(Resume, OfTwoInOneMomentOneComputes) {
  Scratch scratch;
  if (!killed_midway(scratch, waves("a"), ""))
    GTEST_SKIP() << "skipped: the run ended before the signal";
  const std::string id = only_run(scratch).id, store = (scratch / "s.db").string();
  Scratch left, right;
  const std::vector<std::string> words = {"run", "--resume", id, "--store", store};
  const pid_t one = start(left, words), other = start(right, words);
  const Outcome a = finish(left, one), b = finish(right, other);
  EXPECT_EQ(std::min(a.exit_code, b.exit_code), 0) << a.err << b.err;
  EXPECT_EQ(std::max(a.exit_code, b.exit_code), 2) << a.err << b.err;
  EXPECT_NE((a.err + b.err).find("run " + id), std::string::npos) << a.err << b.err;
}

TEST(Resume, PathsMeanTheFolderWhereTheRunBegan) {
  Scratch scratch, elsewhere;
  std::filesystem::create_directory_symlink(nano(), scratch / "model");
  scratch.write("mine.yaml",
                "task: mine\ndataset_path: json\ndataset_kwargs: {data_files: {test: r.jsonl}}\n"
                "test_split: test\noutput_type: loglikelihood\ndoc_to_text: \"{{q}}\"\n"
                "doc_to_target: x\nmetric_list: [{metric: acc}]\n");
  scratch.write("r.jsonl", "{\"q\": \"One\"}\n{\"q\": \"Two\"}\n");
  scratch.write("ids.json", "{\"mine\": [1]}");
  ASSERT_EQ(run(scratch, {"run", "--model", "model", "--tokenizer", "model", "--tasks", "mine.yaml",
                          "--samples", "ids.json", "--store", "s.db", "--name", "n"})
                .exit_code,
            0);
  const std::string store = (scratch / "s.db").string();
  Outcome resumed = run(elsewhere, {"run", "--resume", "n", "--store", store});
  ASSERT_EQ(resumed.exit_code, 0) << resumed.err;
  EXPECT_FALSE(std::filesystem::exists(elsewhere / "runs"));
  EXPECT_EQ(only_run(scratch).status, "done");
  resumed = run(Scratch(), {"run", "--resume", "n", "--store", store});
  EXPECT_EQ(resumed.exit_code, 0) << "from a third folder, too: " << resumed.err;
  scratch.write("r.jsonl", "{\"q\": \"One\"}\n{\"q\": \"Three\"}\n");
  resumed = run(Scratch(), {"run", "--resume", "n", "--store", store});
  EXPECT_EQ(resumed.exit_code, 2);
  EXPECT_NE(resumed.err.find("(paths of the run are taken from "), std::string::npos)
      << resumed.err;
}

class ResumeFlags : public ::testing::Test {
 protected:
  void SetUp() override {
    const Outcome first =
        run(scratch_, {"run", "--model", nano(), "--tasks", "mmlu_anatomy,bpb_en_code", "--limit",
                       "4", "--num-fewshot", "0", "--log-prompts", "full", "--verify", "50%",
                       "--store", "s.db", "--output", "a"});
    ASSERT_EQ(first.exit_code, 0) << first.err;
    samples_ = slurp(scratch_ / "a/samples_mmlu_anatomy.jsonl");
  }
  Outcome resume(std::vector<std::string> more) {
    return run(scratch_, with({"run", "--resume", "a"}, std::move(more)));
  }
  void expect_refused(std::vector<std::string> more, const std::string& words) {
    const Outcome outcome = resume(std::move(more));
    EXPECT_EQ(outcome.exit_code, 2) << words;
    EXPECT_NE(outcome.err.find(words), std::string::npos) << outcome.err;
  }
  Scratch scratch_;
  std::string samples_;
};

TEST_F(ResumeFlags, WhatTheRunHadComesBack) {
  const Outcome resumed = resume({});
  ASSERT_EQ(resumed.exit_code, 0) << resumed.err;
  EXPECT_NE(resumed.err.find("verify: "), std::string::npos) << resumed.err;
  EXPECT_EQ(slurp(scratch_ / "a/samples_mmlu_anatomy.jsonl"), samples_) << "prompts in full again";
}

TEST_F(ResumeFlags, HarmlessOnesAreTaken) {
  const Outcome resumed = resume({"--threads", "1", "--name", "night", "--log-prompts", "none",
                                  "--verify", "0", "--limit", "4", "--model", nano()});
  ASSERT_EQ(resumed.exit_code, 0) << resumed.err;
  EXPECT_EQ(resumed.err.find("verify: "), std::string::npos) << resumed.err;
  EXPECT_EQ(only_run(scratch_).name, "night");
  EXPECT_NE(slurp(scratch_ / "a/samples_mmlu_anatomy.jsonl"), samples_);
  EXPECT_EQ(resume({}).exit_code, 0);
  EXPECT_EQ(only_run(scratch_).name, "night") << "and kept";
}

TEST_F(ResumeFlags, ThoseThatWouldMakeAnotherRunAreRefusedByName) {
  expect_refused({"--limit", "1"}, "put back what differs: --limit 1 (the run has 4)");
  expect_refused({"--threads", "1", "--num-fewshot", "1"},
                 "put back what differs: --num-fewshot 1 (the run has 0)");
  expect_refused({"--model", nano("step_00400"), "--seed", "3"}, "--model " + nano("step_00400"));
  expect_refused({"--tasks", "mmlu_virology"},
                 "--tasks mmlu_virology (the run has mmlu_anatomy,bpb_en_code)");
  expect_refused({"--precision", "bf16"}, "--precision bf16 (the run has none)");
  expect_refused({"--fresh"}, "--fresh");
  EXPECT_EQ(resume({}).exit_code, 0) << "as if nothing had been tried";
  EXPECT_EQ(slurp(scratch_ / "a/samples_mmlu_anatomy.jsonl"), samples_);
}

TEST_F(ResumeFlags, WhereNoFlagDiffersTheCauseIsNamed) {
  Scratch other;
  std::filesystem::copy(nano(), other / "model");
  const std::string model = (other / "model").string();
  const Outcome first = run(other, {"run", "--model", model, "--tasks", "mmlu_anatomy", "--limit",
                                    "2", "--store", "s.db", "--output", "a"});
  ASSERT_EQ(first.exit_code, 0) << first.err;
  std::filesystem::remove_all(other / "model");
  std::filesystem::copy(nano("step_00400"), other / "model");
  const Outcome resumed = run(other, {"run", "--resume", "a"});
  EXPECT_EQ(resumed.exit_code, 2);
  EXPECT_NE(resumed.err.find("put back what differs: its weights"), std::string::npos)
      << resumed.err;
}

}  // namespace
}  // namespace flm::testing
