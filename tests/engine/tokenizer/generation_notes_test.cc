// What generation_config.json asks for and is not done here: texts that reports write as JSON.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "base/text/utf8.h"
#include "engine/tokenizer/known_keys.h"

namespace flm {
namespace {

TEST(GenerationNotes, CutALongValueBetweenCharacters) {
  Json stops = Json::array();
  for (int i = 0; i < 8; ++i)
    stops.push_back(
        "<\xEF\xBD\x9C"
        "end\xE2\x96\x81of\xE2\x96\x81sentence\xEF\xBD\x9C>");
  for (int ascii = 0; ascii < 3; ++ascii) {
    stops[0] = "a" + stops[0].get<std::string>();
    const auto notes = generation_config_notes(Json{{"stop_strings", stops}}, "fuzz");
    ASSERT_EQ(notes.size(), 1u);
    EXPECT_TRUE(utf8_valid(notes[0])) << notes[0];
    EXPECT_NO_THROW(compact_json(notes));
  }
}

/// transformers: "`max_new_tokens` will take precedence" over the length that lm_eval asks for.
TEST(GenerationNotes, ALimitOfNewTokensIsNotTheTasks) {
  const auto notes = generation_config_notes(Json{{"max_new_tokens", 2048}}, "g.json");
  ASSERT_EQ(notes.size(), 1u);
  EXPECT_TRUE(notes[0].starts_with("g.json: max_new_tokens = 2048 is not applied")) << notes[0];
  EXPECT_TRUE(generation_config_notes(Json{{"max_new_tokens", nullptr}}, "g.json").empty());
}

}  // namespace
}  // namespace flm
