// Chat templates against what transformers renders of them (make_chat_goldens.py).
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "base/documents/json.h"
#include "base/errors.h"
#include "tasks/items/prompt.h"

namespace flm {
namespace {

ChatOptions options_of(const Json& one) {
  ChatOptions chat;
  chat.chat_template = one["template"].get<std::string>();
  chat.special_tokens = {
      {"bos_token", "<s>"}, {"eos_token", "</s>"}, {"unk_token", "<unk>"}, {"pad_token", "<pad>"}};
  chat.fewshot_as_multiturn = true;
  chat.date = "2024-07-26T09:05:03";
  return chat;
}

std::string prompt_of(const Json& one) {
  std::vector<Turn> shots;
  for (const Json& shot : one["shots"])
    shots.push_back({shot[0].get<std::string>(), shot[1].get<std::string>(), " ", "\n\n", ""});
  Turn last;
  last.question = one["question"].get<std::string>();
  last.gen_prefix = one["prefix"].get<std::string>();
  return chat_prompt(one["system"].get<std::string>(), shots, last, options_of(one));
}

TEST(ChatTemplates, AreRenderedAsTransformersRendersThem) {
  const Json cases = read_json_file(FLM_SOURCE_DIR "/tests/tasks/items/chat_golden.json");
  ASSERT_GT(cases.size(), 140u);
  for (const Json& one : cases) {
    SCOPED_TRACE(one.dump());
    if (one.contains("error")) {
      EXPECT_THROW(prompt_of(one), UserError);
    } else {
      EXPECT_EQ(prompt_of(one), one["prompt"].get<std::string>());
    }
  }
}

/// transformers' chat_template_kwargs, as lm_eval's enable_thinking and chat_template_args hand on.
TEST(ChatTemplates, TakeMoreNames) {
  ChatOptions chat;
  chat.chat_template =
      "{{ enable_thinking is defined }}{% if enable_thinking is false %} off{% endif %}{{ level }}";
  Turn last;
  last.question = "q";
  EXPECT_EQ(chat_prompt("", {}, last, chat), "False");
  chat.arguments_json = R"({"enable_thinking": false, "level": "low"})";
  EXPECT_EQ(chat_prompt("", {}, last, chat), "True offlow");
  for (const char* json : {"[1]", "{", R"({"messages": []})"}) {
    chat.arguments_json = json;
    EXPECT_THROW(chat_prompt("", {}, last, chat), UserError) << json;
  }
}

TEST(ChatTemplates, WithoutADateThereIsNoFunctionForIt) {
  ChatOptions chat;
  chat.chat_template = "{{ strftime_now is defined }}";
  Turn last;
  last.question = "q";
  EXPECT_EQ(chat_prompt("", {}, last, chat), "False");
  chat.date = "26 July";
  EXPECT_THROW(chat_prompt("", {}, last, chat), UserError);
  chat.chat_template = "{{ strftime_now('%d.%m.') }}";
  chat.date = "2024-07-26";
  EXPECT_EQ(chat_prompt("", {}, last, chat), "26.07.");
  // datetime(2024, 7, 26).strftime of the same: a date without a zone.
  chat.chat_template = "{{ strftime_now('[%Z%z] %f %%z %j') }}";
  EXPECT_EQ(chat_prompt("", {}, last, chat), "[] 000000 %z 208");
}

}  // namespace
}  // namespace flm
