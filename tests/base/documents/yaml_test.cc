#include "base/documents/yaml.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "base/documents/json.h"
#include "base/errors.h"
#include "tests/error_of.h"

namespace flm {
namespace {

using testing::HasSubstr;

/// The form the golden's values have.
Json to_json(const YamlNode& node) {
  Json out = Json::array();
  switch (node.kind) {
    case YamlNode::Kind::kNull:
      return nullptr;
    case YamlNode::Kind::kBool:
      return node.boolean;
    case YamlNode::Kind::kInt:
      return node.integer;
    case YamlNode::Kind::kFloat:
      return {{"float", python_float_repr(node.real)}};
    case YamlNode::Kind::kString:
      return node.text;
    case YamlNode::Kind::kFunction:
      return {{"function", node.text}};
    case YamlNode::Kind::kList:
      for (const YamlNode& item : node.items) out.push_back(to_json(item));
      return out;
    case YamlNode::Kind::kMap:
      break;
  }
  for (const auto& [key, value] : node.entries) {
    Json pair = Json::array();
    pair.push_back(to_json(key));
    pair.push_back(to_json(value));
    out.push_back(pair);
  }
  Json map = Json::object();
  map["map"] = out;
  return map;
}

std::string yaml_error_of(const std::string& text) {
  return error_of([&] { parse_yaml(text, "t.yaml"); });
}

TEST(Yaml, ReadsAsPyYamlDoes) {
  const Json golden = read_json_file(FLM_SOURCE_DIR "/tests/base/documents/yaml_golden.json");
  ASSERT_GT(golden.size(), 100u);
  for (const Json& row : golden) {
    const std::string text = row["yaml"].get<std::string>();
    if (row.contains("error")) {
      EXPECT_THROW(parse_yaml(text, "t"), UserError) << text;
    } else {
      EXPECT_EQ(yaml_error_of(text), "");
      EXPECT_EQ(to_json(parse_yaml(text, "t")), row["value"]) << text;
    }
  }
}

TEST(Yaml, KnowsTheLineOfEveryNode) {
  const YamlNode root = parse_yaml("# c\na: 1\nb:\n  - x\n  - y: z\n", "t");
  ASSERT_NE(root.find("b"), nullptr);
  EXPECT_EQ(root.find("a")->line, 2);
  EXPECT_EQ(root.find("b")->items[0].line, 4);
  EXPECT_EQ(root.find("b")->items[1].find("y")->line, 5);
  EXPECT_EQ(root.find("c"), nullptr);
}

TEST(Yaml, WithNotesADuplicateKeyIsNotedAndTheLastCounts) {
  YamlNotes notes;
  const YamlNode root = parse_yaml("a: 1\nb: 2\na: 3\n", "t.yaml", &notes);
  EXPECT_EQ(to_json(root).dump(), R"({"map":[["a",3],["b",2]]})");
  EXPECT_THAT(notes, ::testing::ElementsAre(
                         "t.yaml:3: duplicate key (first on line 1); the last counts: a"));
}

TEST(Yaml, RefusesWithPlaceAndReason) {
  EXPECT_EQ(yaml_error_of("a: 1\nb: 2\na: 3\n"),
            "t.yaml:3: invalid YAML: duplicate key (first on line 1); keep one: a");
  EXPECT_THAT(yaml_error_of("1: a\ntrue: b\n"), HasSubstr("t.yaml:2: invalid YAML: duplicate key"));
  EXPECT_EQ(yaml_error_of("a: 1\nb: !code x\n"),
            "t.yaml:2: invalid YAML: an unknown tag; only !function is known: !code");
  EXPECT_EQ(yaml_error_of("a: 2020-01-02\n"),
            "t.yaml:1: invalid YAML: a date, which no key takes: quote it: 2020-01-02");
  EXPECT_EQ(yaml_error_of("a: 99999999999999999999\n"),
            "t.yaml:1: invalid YAML: an integer beyond 64 bits: quote it: 99999999999999999999");
  EXPECT_EQ(yaml_error_of("a: &a [1, *a]\n"),
            "t.yaml:1: invalid YAML: an alias inside its own anchor: *a");
  EXPECT_THAT(yaml_error_of("a: [1\nb: 2\n"), HasSubstr("t.yaml:2: invalid YAML: "));
  EXPECT_THAT(yaml_error_of("a: \xff\n"), HasSubstr("not UTF-8"));
  EXPECT_THAT(yaml_error_of("--- a\n--- b\n"), HasSubstr("a second document"));
}

TEST(Yaml, BoundsAliasesAndNesting) {
  std::string bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 12; ++i) {
    const std::string old = "*a" + std::to_string(i - 1);
    bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + old;
    for (int j = 1; j < 10; ++j) bomb += ", " + old;
    bomb += "]\n";
  }
  EXPECT_THAT(yaml_error_of(bomb), HasSubstr("nodes once its aliases are expanded"));
  EXPECT_THAT(yaml_error_of(std::string(250, '[') + std::string(250, ']')),
              HasSubstr("nesting beyond 200 levels"));
}

}  // namespace
}  // namespace flm
