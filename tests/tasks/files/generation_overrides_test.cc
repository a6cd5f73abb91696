// --gen-kwargs against what lm-evaluation-harness makes of the same words.
#include "tasks/files/generation_overrides.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "base/documents/json.h"
#include "base/errors.h"
#include "tasks/task.h"
#include "tests/temporary_folder.h"

namespace flm {
namespace {

GenerationOptions options_of(const std::string& task, const std::vector<std::string>& words) {
  TaskOptions options;
  options.tasks = {task};
  options.num_fewshot = 0;
  options.gen_kwargs = words;
  const TaskSelection selection = load_tasks(options);
  return selection.tasks.at(0)->items(std::vector<std::int64_t>{0}).at(0).requests.at(0).generation;
}

TEST(GenerationOverrides, WinOverTheTasksOwnArguments) {
  const GenerationOptions plain = options_of("gsm8k", {});
  EXPECT_FALSE(plain.do_sample);
  EXPECT_EQ(plain.max_new_tokens, 256);
  const GenerationOptions changed = options_of(
      "gsm8k", {"do_sample=True,temperature=0.8,top_p=0.95", "max_gen_toks=32",
                R"(until=["\n\n", "Q:"])", R"({"top_k": 40, "repetition_penalty": 1.03})"});
  EXPECT_TRUE(changed.do_sample);
  EXPECT_EQ(changed.temperature, 0.8);
  EXPECT_EQ(changed.top_p, 0.95);
  EXPECT_EQ(changed.top_k, 40);
  EXPECT_EQ(changed.repetition_penalty, 1.03);
  EXPECT_EQ(changed.max_new_tokens, 32);
  EXPECT_EQ(changed.until, (std::vector<std::string>{"\n\n", "Q:"}));
  EXPECT_EQ(parse_json(changed.as_json, "logged"), parse_json(R"({"until": ["\n\n", "Q:"],
      "do_sample": true, "temperature": 0.8, "top_p": 0.95, "max_gen_toks": 32, "top_k": 40,
      "repetition_penalty": 1.03})",
                                                              "expected"));
}

/// lm_eval 0.4.13: split_top_level and handle_cli_value_string of the same words.
TEST(GenerationOverrides, AreSplitAndReadAsPythonDoes) {
  const GenerationOptions lists =
      options_of("gsm8k", {R"(until=["a,b","c"],temperature=0.,max_gen_toks=007)"});
  EXPECT_EQ(lists.until, (std::vector<std::string>{"a,b", "c"}));
  EXPECT_EQ(lists.temperature, 0);
  EXPECT_EQ(lists.max_new_tokens, 7);
  const GenerationOptions quoted =
      options_of("gsm8k", {"until=['x','y=z'],,top_p=1.", "do_sample=FALSE"});
  EXPECT_EQ(quoted.until, (std::vector<std::string>{"x", "y=z"}));
  EXPECT_EQ(quoted.top_p, 1.0);
  EXPECT_FALSE(quoted.do_sample);
  // The harness's decoder with transformers finds "" behind the first token.
  EXPECT_EQ(options_of("gsm8k", {"until=['x','']"}).max_new_tokens, 1);
  EXPECT_EQ(options_of("gsm8k", {"until=None"}).until, options_of("gsm8k", {"until=none"}).until);
}

TEST(GenerationOverrides, WhatIsSampledFromAllTokensIsSaid) {
  TaskOptions options;
  options.tasks = {"gsm8k"};
  const auto notes_with = [&](const char* words) {
    options.gen_kwargs = {words};
    return load_tasks(options).notes;
  };
  EXPECT_TRUE(notes_with("max_gen_toks=8").empty());
  ASSERT_EQ(notes_with("do_sample=true,temperature=0.8").size(), 1u);
  EXPECT_TRUE(notes_with("do_sample=true,temperature=0.8")[0].starts_with(
      "task gsm8k samples from all tokens; "));
  EXPECT_TRUE(notes_with("do_sample=true,temperature=0.8,top_k=50").empty());
}

