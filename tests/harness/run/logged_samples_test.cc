// samples_TASK.jsonl hold of every metric what lm-evaluation-harness logs. Its own logs lie in
// lm_eval_logged: rows.jsonl and the task files there, scored by 0.4.13 (simple_evaluate with
// log_samples, a llama of 260 k parameters, float32).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "base/documents/json.h"
#include "tests/harness/program.h"

namespace flm::testing {
namespace {

using namespace std::string_literals;

const std::string kLogged = std::string(FLM_SOURCE_DIR) + "/tests/harness/run/lm_eval_logged/";

std::vector<Json> samples_in(const std::filesystem::path& path) {
  std::istringstream lines(slurp(path));
  std::vector<Json> out;
  for (std::string line; std::getline(lines, line);) out.push_back(parse_json(line, path.string()));
  return out;
}

class LoggedSamples : public ::testing::Test {
 protected:
  /// Scores lm-evaluation-harness's answers again.
  std::vector<Json> replayed(const std::string& task) {
    const Outcome outcome =
        run(scratch, {"run", "--model", "replay:" + kLogged + "samples_" + task + ".jsonl",
                      "--tasks", kLogged + task + ".yaml", "--store", "s.db", "--name", task,
                      "--output", task, "--quiet"});
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    return samples_in(scratch / (task + "/samples_" + task + ".jsonl"));
  }
  Json compared(const std::string& a, const std::string& b) {
    const Outcome outcome = run(scratch, {"compare", a, b, "--store", "s.db", "--json"});
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    return parse_json(outcome.out, "compare");
  }
  /// A run of which one of two prompts does not fit.
  void run_with_a_long_prompt() {
    std::string rows;
    for (const std::string& text : {std::string("A"), std::string(400, 'x')})
      rows += R"({"q": ")" + text + R"(", "c": [" a", " b"], "g": 0, "t": "A a"})" + "\n";
    scratch.write("rows.jsonl", rows);
    write_task("choice",
               "output_type: multiple_choice\ndoc_to_choice: c\ndoc_to_target: g\n"
               "metric_list: [{metric: acc}, {metric: exact_match}]\n");
    write_task("text",
               "doc_to_target: t\ngeneration_kwargs: {max_gen_toks: 4, until: ['.']}\n"
               "metric_list: [{metric: exact_match}]\n");
    const Outcome outcome =
        run(scratch, {"run", "--model", std::string(FLM_NANO_DIR) + "/step_01600", "--tasks",
                      "choice.yaml,text.yaml", "--max-length", "48", "--store", "s.db", "--name",
                      "long", "--output", "long", "--quiet"});
    ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  }
  void write_task(const std::string& name, const std::string& keys) {
    scratch.write(name + ".yaml", "task: " + name +
                                      "\ndataset_path: json\ndataset_kwargs: {data_files: {test: "
                                      "rows.jsonl}}\ntest_split: test\ndoc_to_text: q\n" +
                                      keys);
  }

