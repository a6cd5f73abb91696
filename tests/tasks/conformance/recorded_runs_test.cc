// lm-evaluation-harness's recorded runs: every prompt, few-shot draw, target, continuation, hash,
// filtered response and per-document metric must be what was recorded.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <map>
#include <set>

#include "base/sha256.h"
#include "tasks/task.h"
#include "tests/tasks/conformance/records.h"

namespace flm {
namespace {

const char* const kChatML =
    "{% for m in messages %}{{ '<|im_start|>' + m['role'] + '\\n' + m['content'] }}"
    "{% if not (loop.last and not add_generation_prompt and m['role'] == 'assistant') %}"
    "{{ '<|im_end|>\\n' }}{% endif %}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}";

TaskOptions options_of(const Json& run, const std::string& folder) {
  TaskOptions options;
  options.data_root = std::string(FLM_SHARED_DIR) + "/data";
  for (const Json& task : run["tasks"]) {
    const std::string name = task.get<std::string>();
    const std::string file = folder + name + ".yaml";
    options.tasks.push_back(std::filesystem::exists(file) ? file : name);
  }
  if (run.contains("shots")) options.num_fewshot = run["shots"].get<int>();
  if (run.contains("seed")) options.seed = run["seed"].get<std::uint64_t>();
  options.predict_only = run.value("predict_only", false);
  if (run.contains("system")) options.system_instruction = run["system"].get<std::string>();
  if (run.value("chat", false)) {
    options.chat.chat_template = kChatML;
    options.chat.fewshot_as_multiturn = run.value("multiturn", true);
  }
  return options;
}

std::vector<std::string> strings(const Json& list) {
  std::vector<std::string> out;
  for (const Json& item : list) out.push_back(item.get<std::string>());
  return out;
}

void flatten(const Json& value, std::vector<double>& out) {
  if (!value.is_array()) return out.push_back(number(value));
  for (const Json& item : value) flatten(item, out);
}

void expect_requests(const TaskItem& item, const Json& line) {
  EXPECT_EQ(item.doc_hash, line["doc_hash"]);
  EXPECT_EQ(item.prompt_hash, line["prompt_hash"]);
  EXPECT_EQ(item.target_hash, line["target_hash"]);
  if (line.contains("prompt")) {
    EXPECT_EQ(item.requests.at(0).context, line["prompt"]);
  }
  if (line.contains("fewshot")) {
    EXPECT_EQ(Json(item.fewshot_ids), line["fewshot"]);
  }
  if (line.contains("target") && line["target"].is_string()) {
    EXPECT_EQ(item.target, line["target"]);
  }
  if (line.contains("continuations")) {
    std::vector<std::string> continuations;
    for (const TaskRequest& request : item.requests) continuations.push_back(request.continuation);
    EXPECT_EQ(continuations, strings(line["continuations"]));
  }
  if (line.contains("context_hashes")) {
    std::vector<std::string> hashes;
    for (const TaskRequest& request : item.requests) hashes.push_back(sha256_hex(request.context));
    EXPECT_EQ(hashes, strings(line["context_hashes"]));
  }
  if (line.contains("gen_kwargs")) {
    EXPECT_EQ(parse_json(item.requests.at(0).generation.as_json, "gen_kwargs").dump(),
              line["gen_kwargs"].dump());
  }
}

std::vector<RequestAnswer> answers_of(const TaskItem& item, const Json& line) {
  std::vector<RequestAnswer> answers(item.requests.size());
  if (line["kind"] == "generate_until") {
    answers.at(0).texts = strings(line["resps"]);
    return answers;
  }
  for (std::size_t i = 0; i < answers.size(); ++i) {
    const Json& resp = line["resps"].at(i);
    answers[i].logprob = number(resp.is_array() ? resp[0] : resp);
    answers[i].is_greedy = resp.is_array() && resp[1].get<bool>();
  }
  return answers;
}

void expect_scores(const Task& task, const TaskItem& item, const Json& line) {
  const std::vector<RequestAnswer> answers = answers_of(item, line);
  std::size_t filters = 0;
  for (const ItemScore& score : task.score(item, answers)) {
    ++filters;
    ASSERT_TRUE(line["metrics"].contains(score.filter)) << score.filter;
    const Json& expected = line["metrics"][score.filter];
    std::set<std::string> beside;  // ours: not recorded
    for (const MetricInfo& info : task.metrics()) {
      if (info.beside) beside.insert(info.metric);
    }
    EXPECT_EQ(score.metrics.size(), expected.size() + beside.size());
    for (const auto& [metric, values] : score.metrics) {
      if (beside.count(metric)) continue;
      ASSERT_TRUE(expected.contains(metric)) << metric;
      if (expected[metric].is_null()) {  // bypass has no value of its own
        EXPECT_EQ(metric, "bypass");
        continue;
      }
      std::vector<double> recorded;
      flatten(expected[metric], recorded);
      ASSERT_EQ(values.size(), recorded.size()) << metric;
      for (std::size_t i = 0; i < values.size(); ++i) {
        if (std::isnan(recorded[i])) {
          EXPECT_TRUE(std::isnan(values[i])) << metric;
        } else {  // one ulp: numpy's vectorised exp differs from libm's in the last bit
          EXPECT_DOUBLE_EQ(values[i], recorded[i]) << score.filter << " " << metric;
        }
      }
    }
    if (line.contains("filtered")) {
      EXPECT_EQ(parse_json(score.filtered_json, "filtered")[0], line["filtered"][score.filter]);
    }
  }
  EXPECT_EQ(filters, line["metrics"].size());
}

void expect_run(const Json& run, const std::string& folder, const std::string& golden) {
  const TaskSelection selection = load_tasks(options_of(run, folder));
  std::map<std::string, std::vector<Json>> lines;
  for (Json& line : read_gzipped_lines(golden + run["name"].get<std::string>() + ".jsonl.gz"))
    lines[line["task"].get<std::string>()].push_back(std::move(line));
  EXPECT_EQ(selection.tasks.size(), lines.size());
  for (const auto& task : selection.tasks) {
    const std::vector<Json>& recorded = lines.at(task->name());
    std::vector<std::int64_t> ids;
    for (const Json& line : recorded) ids.push_back(line["doc_id"].get<std::int64_t>());
    const std::vector<TaskItem> items = task->items(ids);
    for (std::size_t i = 0; i < items.size(); ++i) {
      SCOPED_TRACE(task->name() + " document " + std::to_string(ids[i]));
      expect_requests(items[i], recorded[i]);
      expect_scores(*task, items[i], recorded[i]);
      if (::testing::Test::HasFailure()) return;  // one document tells enough
    }
  }
}

Json run_named(const std::string& list, const std::string& name) {
  for (const Json& run : read_json_file(list))
    if (run["name"] == name) return run;
  throw std::runtime_error("no run " + name);
}

std::string run_label(const ::testing::TestParamInfo<const char*>& run) {
  std::string name = run.param;
  for (char& c : name)
    if (!std::isalnum(static_cast<unsigned char>(c))) c = '_';
  return name;
}

class RecordedRun : public ::testing::TestWithParam<const char*> {};

TEST_P(RecordedRun, IsReproduced) {
  FLM_NEED_SHARED();
  const Json run = run_named(conformance_folder() + "runs.json", GetParam());
  const std::string folder = run.contains("folder") ? run["folder"].get<std::string>() + "/" : "";
  expect_run(run, "", conformance_folder() + folder);
}

INSTANTIATE_TEST_SUITE_P(
    LmEval, RecordedRun,
    ::testing::Values("mmlu.0", "mmlu.5", "ceval-valid.0", "ceval-valid.5", "mmlu_anatomy.4",
                      "gsm8k.5", "gsm8k.5.seed42", "cmmlu.0", "cmmlu.5", "mmlu_continuation.0",
                      "gsm8k_cot.8", "gsm8k_cot_self_consistency.8", "arc_easy.0",
                      "arc_challenge.0", "arc_challenge.25", "arc_challenge_chat.0", "hellaswag.0",
                      "hellaswag.10", "winogrande.0", "winogrande.5", "truthfulqa_mc1.0",
                      "truthfulqa_mc2.0", "lambada_openai.0", "bbh_cot_fewshot_3tasks.3",
                      "wikitext_bpb.0", "arc_challenge_chat.0.chat", "winogrande.2.chat_multiturn",
                      "mmlu_anatomy.3.chat_multiturn", "mmlu_anatomy.3.chat_singleturn",
                      "mmlu_anatomy.3.chat_system", "mmlu_anatomy.3.system",
                      "gsm8k.5.chat_multiturn", "gsm8k.5.chat_singleturn", "humaneval.0", "mbpp.3"),
    run_label);

class CustomRun : public ::testing::TestWithParam<const char*> {};

TEST_P(CustomRun, IsReproduced) {
  FLM_NEED_SHARED();
  const std::string folder = conformance_folder() + "custom/";
  expect_run(run_named(folder + "runs.json", GetParam()), folder, folder + "golden/");
}

INSTANTIATE_TEST_SUITE_P(LmEval, CustomRun,
                         ::testing::Values("cf_generate_filters", "cf_multiple_choice", "cf_binary",
                                           "cf_binary_median", "cf_multi_input", "cf_loglikelihood",
                                           "cf_rolling", "cf_aliases", "cf_prefix_choice",
                                           "cf_prefix_choice.chat", "cf_aliases.chat_singleturn",
                                           "cf_edges", "cf_edges.system", "cf_edges.chat_multiturn",
                                           "cf_edges.chat_singleturn", "cf_group"),
                         run_label);

/// The whole test sets: the first eight digits of every prompt's hash, and task_hash.
class WholeTestSet : public ::testing::TestWithParam<const char*> {};

TEST_P(WholeTestSet, HasTheRecordedPrompts) {
  FLM_NEED_SHARED();
  const std::string folder = conformance_folder() + "full/";
  const Json run = run_named(conformance_folder() + "full.json", GetParam());
  const TaskSelection selection = load_tasks(options_of(run, ""));
  std::map<std::string, Json> recorded;
  for (Json& line : read_gzipped_lines(folder + GetParam() + std::string(".prompts.jsonl.gz")))
    recorded[line["task"].get<std::string>()] = line;
  ASSERT_EQ(selection.tasks.size(), recorded.size());
  for (const auto& task : selection.tasks) {
    std::vector<std::int64_t> ids(static_cast<std::size_t>(task->doc_count()));
    for (std::size_t i = 0; i < ids.size(); ++i) ids[i] = static_cast<std::int64_t>(i);
    const Json& line = recorded.at(task->name());
    EXPECT_EQ(ids.size(), line["n"].get<std::size_t>());
    std::string prompts, rows, all;
    for (const TaskItem& item : task->items(ids)) {
      prompts += item.prompt_hash.substr(0, 8);
      rows += item.doc_hash + item.prompt_hash + item.target_hash;
    }
    std::map<std::string, int> filters;
    for (const MetricInfo& metric : task->metrics()) filters[metric.filter] = 1;
    for (std::size_t i = 0; i < filters.size(); ++i) all += rows;
    EXPECT_EQ(prompts, line["prompt_hash8"]) << task->name();
    EXPECT_EQ(sha256_hex(all), line["task_hash"]) << task->name();
  }
}

INSTANTIATE_TEST_SUITE_P(LmEval, WholeTestSet,
                         ::testing::Values("mmlu.0", "mmlu.5", "ceval-valid.0", "ceval-valid.5",
                                           "gsm8k.5", "cmmlu.0", "cmmlu.5", "gsm8k_cot.8",
                                           "arc_easy.0", "arc_challenge.0", "arc_challenge.25",
                                           "hellaswag.0", "winogrande.0", "winogrande.5",
                                           "truthfulqa_mc1.0", "truthfulqa_mc2.0",
                                           "lambada_openai.0"),
                         run_label);

TEST(RecordedGroups, HaveTheirNamesMembersAndVersions) {
  FLM_NEED_SHARED();
  const std::string custom = conformance_folder() + "custom/";
  for (const std::string& path : {conformance_folder() + "mmlu.5.results.json",
                                  conformance_folder() + "ceval-valid.5.results.json",
                                  custom + "golden/cf_group.results.json"}) {
    SCOPED_TRACE(path);
    const Json results = read_json_file(path);
    TaskOptions options = options_of(results["run"], custom);
    if (results["run"]["num_fewshot"].is_number())
      options.num_fewshot = results["run"]["num_fewshot"].get<int>();
    const TaskSelection selection = load_tasks(options);
    EXPECT_EQ(selection.groups.size(), results["group_subtasks"].size());
    for (const TaskGroup& group : selection.groups) {
      EXPECT_EQ(Json(group.children), results["group_subtasks"][group.name]) << group.name;
      EXPECT_EQ(group.alias, results["groups"][group.name]["alias"]);
      const Json& version = results["versions"][group.name];
      EXPECT_EQ(group.version, version == "N/A" ? "" : version.dump());
    }
    for (const auto& task : selection.tasks) {
      EXPECT_EQ(task->alias(), results["results"][task->name()]["alias"]);
      EXPECT_EQ(task->version(), results["versions"][task->name()].dump());
      EXPECT_EQ(task->num_fewshot(), results["n-shot"][task->name()]);
    }
  }
}

TEST(ChosenDocuments, DrawTheirShotsInTheirOrder) {
  FLM_NEED_SHARED();
  const Json run = run_named(conformance_folder() + "runs.json", "gsm8k.5");
  const TaskSelection selection = load_tasks(options_of(run, ""));
  const std::vector<std::int64_t> chosen = {17, 3};
  const auto items = selection.tasks.at(0)->items(chosen);
  EXPECT_EQ(items[0].fewshot_ids, (std::vector<std::int64_t>{6374, 3610, 957, 61, 742}));
  EXPECT_EQ(items[1].fewshot_ids, (std::vector<std::int64_t>{7462, 6610, 4769, 286, 5501}));
}

}  // namespace
}  // namespace flm
