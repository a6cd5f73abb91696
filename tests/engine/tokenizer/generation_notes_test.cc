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

}  // namespace
}  // namespace flm
