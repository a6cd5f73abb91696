// `flmeval run` from the command line: all_figures against the nano series' float64 reference,
// resume, reuse, replay.
#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <random>
#include <thread>

#include "base/documents/json.h"
#include "tests/harness/program.h"

namespace flm::testing {
namespace {

Json results(const Scratch& scratch, const std::string& folder) {
  return read_json_file((scratch / folder).string() + "/results.json");
}

std::string all_figures(const Scratch& scratch, const std::string& folder) {
  const Json all = results(scratch, folder);
  return all.at("results").dump() + (all.contains("groups") ? all.at("groups").dump() : "");
}

Json reference() {
  return read_json_file(std::string(FLM_SOURCE_DIR) + "/models/nano/reference.json");
}

/// Holds every domain's figure of one protocol against the float64 reference of a checkpoint.
void expect_reference(const Json& got, const std::string& step, const std::string& protocol,
                      const std::string& metric) {
  const Json all = reference();
  int compared = 0;
  for (const auto& [domain, protocols] : all.at("checkpoints").at(step).at("domains").items()) {
    std::string task = "bpb_" + domain;
    std::replace(task.begin(), task.end(), '/', '_');
    ASSERT_TRUE(got.at("results").contains(task)) << task;
    const Json& row = got.at("results").at(task);
    ASSERT_TRUE(row.contains(metric + ",none")) << row.dump();
    EXPECT_NEAR(row.at(metric + ",none").get<double>(),
                protocols.at(protocol).at("bpb").get<double>(), 1e-5)
        << domain;
    ++compared;
  }
  EXPECT_EQ(compared, 9);
}

TEST(Run, BpbOfNanoEqualsTheReferenceInThreeProtocols) {
  Scratch scratch;
  const std::vector<std::string> base = {"run", "--model", nano(),    "--tasks",
                                         "bpb", "--quiet", "--store", "s.db"};
  const auto with = [&](std::vector<std::string> more) {
    std::vector<std::string> words = base;
    words.insert(words.end(), more.begin(), more.end());
    const Outcome outcome = run(scratch, words);
    ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  };
  with({"--output", "stride"});
  expect_reference(results(scratch, "stride"), "step_01600", "stride256",
                   "bpb@ctx512/stride256/prefix2/doc");
  with({"--output", "rolling", "--bpb-window", "rolling"});
  expect_reference(results(scratch, "rolling"), "step_01600", "rolling",
                   "bpb@ctx512/rolling/prefix2/doc");
  with({"--output", "bos", "--bpb-window", "rolling", "--prefix-token", "bos"});
  expect_reference(results(scratch, "bos"), "step_01600", "rolling_bos",
                   "bpb@ctx512/rolling/prefix1/doc");
}

const std::vector<std::string> kMixed = {
    "run",           "--model", nano(),    "--tasks", "mmlu_anatomy,gsm8k,bpb_en_code",
    "--num-fewshot", "0",       "--limit", "4",       "--store",
    "s.db"};

std::vector<std::string> mixed(std::vector<std::string> more) {
  std::vector<std::string> words = kMixed;
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

TEST(Run, ASecondIdenticalRunComputesNothingAndSaysSo) {
  Scratch scratch;
  const Outcome first = run(scratch, mixed({"--output", "a", "--verify", "20%"}));
  ASSERT_EQ(first.exit_code, 0) << first.err;
  EXPECT_NE(first.err.find("0 differ"), std::string::npos) << first.err;
  const Outcome second = run(scratch, mixed({"--output", "b"}));
  ASSERT_EQ(second.exit_code, 0) << second.err;
  EXPECT_NE(second.err.find("nothing to compute"), std::string::npos) << second.err;
  EXPECT_EQ(all_figures(scratch, "a"), all_figures(scratch, "b"));
  EXPECT_EQ(results(scratch, "b").at("flmeval").at("cost").at("rows_really_computed"), 0);
  const Outcome fresh = run(scratch, mixed({"--output", "c", "--fresh", "--threads", "3"}));
  ASSERT_EQ(fresh.exit_code, 0) << fresh.err;
  EXPECT_EQ(all_figures(scratch, "a"), all_figures(scratch, "c"));
}

TEST(Run, KilledAtRandomMomentsItEndsWithTheSameFigures) {
  Scratch quiet;
  const auto began = std::chrono::steady_clock::now();
  ASSERT_EQ(run(quiet, mixed({"--output", "a"})).exit_code, 0);
  const double seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  std::mt19937 random(7);
  int killed = 0;
  for (int round = 0; round < 3; ++round) {
    Scratch scratch;
    for (int attempt = 0; attempt < 3; ++attempt) {
      const pid_t child = start(scratch, mixed({"--output", "a"}));
      const double wait = seconds * std::uniform_real_distribution<>(0.05, 0.9)(random);
      std::this_thread::sleep_for(std::chrono::duration<double>(wait));
      killed += kill(child, SIGKILL) == 0 && finish(scratch, child).exit_code == 128 + SIGKILL;
    }
    const Outcome last = run(scratch, mixed({"--output", "a"}));
    ASSERT_EQ(last.exit_code, 0) << last.err;
    EXPECT_EQ(all_figures(scratch, "a"), all_figures(quiet, "a"));
  }
  EXPECT_GT(killed, 0);
}

const std::vector<std::string> kWhole = {
    "run",     "--model", nano(),     "--tasks", "mmlu,gsm8k,bpb", "--num-fewshot", "0",
    "--store", "s.db",    "--output", "a"};

TEST(Run, SigtermCommitsAndSaysHowToResume) {
  Scratch scratch;
  const pid_t child = start(scratch, kWhole);
  for (int i = 0; i < 3000; ++i) {
    if (slurp(scratch / "stderr").find("flmeval watch ") != std::string::npos) break;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  kill(child, SIGTERM);
  const Outcome outcome = finish(scratch, child);
  if (outcome.exit_code == 0) GTEST_SKIP() << "skipped: the run ended before the signal";
  if (outcome.exit_code == 128 + SIGTERM)
    GTEST_SKIP() << "skipped: the signal came before the handler";
  ASSERT_EQ(outcome.exit_code, 3) << outcome.err;
  const std::size_t at = outcome.err.find("--resume ");
  ASSERT_NE(at, std::string::npos) << outcome.err;
  const std::string id = outcome.err.substr(at + 9, outcome.err.find(' ', at + 9) - at - 9);
  const Outcome resumed = run(scratch, {"run", "--resume", id, "--store", "s.db"});
  EXPECT_EQ(resumed.exit_code, 0) << resumed.err;
  std::vector<std::string> other = kWhole;
  other[2] = nano("step_00400");
  other.insert(other.end(), {"--resume", id});
  const Outcome wrong = run(scratch, other);
  EXPECT_EQ(wrong.exit_code, 2) << wrong.err;
}

TEST(Run, ItsOwnSamplesReplayToTheSameFigures) {
  Scratch scratch;
  const std::vector<std::string> first = mixed({"--output", "a", "--log-prompts", "full"});
  ASSERT_EQ(run(scratch, first).exit_code, 0);
  const Outcome replayed = run(
      scratch, {"run", "--model", "replay:a/samples_mmlu_anatomy.jsonl", "--tasks", "mmlu_anatomy",
                "--num-fewshot", "0", "--limit", "4", "--store", "r.db", "--output", "r"});
  ASSERT_EQ(replayed.exit_code, 0) << replayed.err;
  EXPECT_EQ(results(scratch, "a").at("results").at("mmlu_anatomy"),
            results(scratch, "r").at("results").at("mmlu_anatomy"));
  const Outcome lacking =
      run(scratch, {"run", "--model", "replay:a/samples_mmlu_anatomy.jsonl", "--tasks",
                    "mmlu_virology", "--num-fewshot", "0", "--store", "r.db", "--output", "r2"});
  EXPECT_EQ(lacking.exit_code, 2);
  EXPECT_NE(lacking.err.find("mmlu_virology document 0"), std::string::npos) << lacking.err;
  const Outcome differs = run(
      scratch, {"run", "--model", "replay:a/samples_mmlu_anatomy.jsonl", "--tasks", "mmlu_anatomy",
                "--num-fewshot", "1", "--limit", "3", "--store", "r.db", "--output", "r3"});
  EXPECT_EQ(differs.exit_code, 2);
  EXPECT_NE(differs.err.find("prompt differs"), std::string::npos) << differs.err;
}

TEST(Run, AFolderOfSamplesReplays) {
  Scratch scratch;
  ASSERT_EQ(run(scratch, mixed({"--output", "a", "--log-samples"})).exit_code, 0);
  ASSERT_EQ(run(scratch, mixed({"--output", "b", "--log-prompts", "none"})).exit_code, 0);
  std::vector<std::string> again = mixed({"--output", "r", "--overwrite"});
  std::replace(again.begin(), again.end(), nano(), std::string("replay:b"));
  ASSERT_EQ(run(scratch, again).exit_code, 0);
  const auto expect_same = [&] {  // a log does not know the protocol of its bits per byte
    for (const char* task : {"mmlu_anatomy", "gsm8k"}) {
      EXPECT_EQ(results(scratch, "a").at("results").at(task),
                results(scratch, "r").at("results").at(task));
    }
  };
  expect_same();
  std::replace(again.begin(), again.end(), std::string("replay:b"), std::string("replay:a"));
  const Outcome replayed = run(scratch, again);
  ASSERT_EQ(replayed.exit_code, 0) << replayed.err;
  expect_same();
  std::filesystem::create_directory(scratch.path() / "empty");
  std::replace(again.begin(), again.end(), std::string("replay:a"), std::string("replay:empty"));
  const Outcome empty = run(scratch, again);
  EXPECT_EQ(empty.exit_code, 2);
  EXPECT_NE(empty.err.find("no samples_*.jsonl in empty"), std::string::npos) << empty.err;

  // lm-evaluation-harness writes into a folder for each model below what it was given.
  std::filesystem::create_directory(scratch.path() / "below");
  std::filesystem::create_directory(scratch.path() / "below/model");
  for (const auto& entry : std::filesystem::directory_iterator(scratch.path() / "a"))
    if (entry.path().filename().string().starts_with("samples_"))
      std::filesystem::copy(entry.path(), scratch.path() / "below/model");
  std::filesystem::copy_file(scratch.path() / "a/results.json",
                             scratch.path() / "below/model/results_2026-11-30T13-00-15.56.json");
  std::replace(again.begin(), again.end(), std::string("replay:empty"),
               std::string("replay:below"));
  const Outcome below = run(scratch, again);
  EXPECT_EQ(below.exit_code, 0) << below.err;
  std::filesystem::copy(scratch.path() / "below/model", scratch.path() / "below/other");
  EXPECT_NE(run(scratch, again).err.find("several runs lie below, give one: below/model"),
            std::string::npos);
  EXPECT_NE(run(scratch, {"report", "below"}).err.find("flmeval compare reads it"),
            std::string::npos);
}

TEST(Run, ItsFolderNamesItToShowAndResume) {
  Scratch scratch;
  ASSERT_EQ(run(scratch, mixed({"--output", "a"})).exit_code, 0);
  const Outcome shown = run(scratch, {"show", "--run", "a", "--doc", "1", "--json"});
  ASSERT_EQ(shown.exit_code, 0) << shown.err;
  EXPECT_NE(shown.out.find("\"results\":"), std::string::npos) << shown.out;
  EXPECT_NE(shown.out.find("\"fewshot_ids\":[]"), std::string::npos) << shown.out;
  const Outcome other =
      run(scratch, {"show", "--run", "a", "--tasks", "gsm8k", "--num-fewshot", "1", "--doc", "1"});
  EXPECT_EQ(other.exit_code, 2);
  EXPECT_NE(other.err.find("had another prompt for gsm8k document 1"), std::string::npos)
      << other.err;
  const Outcome resumed = run(scratch, {"run", "--resume", "a"});
  EXPECT_EQ(resumed.exit_code, 0) << resumed.err;
  EXPECT_NE(resumed.err.find("nothing to compute"), std::string::npos) << resumed.err;
}

TEST(Run, ResumesWithTheDataOfItsEnvironment) {
  Scratch scratch;
  const std::filesystem::path own = scratch.path() / "data" / "gsm8k";
  std::filesystem::create_directories(own);
  std::ofstream(own / "test.jsonl") << R"({"question": "1 + 1?", "answer": "#### 2"})"
                                       "\n";
  std::ofstream(own / "train.jsonl") << R"({"question": "1 + 2?", "answer": "#### 3"})"
                                        "\n";
  scratch.data_root = (scratch.path() / "data").string();
  const Outcome first = run(scratch, {"run", "--model", nano(), "--tasks", "gsm8k", "--num-fewshot",
                                      "0", "--store", "s.db", "--output", "a"});
  scratch.data_root.clear();
  ASSERT_EQ(first.exit_code, 0) << first.err;
  const Outcome resumed = run(scratch, {"run", "--resume", "a"});
  EXPECT_EQ(resumed.exit_code, 0) << resumed.err;
  EXPECT_EQ(results(scratch, "a").at("n-samples").at("gsm8k").at("original"), 1);
}

/// What `run` says to a replay of these lines.
std::string replay_error(const Scratch& scratch, const std::string& lines) {
  scratch.write("samples_mmlu_anatomy.jsonl", lines);
  const Outcome outcome = run(
      scratch, {"run", "--model", "replay:samples_mmlu_anatomy.jsonl", "--tasks", "mmlu_anatomy",
                "--num-fewshot", "0", "--limit", "1", "--store", "r.db", "--output", "r"});
  EXPECT_EQ(outcome.exit_code, 2) << lines;
  return outcome.err;
}

TEST(Run, BrokenReplayLogsAreNamed) {
  Scratch scratch;
  const std::string good =
      R"({"doc_id": 0, "resps": [[-1, false], [-2, false], [-3, true], [-4, true]])";
  const std::vector<std::pair<std::string, std::string>> cases = {
      {good + "}\n"
              R"({"doc_id": 0, "resps": [[-1, false], [-2, false], [-3, true], [-5, true]]})",
       "two different answers for mmlu_anatomy document 0"},
      {R"({"doc_id": "0", "resps": []})",
       "samples_mmlu_anatomy.jsonl:1: doc_id must be a whole number: \"0\""},
      {R"({"doc_id": 1.5, "resps": []})",
       "samples_mmlu_anatomy.jsonl:1: doc_id must be a whole number: 1.5"},
      {R"({"doc_id": 0, "resps": "x"})", "samples_mmlu_anatomy.jsonl:1: resps must be a list"},
      {R"({"doc_id": 0, "resps": [1]})", "4 requests here, the log has 1"},
      {good + R"(, "context_hashes": ["a", "b"]})", "its prompt differs"},
      {good + R"(, "arguments": [["other", " A"]]})", "its prompt differs"},
      {good + R"(, "arguments": [[1, " B"], [1, " A"]]})",
       "its continuation differs: \" B\", here \" A\""},
  };
  for (const auto& [lines, message] : cases) {
    const std::string error = replay_error(scratch, lines);
    EXPECT_NE(error.find(message), std::string::npos) << error;
  }
}

/// Answers whose prompts no log tells are scored, and the report says above the figures that they
/// were compared with nothing.
TEST(Run, AReplayOfALogWithoutPromptsSaysSo) {
  Scratch scratch;
  const std::vector<std::string> words = {
      "run",     "--model",       "replay:samples_mmlu_anatomy.jsonl",
      "--tasks", "mmlu_anatomy",  "--limit",
      "1",       "--num-fewshot", "0",
      "--store", "r.db",          "--output",
      "r",       "--overwrite"};
  const std::string bare =
      R"({"doc_id": 0, "resps": [[-1, false], [-2, false], [-3, true], [-4, true]])";
  const std::string warning = "PROMPTS NOT COMPARED: the log has answers without the prompts";
  scratch.write("samples_mmlu_anatomy.jsonl", bare + "}\n");
  const Outcome without = run(scratch, words);
  ASSERT_EQ(without.exit_code, 0) << without.err;
  EXPECT_NE(without.out.find(warning), std::string::npos) << without.out;
  EXPECT_NE(slurp(scratch / "r/report.md").find(warning), std::string::npos);
  const Json sample = parse_json(slurp(scratch / "r/samples_mmlu_anatomy.jsonl"), "sample");
  scratch.write("samples_mmlu_anatomy.jsonl",
                bare + ", \"prompt_hash\": " + sample.at("prompt_hash").dump() + "}\n");
  const Outcome with = run(scratch, words);
  ASSERT_EQ(with.exit_code, 0) << with.err;
  EXPECT_EQ(with.out.find("PROMPTS NOT COMPARED"), std::string::npos) << with.out;
}

TEST(Run, PlanPredictsTheRows) {
  Scratch scratch;
  const std::vector<std::string> what = {"--model", nano(), "--tasks", "bpb", "--limit", "3"};
  std::vector<std::string> plan = {"plan", "--json"},
                           real = {"run", "--store", "s.db", "--output", "a", "--quiet"};
  plan.insert(plan.end(), what.begin(), what.end());
  real.insert(real.end(), what.begin(), what.end());
  const Outcome planned = run(scratch, plan);
  ASSERT_EQ(planned.exit_code, 0) << planned.err;
  ASSERT_EQ(run(scratch, real).exit_code, 0);
  const Json predicted = parse_json(planned.out, "plan");
  const Json cost = results(scratch, "a").at("flmeval").at("cost");
  EXPECT_EQ(predicted.at("rows_computed"), cost.at("rows_really_computed"));
  EXPECT_GT(predicted.at("rows_unique").get<std::int64_t>(), 1000);
  EXPECT_GE(predicted.at("rows_computed").get<std::int64_t>(),
            predicted.at("rows_unique").get<std::int64_t>());
}

TEST(Run, APrefixOfATaskFileOutsideTheVocabularyIsTheTasksFault) {
  Scratch scratch;
  scratch.write("rows.jsonl", R"({"text": "a page"})"
                              "\n");
  scratch.write("pages.yaml",
                "task: pages\ndataset_path: json\ndataset_kwargs: {data_files: rows.jsonl}\n"
                "test_split: train\noutput_type: loglikelihood_rolling\ndoc_to_text: ''\n"
                "doc_to_target: '{{text}}'\nprefix_token_id: 2112\n"
                "metric_list: [{metric: bits_per_byte}]\n");
  for (const std::string command : {"run", "plan"}) {
    std::vector<std::string> words = {command, "--model", nano(), "--tasks", "pages.yaml"};
    const Outcome outcome = run(scratch, words);
    EXPECT_EQ(outcome.exit_code, 2);
    EXPECT_NE(outcome.err.find("prefix_token_id of task pages is outside the model's vocabulary; "
                               "give bos, eos, none or an id from 0 to 2111: 2112"),
              std::string::npos)
        << outcome.err;
    words.insert(words.end(), {"--prefix-token", "2111"});  // the flag wins
    EXPECT_EQ(run(scratch, words).exit_code, 0);
  }
}

TEST(Run, ANameForATemplateThatHasNoneIsTold) {
  Scratch scratch;
  std::filesystem::copy(nano(), scratch / "model");
  scratch.write("model/chat_template.jinja", "{{ messages[0].content }}");
  const auto told = [&](const std::string& flag) {
    return run(scratch, {"run", "--model", "model", "--tasks", "hellaswag", "--limit", "1",
                         "--store", "s.db", flag})
        .err;
  };
  const std::string note =
      "--apply-chat-template: the tokenizer's one template has no name, and is applied (asked: "
      "tool_use)";
  EXPECT_NE(told("--apply-chat-template=tool_use").find(note), std::string::npos);
  EXPECT_EQ(told("--apply-chat-template").find("has no name"), std::string::npos);
}

TEST(Run, TemplatesOfWhichNoneIsNamedDefaultAreNamed) {
  Scratch scratch;
  std::filesystem::copy(nano(), scratch / "model");
  std::filesystem::create_directory(scratch / "model/additional_chat_templates");
  for (const char* name : {"rag", "tool_use"})
    scratch.write(std::string("model/additional_chat_templates/") + name + ".jinja", "T");
  const auto outcome = run(scratch, {"run", "--model", "model", "--tasks", "hellaswag", "--limit",
                                     "1", "--store", "s.db", "--apply-chat-template"});
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_NE(outcome.err.find("none of the tokenizer's templates is named default; give one by its "
                             "name: rag, tool_use"),
            std::string::npos)
      << outcome.err;
}

}  // namespace
}  // namespace flm::testing
