// What makes two runs the same: every flag and every key of a task file moves the fingerprint, or
// is listed with the reason why it must not.
#include <gmock/gmock.h>

#include <map>
#include <regex>
#include <set>

#include "base/documents/json.h"
#include "base/system/files.h"
#include "harness/cli/command_line.h"
#include "harness/cli/command_table.h"
#include "harness/requests/responses.h"
#include "harness/run/run_identity.h"
#include "harness/run/start.h"
#include "tests/harness/program.h"

namespace flm {
namespace {

namespace fs = std::filesystem;
using testing::Scratch;
using testing::slurp;
using Words = std::vector<std::string>;

const char* const kTask =
    "task: one\n"
    "dataset_path: json\n"
    "dataset_kwargs: {data_files: {test: rows.jsonl, train: shots.jsonl}}\n"
    "test_split: test\n"
    "fewshot_split: train\n"
    "num_fewshot: 1\n"
    "output_type: generate_until\n"
    "generation_kwargs: {until: [\"\\n\"], max_gen_toks: 3}\n"
    "doc_to_text: q\n"
    "doc_to_target: a\n";

/// A small model with a chat template, and a task over a few rows beside it.
class Identity : public ::testing::Test {
 protected:
  void SetUp() override {
    unsetenv("FLMEVAL_DATA");
    setenv("XDG_CACHE_HOME", (scratch_ / "cache").c_str(), 1);
    for (const char* name : {"model", "cleans"}) {
      fs::copy(testing::nano(), scratch_ / name);
      Json config = read_json_file(tokenizer_config(name));
      config["chat_template"] =
          "{% for m in messages %}{{ m.role }}: {{ m.content }}\n{% endfor %}";
      config["clean_up_tokenization_spaces"] = std::string(name) == "cleans";
      write_file_atomically(tokenizer_config(name), config.dump());
    }
    fs::copy(scratch_ / "model", scratch_ / "other_epsilon");
    Json config = read_json_file(at("other_epsilon/config.json"));
    config["rms_norm_eps"] = 2 * config.at("rms_norm_eps").get<double>();
    write_file_atomically(at("other_epsilon/config.json"), config.dump());
    std::string rows;
    for (const char* q : {"one", "two", "three", "four", "five", "six"})
      rows += Json{{"q", q}, {"a", std::string(q) + "!"}}.dump() + "\n";
    scratch_.write("rows.jsonl", rows);
    scratch_.write("shots.jsonl", rows);
    write_task("");
    scratch_.write("samples.json", R"({"one": [1, 2]})");
    scratch_.write("mixtures.yaml",
                   "mixtures:\n  - {name: Mine, weights: {en/arxiv: 2, en/code: 1}}\n");
  }

  /// Lines of `more` take the place of those with the same key.
  void write_task(const std::string& more) {
    std::string text;
    std::istringstream lines(kTask);
    for (std::string line; std::getline(lines, line);)
      if (more.empty() || !line.starts_with(more.substr(0, more.find(':') + 1)))
        text += line + "\n";
    scratch_.write("one.yaml", text + more + "\n");
  }

  RunRecord record(const Words& more, const Words& base = {}) {
    Words words = {"run", "--model", at("model"), "--tasks",  at("one.yaml"), "--limit",
                   "3",   "--store", at("s.db"),  "--output", at("out")};
    if (!base.empty()) words = base;
    for (std::size_t i = 0; i < more.size(); ++i) {
      // CLI11 takes an option once: one that is given again is changed in place.
      const auto found = std::find(words.begin(), words.end(), more[i]);
      if (found == words.end() || i + 1 >= more.size()) {
        words.push_back(more[i]);
      } else {
        *(found + 1) = more[++i];
      }
    }
    SilentProgress progress;
    Options options = parse_command_line(words).options;
    options.run.overwrite = true;  // all of them have one folder
    return start_run(options, progress).record;
  }
  std::string fingerprint(const Words& more) { return record(more).fingerprint; }

  std::string at(const std::string& name) { return (scratch_ / name).string(); }
  std::string tokenizer_config(const std::string& folder) {
    return at(folder + "/tokenizer_config.json");
  }