  Scratch scratch;
};

TEST_F(LoggedSamples, EveryMetricAsLmEvalLogsIt) {
  for (const std::string& task : {"pairs"s, "texts"s, "cont"s, "rolling"s}) {
    const std::vector<Json> there = samples_in(kLogged + "samples_" + task + ".jsonl");
    const std::vector<Json> here = replayed(task);
    ASSERT_EQ(here.size(), there.size());
    for (std::size_t i = 0; i < here.size(); ++i) {
      EXPECT_EQ(here[i]["metrics"], there[i]["metrics"]) << task;
      for (const Json& metric : there[i]["metrics"]) {
        const auto& name = metric.get_ref<const std::string&>();
        EXPECT_EQ(here[i].value(name, Json()).dump(), there[i][name].dump()) << task << i << name;
      }
    }
  }
}

// It logs the probabilities as numpy prints them, with eight digits; here they are a list.
TEST_F(LoggedSamples, ProbabilitiesBesideTheRightChoice) {
  const std::vector<Json> there = samples_in(kLogged + "samples_brier.jsonl");
  const std::vector<Json> here = replayed("brier");
  for (std::size_t i = 0; i < there.size(); ++i) {
    ASSERT_EQ(here.at(i)["brier_score"].size(), 2u);
    EXPECT_EQ(here[i]["brier_score"][0].dump(), there[i]["brier_score"][0].dump());
    std::istringstream printed(there[i]["brier_score"][1].get<std::string>().substr(1));
    for (const Json& probability : here[i]["brier_score"][1]) {
      double wanted = NAN;
      printed >> wanted;
      EXPECT_NEAR(probability.get<double>(), wanted, 1e-8);
    }
  }
}

TEST_F(LoggedSamples, TheStoreAndTheFolderSayTheSame) {
  for (const std::string& task : {"pairs"s, "texts"s, "brier"s, "rolling"s}) {
    replayed(task);
    const Json same = compared(task, (scratch / task).string());
    ASSERT_EQ(same["tasks"].size(), 1u) << task;
    for (const Json& metric : same["tasks"][0]["metrics"]) {
      EXPECT_EQ(metric["n"], 3) << metric;
      EXPECT_EQ(metric["difference"], 0.0) << metric;
    }
  }
}

TEST_F(LoggedSamples, AnItemWithoutAScoreNamesEveryMetric) {
  run_with_a_long_prompt();
  const Json choice = samples_in(scratch / "long/samples_choice.jsonl").at(1);
  EXPECT_EQ(choice["status"], "over_long");
  EXPECT_EQ(choice["metrics"].dump(), R"(["acc","exact_match"])");
  EXPECT_TRUE(choice.contains("acc") && choice["acc"].is_null());
  EXPECT_TRUE(choice.contains("exact_match") && choice["exact_match"].is_null());
  EXPECT_EQ(choice["resps"].dump(), R"([[["nan",null]],[["nan",null]]])");
  EXPECT_EQ(choice["filtered_resps"].dump(), R"([["nan",null],["nan",null]])");
  const Json text = samples_in(scratch / "long/samples_text.jsonl").at(1);
  EXPECT_EQ(text["metrics"].dump(), R"(["exact_match"])");
  EXPECT_TRUE(text.contains("exact_match") && text["exact_match"].is_null());
  EXPECT_EQ(text["resps"].dump(), "[[null]]");
  EXPECT_EQ(text["filtered_resps"].dump(), "[null]");
}

// Before, such a line had no answers, and a replay of it ended there.
TEST_F(LoggedSamples, AnItemWithoutAScoreIsReadBack) {
  run_with_a_long_prompt();
  const Outcome outcome =
      run(scratch, {"run", "--model", "replay:long", "--tasks", "choice.yaml,text.yaml", "--store",
                    "s.db", "--name", "again", "--output", "again", "--quiet"});
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  const std::vector<Json> text = samples_in(scratch / "long/samples_text.jsonl");
  EXPECT_EQ(slurp(scratch / "again/samples_choice.jsonl"),
            slurp(scratch / "long/samples_choice.jsonl"));
  EXPECT_EQ(samples_in(scratch / "again/samples_text.jsonl").at(1), text.at(1));
  std::vector<Json> old = text;
  old[1]["resps"] = old[1]["filtered_resps"] = old[1]["metrics"] = Json::array();
  old[1].erase("exact_match");
  scratch.write("samples_text.jsonl", compact_json(old[0]) + "\n" + compact_json(old[1]) + "\n");
  const Outcome older =
      run(scratch, {"run", "--model", "replay:samples_text.jsonl", "--tasks", "text.yaml",
                    "--store", "s.db", "--output", "older", "--quiet"});
  ASSERT_EQ(older.exit_code, 0) << older.err;
  EXPECT_EQ(samples_in(scratch / "older/samples_text.jsonl").at(1), text.at(1));
}

}  // namespace
}  // namespace flm::testing
