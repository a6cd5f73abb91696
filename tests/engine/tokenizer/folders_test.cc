// Whole folders against AutoTokenizer of transformers 4.57 and 5.24: their ids, texts and special
// tokens where the two agree, and a note where they do not.
#include <gtest/gtest.h>

#include <map>
#include <nlohmann/json.hpp>

#include "base/documents/json.h"
#include "base/errors.h"
#include "base/system/files.h"
#include "engine/tokenizer.h"
#include "tests/engine/tokenizer/checks.h"

namespace flm {
namespace {

using Ids = std::vector<std::int32_t>;

std::unique_ptr<Tokenizer> opened(const Json& one) {
  const TemporaryFolder folder;
  Json file = read_json_file(kFixtures + one["base"].get<std::string>() + ".json");
  for (const auto& [section, value] : one["set"].items()) file[section] = value;
  write_file_atomically(folder.path() + "/tokenizer.json", file.dump());
  for (const auto& [name, content] : one["files"].items())
    write_file_atomically(folder.path() + "/" + name, content.dump());
  return Tokenizer::open({folder.path()});
}

/// The parts of a recorded result that count for a case.
Json compared(const Json& one, const char* version) {
  Json result = one[version];
  for (const char* key : {"ids", "decoded"}) {
    Json first = Json::array();
    for (std::size_t i = 0; i < one["compared"]; ++i) first.push_back(result[key][i]);
    result[key] = first;
  }
  return result;
}

/// Of the version that is followed; names that a chat template gets are those of transformers 5.
Json expected(const Json& one) {
  Json result = compared(one, one["follows"] == 4 ? "4" : "5");
  const Json& names = one["5"]["names"];
  if (names.contains("image_token")) result["names"]["image_token"] = names["image_token"];
  return result;
}

Json result_of(const Tokenizer& tokenizer, const Json& texts, const Json& one) {
  Json ids = Json::array(), decoded = Json::array(), names = Json::object();
  for (std::size_t i = 0; i < one["compared"]; ++i) {
    const std::string text = texts[i];
    ids.push_back(tokenizer.encode_ids(text));
    decoded.push_back(tokenizer.decode(tokenizer.encode_ids(text, false)));
  }
  names["eos_token"] = tokenizer.eos() ? Json(tokenizer.piece(*tokenizer.eos())) : Json();
  for (const NamedText& named : tokenizer.special_token_texts())
    if (named.name == "boi_token" || named.name == "zoo_token" || named.name == "image_token")
      names[named.name] = named.text;
  return {{"ids", ids}, {"names", names}, {"decoded", decoded}};
}

TEST(Folders, AreThoseOfTransformersOrANoteTellsWhatDiffers) {
  const Json recorded = read_json_file(kFixtures + "folders.json");
  ASSERT_GT(recorded["cases"].size(), 80U);
  for (const Json& one : recorded["cases"]) {
    SCOPED_TRACE(one["name"].get<std::string>());
    const auto tokenizer = opened(one);
    const Json in_4 = compared(one, "4"), in_5 = compared(one, "5");
    EXPECT_EQ(result_of(*tokenizer, recorded["texts"], one), expected(one));
    const bool told = !tokenizer->notes().empty();
    if (in_4 != in_5 || one["quiet"] == false) {
      EXPECT_TRUE(told);
    }
    if (one["quiet"] == true) {
      EXPECT_FALSE(told) << tokenizer->notes().front();
    }
  }
}

TEST(Folders, NameSpecialTokensForChatTemplatesAsTransformers5) {
  const Json recorded = read_json_file(kFixtures + "names.json");
  ASSERT_GT(recorded["cases"].size(), 30U);
  for (Json one : recorded["cases"]) {
    SCOPED_TRACE(one["name"].get<std::string>());
    one["set"] = Json::object();
    std::map<std::string, std::string> names;
    for (const NamedText& named : opened(one)->special_token_texts())
      names[named.name] = named.text;
    EXPECT_EQ(names, (one["names"].get<std::map<std::string, std::string>>()));
  }
}

/// Of both versions: the later of two with one name counts, and an object is a list by names.
TEST(Folders, HaveTheirChatTemplatesByName) {
  const auto of = [](const char* templates) {
    return opened(
        {{"base", "gpt2"},
         {"set", Json::object()},
         {"files",
          {{"tokenizer_config.json", {{"chat_template", parse_json(templates, "test")}}}}}});
  };
  const auto list = of(R"([{"name": "default", "template": "a"}, {"name": "rag", "template": "b"},
                           {"name": "default", "template": "c"}])");
  EXPECT_EQ(list->chat_template(), "c");
  EXPECT_EQ(list->chat_template_names(), (std::vector<std::string>{"default", "rag"}));
  const auto object = of(R"({"default": "a", "tool_use": "b"})");
  EXPECT_EQ(object->chat_template(), "a");
  EXPECT_EQ(object->chat_template("tool_use"), "b");
  EXPECT_THROW(of("3"), UserError);
  EXPECT_THROW(of(R"({"default": 3})"), UserError);
}

}  // namespace
}  // namespace flm
