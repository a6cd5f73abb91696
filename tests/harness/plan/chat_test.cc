// Which of a tokenizer's chat templates is applied, against get_chat_template of transformers 5.24.
#include "harness/plan/chat.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/error_of.h"
#include "tests/harness/plan/byte_tokenizer.h"

namespace flm {
namespace {

class WithTemplates : public ByteTokenizer {
 public:
  explicit WithTemplates(std::vector<NamedText> templates)
      : ByteTokenizer(false), templates_(std::move(templates)) {}
  std::string chat_template() const override { return chat_template("default"); }
  std::string chat_template(const std::string& name) const override {
    for (const NamedText& one : templates_)
      if (one.name == name) return one.text;
    return "";
  }
  std::vector<std::string> chat_template_names() const override {
    std::vector<std::string> names;
    for (const NamedText& one : templates_) names.push_back(one.name);
    return names;
  }

 private:
  std::vector<NamedText> templates_;
};

std::string applied(const Tokenizer& tokenizer, const char* name, const char* arguments) {
  TaskFlags flags;
  flags.apply_chat_template = name;
  flags.chat_template_args = arguments;
  return applied_chat_template(flags, tokenizer).value_or("none");
}

TEST(ChosenChatTemplate, IsThatOfToolsWhereToolsAreGiven) {
  const WithTemplates all({{"default", "D"}, {"tool_use", "T"}, {"rag", "R"}});
  EXPECT_EQ(applied(all, "true", ""), "D");
  EXPECT_EQ(applied(all, "true", R"({"tools": []})"), "T");
  EXPECT_EQ(applied(all, "true", R"({"tools": [{"type": "function"}]})"), "T");
  EXPECT_EQ(applied(all, "true", R"({"tools": null})"), "D");
  EXPECT_EQ(applied(all, "true", R"({"documents": []})"), "D");
  EXPECT_EQ(applied(all, "rag", R"({"tools": []})"), "R");
  EXPECT_EQ(applied(all, "false", R"({"tools": []})"), "none");
  const WithTemplates no_default({{"tool_use", "T"}, {"rag", "R"}});
  EXPECT_EQ(applied(no_default, "true", R"({"tools": []})"), "T");
  EXPECT_THAT(error_of([&] { applied(no_default, "true", "{}"); }),
              testing::HasSubstr("none of the tokenizer's templates is named default"));
  const WithTemplates no_tools({{"default", "D"}, {"rag", "R"}});
  EXPECT_EQ(applied(no_tools, "true", R"({"tools": []})"), "D");
}

}  // namespace
}  // namespace flm