  Scratch scratch_;
};

/// Long names of a command's flags, the first spelling of each.
std::set<std::string> flags_of(const std::string& command) {
  std::set<std::string> out;
  const std::vector<CommandEntry> table = command_table();
  for (const FlagEntry& flag : find_command(table, command)->flags) out.insert(flag.name);
  return out;
}

/// Flags that must not move it.
const std::map<std::string, std::string> kStaying = {
    {"--quiet", "what is printed"},
    {"--json", "what is printed"},
    {"--color", "what is printed"},
    {"--grace", "when a run ends early"},
    {"--threads", "the same bits"},
    {"--memory", "the same bits"},
    {"--host-memory", "the same bits"},
    {"--data-parallel", "the same bits"},
    {"--tensor-parallel", "the same bits; elsewhere through the name of the numerics"},
    {"--pipeline-parallel", "the same bits"},
    {"--placement", "the same bits"},
    {"--time-operations", "measures, the same bits"},
    {"--device", "through the name of the numerics, where there is another device"},
    {"--model-args", "another spelling of --model, --precision and their like"},
    {"--weights", "through the hash of the weights that it chooses"},
    {"--data", "through the hash of the data that it leads to"},
    {"--include-path", "through the task files that it leads to"},
    {"--config", "other flags"},
    {"--again", "other flags"},
    {"--overwrite", "where results go"},
    {"--store", "where results go"},
    {"--output", "where results go"},
    {"--output-path", "where results go"},
    {"--log-samples", "what is written"},
    {"--log-prompts", "what is written"},
    {"--html-samples", "what is written"},
    {"--name", "a label"},
    {"--resume", "asks for an equal fingerprint"},
    {"--fresh", "computes the same again"},
    {"--verify", "computes the same again"},
    {"--verify-against", "looks at a run"},
    {"--accept-native-functions", "lets a task run that is refused without it, as the same task"},
    {"--unsafe-code-execution", "where the same programs run"},
    {"--code-verdicts", "where the same programs ran: a resumed run takes them"},
    {"--export-code", "where the same programs will run"}};

TEST_F(Identity, EveryFlagMovesTheFingerprintOrIsListedAsOneThatMustNot) {
  const Words whole = {"run",     "--model",  at("model"), "--tasks", at("one.yaml"),
                       "--store", at("s.db"), "--output",  at("out")};
  const Words sampled = {"--gen-kwargs", "do_sample=true,temperature=1.0"};
  const std::string group = "--tasks", bpb = at("one.yaml") + ",bpb";
  const std::map<std::string, std::pair<Words, Words>> moving = {
      {"--model", {{}, {"--model", testing::nano("step_00800")}}},
      {"--precision", {{}, {"--precision", "bf16"}}},
      {"--max-length", {{}, {"--max-length", "256"}}},
      {"--over-long", {{}, {"--over-long", "truncate-left"}}},
      {"--tokenizer", {{}, {"--tokenizer", at("cleans")}}},
      {"--model-config", {{}, {"--model-config", at("other_epsilon")}}},
      {"--add-bos-token", {{}, {"--add-bos-token", "on"}}},
      {"--tasks", {{}, {group, at("one.yaml") + ",bpb_en_arxiv"}}},
      {"--num-fewshot", {{}, {"--num-fewshot", "2"}}},
      {"--limit", {{}, {"--limit", "2"}}},
      {"--gen-kwargs", {{}, {"--gen-kwargs", "max_gen_toks=4"}}},
      {"--samples", {{}, {"--samples", at("samples.json")}}},
      {"--seed", {sampled, {"--seed", "5"}}},
      {"--apply-chat-template", {{}, {"--apply-chat-template"}}},
      {"--fewshot-as-multiturn", {{"--apply-chat-template"}, {"--fewshot-as-multiturn=false"}}},
      {"--chat-template-args",
       {{"--apply-chat-template"}, {"--chat-template-args", R"({"enable_thinking": false})"}}},
      {"--chat-date", {{"--apply-chat-template"}, {"--chat-date", "2024-07-26"}}},
      {"--system-instruction", {{}, {"--system-instruction", "Be brief."}}},
      {"--bpb-context", {{group, bpb}, {"--bpb-context", "128"}}},
      {"--bpb-stride", {{group, bpb}, {"--bpb-stride", "100"}}},
      {"--bpb-window", {{group, bpb}, {"--bpb-window", "rolling"}}},
      {"--bpb-mixture", {{group, bpb}, {"--bpb-mixture", at("mixtures.yaml")}}},
      {"--prefix-token", {{group, bpb}, {"--prefix-token", "bos"}}},
      {"--predict-only", {{}, {"--predict-only"}}}};
  const std::set<std::string> flags = flags_of("run");
  ASSERT_GT(flags.size(), 40u);
  for (const std::string& flag : flags)
    EXPECT_EQ(moving.count(flag) + kStaying.count(flag), 1u)
        << flag << ": say in this test whether it moves the fingerprint";
  for (const std::string& flag : flags)
    if (leaves_fingerprint(flag)) {
      EXPECT_EQ(kStaying.count(flag), 1u) << flag << " of --resume";
    }
  std::map<Words, std::string> known;
  for (const auto& [flag, words] : moving) {
    EXPECT_TRUE(flags.count(flag)) << flag << " is no flag any more";
    Words both = words.first;
    if (flag == "--samples") {  // which goes without --limit
      EXPECT_NE(record(words.second, whole).fingerprint, record({}, whole).fingerprint);
      continue;
    }
    if (!known.count(both)) known[both] = fingerprint(both);
    both.insert(both.end(), words.second.begin(), words.second.end());
    EXPECT_NE(fingerprint(both), known[words.first]) << flag;
  }
  for (const Words& words : std::vector<Words>{{"--threads", "1"},
                                               {"--memory", "0.02"},
                                               {"--host-memory", "2"},
                                               {"--time-operations"},
                                               {"--device", "cpu"},
                                               {"--data", at("")},
                                               {"--include-path", at("")},
                                               {"--name", "x"},
                                               {"--fresh"},
                                               {"--verify", "1"},
                                               {"--no-log-samples"},
                                               {"--log-prompts", "none"},
                                               {"--store", at("other.db")},
                                               {"--seed", "5", "--num-fewshot", "0"}}) {
    const bool no_shots = words.size() == 4;  // a greedy answer without shots has no seed
    EXPECT_EQ(fingerprint(words), fingerprint(no_shots ? Words{"--num-fewshot", "0"} : Words{}))
        << words[0];
  }
}

/// Values that differ from those of kTask; the file still loads.
const std::map<std::string, std::string> kTaskLines = {
    {"task", "task: two"},
    {"task_alias", "task_alias: Two"},
    {"tag", "tag: mine"},
    {"group", "group: mine"},
    {"dataset_path", "dataset_path: text\ndoc_to_target: text"},
    {"dataset_name", "dataset_name: other"},
    {"dataset_kwargs", "dataset_kwargs: {data_files: {test: shots.jsonl, train: shots.jsonl}}"},
    {"training_split", "training_split: train"},
    {"validation_split", "validation_split: test"},
    {"test_split", "test_split: train"},
    {"fewshot_split", "fewshot_split: test"},
    {"doc_to_text", "doc_to_text: a"},
    {"doc_to_target", "doc_to_target: q"},
    {"doc_to_choice", "doc_to_choice: [a, b]"},
    {"description", "description: Answer."},
    {"cluster", "cluster: q"},
    {"target_delimiter", "target_delimiter: \": \""},
    {"fewshot_delimiter", "fewshot_delimiter: \"; \""},
    {"gen_prefix", "gen_prefix: So"},
    {"num_fewshot", "num_fewshot: 2"},
    {"fewshot_config", "fewshot_config: {sampler: first_n}"},
    {"output_type", "output_type: loglikelihood"},
    {"generation_kwargs", "generation_kwargs: {until: [\"\\n\"], max_gen_toks: 4}"},
    {"repeats", "repeats: 2"},
    {"filter_list", "filter_list: [{name: f, filter: [{function: take_first}]}]"},
    {"metric_list", "metric_list: [{metric: exact_match, ignore_case: true}]"},
    {"metadata", "metadata: {version: 7}"},
    {"context", "context: 64"},
    {"stride", "stride: 32"},
    {"window", "window: rolling"},
    {"prefix_token_id", "prefix_token_id: bos"},
    {"should_decontaminate", "should_decontaminate: true"},
    {"doc_to_decontamination_query", "doc_to_decontamination_query: q"},
    {"unsafe_code", "unsafe_code: true"},
    {"task_list", "task_list: [t]"}};

const std::map<std::string, std::string> kTaskKeysElsewhere = {
    {"process_docs", "names a native function; the key moves with its text"},
    {"process_results", "names a native function; the key moves with its text"},
    {"use_prompt", "refused"},
    {"doc_to_image", "refused"},
    {"doc_to_audio", "refused"},
    {"custom_dataset", "refused"}};

/// Keys that load only together with others are held by the hash of the merged file itself.
TEST_F(Identity, EveryKeyOfATaskFileMovesTheFingerprint) {
  const std::string source = slurp(std::string(FLM_SOURCE_DIR) + "/tasks/files/task_keys.cc");
  const std::regex key("\\n      \\{\"([a-z_]+)\",");
  std::set<std::string> known;
  for (std::sregex_iterator at(source.begin(), source.end(), key), end; at != end; ++at)
    known.insert((*at)[1]);
  ASSERT_GT(known.size(), 30u);
  const std::string plain = fingerprint({});
  for (const std::string& name : known) {
    if (kTaskKeysElsewhere.count(name)) continue;
    const auto line = kTaskLines.find(name);
    ASSERT_NE(line, kTaskLines.end()) << name << ": add a line with it to this test";
    write_task(line->second);
    try {
      EXPECT_NE(fingerprint({}), plain) << name;
    } catch (const std::exception& error) {
      ADD_FAILURE() << name << ": " << error.what();
    }
  }
}

TEST_F(Identity, ADatasetAndAConfigurationMoveIt) {
  const RunRecord plain = record({});
  scratch_.write("shots.jsonl", slurp(scratch_ / "shots.jsonl") + R"({"q": "x", "a": "y"})" + "\n");
  EXPECT_NE(fingerprint({}), plain.fingerprint);
  scratch_.write("shots.jsonl", slurp(scratch_ / "rows.jsonl"));
  EXPECT_EQ(fingerprint({}), plain.fingerprint);
  Json config = read_json_file(at("model/config.json"));
  config["output_mult"] = 4.0;
  write_file_atomically(at("model/config.json"), config.dump());
  const RunRecord other = record({});
  EXPECT_EQ(other.weights_hash, plain.weights_hash);
  EXPECT_NE(model_hashes(other).config, model_hashes(plain).config);
  EXPECT_NE(other.fingerprint, plain.fingerprint);
  const ScoreRequest request{{1, 2}, 1, 0};
  EXPECT_NE(score_key(model_hashes(other), request), score_key(model_hashes(plain), request));
}

/// A column that no prompt and no target shows decides which documents are independent.
TEST_F(Identity, AColumnThatOnlyTheScoringReadsMovesIt) {
  const auto with_passages = [&](const char* second) {
    std::string rows;
    for (const char* passage : {"one", second})
      rows += Json{{"q", "why?"}, {"a", "so"}, {"p", passage}}.dump() + "\n";
    scratch_.write("rows.jsonl", rows);
    return fingerprint({});
  };
  write_task("cluster: p");
  const std::string apart = with_passages("two");
  EXPECT_NE(with_passages("one"), apart);
  EXPECT_EQ(with_passages("two"), apart);
}

/// Two rows that read alike: their figures belong to the numbers of the rows.
TEST_F(Identity, EqualRowsAtAnotherPlaceMoveIt) {
  const Words whole = {"run",     "--model",   at("model"),       "--tasks", at("one.yaml"),
                       "--store", at("s.db"),  "--output",        at("out"), "--num-fewshot",
                       "0",       "--samples", at("samples.json")};
  const std::string row = Json{{"q", "why?"}, {"a", "so"}}.dump() + "\n";
  scratch_.write("rows.jsonl", row + row);
  scratch_.write("samples.json", R"({"one": [0]})");
  const std::string first = record({}, whole).fingerprint;
  scratch_.write("samples.json", R"({"one": [1]})");
  EXPECT_NE(record({}, whole).fingerprint, first);
}

/// What is asked of a model, whatever its weights.
TEST(QuestionHash, MovesWithEverythingThatIsAsked) {
  RunRecord run;
  run.numerics_hash = "numerics";
  run.tokenizer_hash = "tokenizer";
  run.protocol_hash = "protocol";
  run.groups_json = "[]";
  run.engine_json = R"({"config_hash": "config"})";
  run.options_json = R"({"settings": {"seed": 1234}})";
  TaskRecord task;
  task.task = "one";
  task.spec_hash = "spec";
  task.data_hash = "data";
  task.prompts_hash = "prompts";
  const std::string plain = question_hash(run, {task});
  for (std::string RunRecord::*part : {&RunRecord::numerics_hash, &RunRecord::tokenizer_hash,
                                       &RunRecord::protocol_hash, &RunRecord::groups_json}) {
    RunRecord other = run;
    other.*part = "[1]";
    EXPECT_NE(question_hash(other, {task}), plain) << run.*part;
  }
  RunRecord other = run;
  other.engine_json = R"({"config_hash": "another"})";
  EXPECT_NE(question_hash(other, {task}), plain);
  other = run;
  other.options_json = R"({"settings": {"seed": 5}})";
  EXPECT_NE(question_hash(other, {task}), plain) << "the seed";
  for (std::string TaskRecord::*part : {&TaskRecord::task, &TaskRecord::spec_hash,
                                        &TaskRecord::data_hash, &TaskRecord::prompts_hash}) {
    TaskRecord changed = task;
    changed.*part = "another";
    EXPECT_NE(question_hash(run, {changed}), plain) << task.*part;
  }
  EXPECT_NE(question_hash(run, {task, task}), plain);
  other = run;
  other.weights_hash = "w";
  EXPECT_EQ(question_hash(other, {task}), plain) << "the weights alone may differ";
}

/// A store of an older version is read; its runs have no hash of a configuration, and its
/// responses are nobody's.
TEST(ModelHashes, ARunOfAnOlderVersionHasNoConfiguration) {
  RunRecord old;
  old.weights_hash = "w";
  old.engine_json = R"({"model_type": "llama"})";
  EXPECT_EQ(model_hashes(old).config, "");
  EXPECT_EQ(model_hashes(old).weights, "w");
}

}  // namespace
}  // namespace flm
