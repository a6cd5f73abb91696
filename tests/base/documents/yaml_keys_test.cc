// Keys of settings, and YAML as JSON.
#include "base/documents/yaml_keys.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "base/documents/yaml_json.h"
#include "tests/error_of.h"

namespace flm {
namespace {

TEST(YamlKeys, AreFoundMissedAndRefusedWithTheirLine) {
  const YamlNode map = parse_yaml("name: 1e3\nempty: ~\nlist: [1]\nodd: 2\n", "set.yaml");
  EXPECT_EQ(text_under(map, "name"), "1e3");
  EXPECT_EQ(text_under(map, "empty"), "");
  EXPECT_EQ(text_under(map, "absent"), "");
  const YamlNode* odd = unknown_key(map, {"name", "empty", "list"});
  ASSERT_TRUE(odd);
  EXPECT_EQ(odd->text, "odd");
  EXPECT_FALSE(unknown_key(map, {"odd", "name", "empty", "list"}));
  EXPECT_EQ(error_of([&] { refuse_node("set.yaml", *odd, "no such key: odd"); }),
            "set.yaml:4: no such key: odd");
}

/// The values that json.dumps(yaml.safe_load(...)) gives.
TEST(YamlJson, HasTheSameValues) {
  const YamlNode node =
      parse_yaml("{a: [1, 2.5, yes, ~, 'x'], 3: {b: -4}, f: !function m.g}", "set.yaml");
  const Json json = yaml_as_json(node, [](const YamlNode& f) { return Json("<" + f.text + ">"); });
  EXPECT_EQ(json, Json::parse(R"({"a": [1, 2.5, true, null, "x"], "3": {"b": -4}, "f": "<m.g>"})"));
}

}  // namespace
}  // namespace flm