/// generate_until is what a file without output_type gets, in lm-evaluation-harness, too.
TEST(GenerationOverrides, ReachTasksThatDoNotNameTheirOutputType) {
  const TemporaryFolder folder;
  folder.write("rows.jsonl", "{\"q\": \"1 + 1 =\", \"a\": \"2\"}\n");
  folder.write("plain.yaml",
               "task: plain\ndataset_path: json\ndataset_kwargs: {data_files: {test: rows.jsonl}}\n"
               "test_split: test\ndoc_to_text: q\ndoc_to_target: a\n"
               "generation_kwargs: {max_gen_toks: 64, until: []}\n");
  const std::string plain = folder / "plain.yaml";
  EXPECT_EQ(options_of(plain, {}).max_new_tokens, 64);
  EXPECT_EQ(options_of(plain, {"max_gen_toks=8"}).max_new_tokens, 8);
}

TEST(GenerationOverrides, ChangeTheHashOfTheTask) {
  TaskOptions options;
  options.tasks = {"gsm8k"};
  const std::string plain = load_tasks(options).tasks.at(0)->spec_hash();
  options.gen_kwargs = {"max_gen_toks=32"};
  EXPECT_NE(load_tasks(options).tasks.at(0)->spec_hash(), plain);
}

TEST(GenerationOverrides, LeaveOtherTasksAlone) {
  TaskOptions options;
  options.tasks = {"mmlu_anatomy"};
  const std::string plain = load_tasks(options).tasks.at(0)->spec_hash();
  options.gen_kwargs = {"max_gen_toks=32"};
  EXPECT_EQ(load_tasks(options).tasks.at(0)->spec_hash(), plain);
}

TEST(GenerationOverrides, WhatIsNoArgumentIsNamed) {
  for (const char* word : {"temperature", "=1", "a=1,b", "{\"a\": }"}) {
    try {
      parse_generation_overrides({word});
      ADD_FAILURE() << word;
    } catch (const UserError& error) {
      EXPECT_NE(std::string(error.what()).find("--gen-kwargs"), std::string::npos) << error.what();
    }
  }
  EXPECT_THROW(options_of("gsm8k", {"colour=red"}), UserError);
}

/// lm_eval's own help types stop; its hf model fails on it, for the stops are `until` there, too.
TEST(GenerationOverrides, AnotherDecodersArgumentIsRefusedWithOurs) {
  const auto message_of = [](const std::string& word) -> std::string {
    try {
      options_of("gsm8k", {word});
      return "";
    } catch (const UserError& error) {
      return error.what();
    }
  };
  const std::string stop = message_of(R"(stop=["\n\n"])"), beams = message_of("num_beams=4");
  EXPECT_TRUE(stop.starts_with("--gen-kwargs over ")) << stop;
  EXPECT_NE(stop.find("gsm8k.yaml:"), std::string::npos) << stop;
  EXPECT_TRUE(stop.ends_with("stop is not known here; give until=[TEXT, ...]: ['\\n\\n']")) << stop;
  EXPECT_NE(beams.find("known: until, max_gen_toks, do_sample"), std::string::npos) << beams;
}

/// lm-evaluation-harness reads both as floats, and int() makes a number of tokens of the first.
TEST(GenerationOverrides, AWholeFloatIsAWholeNumber) {
  EXPECT_EQ(options_of("gsm8k", {"max_gen_toks=12.0"}).max_new_tokens, 12);
  EXPECT_THROW(options_of("gsm8k", {"max_gen_toks=12.5"}), UserError);
  try {
    options_of("gsm8k", {"top_k=-1"});
    ADD_FAILURE();
  } catch (const UserError& error) {
    EXPECT_NE(std::string(error.what()).find("top_k must be at least 0, which is off: -1"),
              std::string::npos)
        << error.what();
  }
}

TEST(GenerationOverrides, WhatNoDecoderCanFollowIsNamedWithItsPlace) {
  for (const char* word : {"max_gen_toks=0", "max_gen_toks=-1", "temperature=-0.5,do_sample=true",
                           "top_k=-1", "top_p=0", "top_p=1.5", "repetition_penalty=0"}) {
    const std::string key = std::string(word).substr(0, std::string(word).find('='));
    try {
      options_of("gsm8k", {word});
      ADD_FAILURE() << word;
    } catch (const UserError& error) {
      EXPECT_NE(std::string(error.what()).find("generation_kwargs: " + key + " must be "),
                std::string::npos)
          << error.what();
    }
  }
}

}  // namespace
}  // namespace flm
