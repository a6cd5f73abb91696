// Chat templates against what transformers renders of them (make_chat_goldens.py).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "base/documents/json.h"
#include "base/errors.h"
#include "tasks/items/prompt.h"
#include "tests/error_of.h"

namespace flm {
namespace {

using testing::EndsWith;
using testing::HasSubstr;

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

/// Values and errors of transformers 5.24's apply_chat_template(messages, tokenize=False, **json).
TEST(ChatTemplates, TakeToolsDocumentsAndSpecialTokens) {
  ChatOptions chat;
  chat.chat_template =
      "{{ tools | tojson }}|{{ documents | tojson }}|{{ bos_token }}{{ eos_token }}";
  chat.special_tokens = {{"bos_token", "<s>"}, {"eos_token", "</s>"}};
  Turn last;
  last.question = "q";
  const auto prompt = [&](const char* json) {
    chat.arguments_json = json;
    return chat_prompt("", {}, last, chat);
  };
  EXPECT_EQ(prompt("{}"), "null|null|<s></s>");
  EXPECT_EQ(prompt(R"({"tools": [{"type": "function"}], "documents": [{"title": "t"}],
                       "bos_token": "B", "eos_token": null})"),
            R"([{"type": "function"}]|[{"title": "t"}]|BNone)");
  EXPECT_EQ(prompt(R"({"tools": [], "documents": null})"), "[]|null|<s></s>");
  for (const char* json : {R"({"tools": [1]})", R"({"documents": {"a": 1}})", R"({"tools": 3})"})
    EXPECT_THAT(error_of([&] { prompt(json); }), HasSubstr("wants a list of objects for ")) << json;
}

TEST(ChatTemplates, TakeNoArgumentsThatTransformersKeepsFromThem) {
  ChatOptions chat;
  chat.chat_template = "{{ messages[0].content }}";
  Turn last;
  last.question = "q";
  for (const char* name : {"messages", "add_generation_prompt", "continue_final_message",
                           "tokenize", "padding", "max_length", "return_tensors"}) {
    chat.arguments_json = "{\"" + std::string(name) + "\": true}";
    EXPECT_THAT(error_of([&] { chat_prompt("", {}, last, chat); }),
                EndsWith(std::string("leave out: ") + name));
  }
  chat.arguments_json = R"({"chat_template": "tool_use"})";
  EXPECT_THAT(error_of([&] { chat_prompt("", {}, last, chat); }),
              HasSubstr("--apply-chat-template NAME"));
}

/// jinja2 3.1: self has the blocks of a template, and there are none.
TEST(ChatTemplates, SelfIsAnObjectWithoutAttributes) {
  ChatOptions chat;
  Turn last;
  last.question = "q";
  const auto prompt = [&](const char* text) {
    chat.chat_template = text;
    return chat_prompt("", {}, last, chat);
  };
  EXPECT_EQ(prompt("{{ self.x }}|{{ self['x'] }}|{{ self is defined }}|{{ self.x is defined }}"),
            "||True|False");
  EXPECT_EQ(prompt("{% if self %}y{% endif %}{% if self.x %}n{% endif %}"), "y");
  EXPECT_EQ(prompt("{% macro m() %}{{ self.a }}{{ self is defined }}{% endmacro %}{{ m() }}"),
            "True");
  EXPECT_EQ(prompt("{% set self = 3 %}{{ self }}"), "3");
  EXPECT_THAT(error_of([&] { prompt("{{ self.x() }}"); }),
              HasSubstr("'TemplateReference object' has no attribute 'x'"));
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
