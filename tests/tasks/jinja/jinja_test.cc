#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "tasks/jinja/template.h"
#include "tests/tasks/python/goldens.h"

namespace flm {
namespace {

using testing::HasSubstr;
using Options = JinjaTemplate::Options;

struct Outcome {
  std::string text, error, message;
};

Outcome render(const std::string& source, const PyValue& context, const Options& options = {}) {
  Outcome out;
  try {
    out.text = JinjaTemplate::parse(source, "t", options).render(context);
  } catch (const PyError& e) {
    out.error = e.type();
    out.message = e.what();
  }
  return out;
}

std::string text_of(const std::string& source, const std::string& json = "{}",
                    const Options& options = {}) {
  const Outcome out = render(source, PyValue::from_json(parse_json(json, "context")), options);
  return out.error.empty() ? out.text : out.message;
}

TEST(Jinja, AgreesWithTheHarnessOnEveryTemplate) {
  if (!has_shared()) GTEST_SKIP() << "skipped: ../shared is not here";
  const Json rows = golden("units/templates.json.gz");
  ASSERT_GT(rows.size(), 150u);
  const PyValue doc = PyValue::from_json(rows[0]["doc"]);
  for (size_t i = 1; i < rows.size(); ++i) {
    const std::string source = rows[i]["template"].get<std::string>();
    const Outcome out = render(source, doc);
    if (rows[i].contains("error")) {
      EXPECT_EQ(out.error, rows[i]["error"].get<std::string>()) << source;
      EXPECT_THAT(out.message, HasSubstr(rows[i]["message"].get<std::string>())) << source;
    } else {
      EXPECT_EQ(out.message, "") << source;
      EXPECT_EQ(out.text, rows[i]["value"].get<std::string>()) << source;
    }
  }
}

TEST(Jinja, AgreesWithRecordedRenderings) {
  const Json data = read_json_file(FLM_SOURCE_DIR "/tests/tasks/jinja/jinja_golden.json");
  ASSERT_GT(data["cases"].size(), 300u);
  for (const Json& row : data["cases"]) {
    const std::string source = row["template"].get<std::string>();
    const PyValue context = PyValue::from_json(data["contexts"][row["context"].get<size_t>()]);
    const Outcome out =
        render(source, context, row["chat"].get<bool>() ? Options::chat() : Options());
    if (row.contains("error")) {
      EXPECT_EQ(out.error, row["error"].get<std::string>()) << source << "\n"
                                                            << out.text << out.message;
    } else {
      EXPECT_EQ(out.message, "") << source;
      EXPECT_EQ(out.text, row["output"].get<std::string>()) << source;
    }
  }
}

/// Templates drawn at random (make_jinja_properties.py) and what Jinja2 3.1.6 made of them.
TEST(Jinja, AgreesWithJinja2OnRandomTemplates) {
  const char* file = std::getenv("FLM_JINJA_PROPERTIES");
  const Json data =
      read_json_file(file ? file : FLM_SOURCE_DIR "/tests/tasks/jinja/jinja_properties.json");
  ASSERT_GT(data["cases"].size(), 1000u);
  const PyValue context = PyValue::from_json(data["context"]);
  for (const Json& row : data["cases"]) {
    const std::string source = row["template"].get<std::string>();
    const Outcome out = render(source, context);
    EXPECT_EQ(out.error, row.value("error", std::string())) << source << "\n"
                                                            << out.text << out.message;
    EXPECT_EQ(out.text, row.value("output", std::string())) << source << "\n" << out.message;
  }
}

/// The rarer built-ins (make_jinja_builtins.py), written and drawn at random.
TEST(Jinja, AgreesWithJinja2OnItsBuiltins) {
  const char* file = std::getenv("FLM_JINJA_BUILTINS");
  const Json data =
      read_json_file(file ? file : FLM_SOURCE_DIR "/tests/tasks/jinja/jinja_builtins.json");
  ASSERT_GT(data["cases"].size(), 500u);
  for (const Json& row : data["cases"]) {
    const std::string source = row["template"].get<std::string>();
    const Json& context = row.contains("context") ? row["context"] : data["context"];
    const Outcome out = render(source, PyValue::from_json(context));
    EXPECT_EQ(out.error, row.value("error", std::string())) << source << "\n"
                                                            << out.text << out.message << "\n"
                                                            << context.dump().substr(0, 300);
    EXPECT_EQ(out.text, row.value("output", std::string())) << source << "\n" << out.message;
  }
}

/// Generators, ranges and views of dicts in both environments (make_jinja_lazy.py).
TEST(Jinja, AgreesWithJinja2OnWhatIsLazy) {
  const Json data = read_json_file(FLM_SOURCE_DIR "/tests/tasks/jinja/jinja_lazy.json");
  ASSERT_GT(data["cases"].size(), 2000u);
  const PyValue context = PyValue::from_json(data["context"]);
  for (const Json& row : data["cases"]) {
    const std::string source = row["template"].get<std::string>();
    const bool chat = row["chat"].get<bool>();
    const Outcome out = render(source, context, chat ? Options::chat() : Options());
    EXPECT_EQ(out.error, row.value("error", std::string()))
        << (chat ? "chat: " : "task: ") << source << "\n"
        << out.text << out.message << row.value("output", std::string());
    EXPECT_EQ(out.text, row.value("output", std::string()))
        << (chat ? "chat: " : "task: ") << source << "\n"
        << out.message;
  }
}

TEST(Jinja, GeneratorsOfGeneratorsAreBounded) {
  EXPECT_THAT(text_of("{% set ns = namespace(g=[1]) %}{% for i in range(2000) %}"
                      "{% set ns.g = ns.g|map('string') %}{% endfor %}{{ ns.g|list }}"),
              HasSubstr("RecursionError"));
  EXPECT_THAT(text_of("{% set ns = namespace(g=[1]) %}{% for i in range(2000) %}"
                      "{% set ns.g = [ns.g]|map('list') %}{% endfor %}{{ ns.g|list }}"),
              HasSubstr("RecursionError"));
  EXPECT_THAT(text_of("{{ nums|map('string') }}", R"({"nums": [1]})"),
              HasSubstr("a generator cannot be printed; join it or make a list of it"));
}

TEST(Jinja, RefusesWhatHasNoPlaceInAPrompt) {
  EXPECT_THAT(text_of("{{ [1, 2]|random }}"), HasSubstr("must not change from run to run"));
  EXPECT_THAT(text_of("{{ lipsum() }}"), HasSubstr("lipsum() draws at random"));
  EXPECT_THAT(text_of("{{ 'x'|urlize }}"), HasSubstr("urlize is not supported"));
  EXPECT_THAT(text_of("{{ range(90)|list|pprint }}"), HasSubstr("use tojson(indent=2)"));
  EXPECT_THAT(text_of("{{ '&rarr;'|striptags }}"), HasSubstr("&rarr; is not known here"));
  EXPECT_THAT(text_of("{% import 'x' as y %}"), HasSubstr("reads another template"));
  EXPECT_THAT(text_of("{% block x %}{% endblock %}"), HasSubstr("'block' is not supported"));
}

TEST(Jinja, ErrorsNameOriginLineAndClass) {
  EXPECT_EQ(text_of("a\n\n{{ missing }}"), "t:3: UndefinedError: 'missing' is undefined");
  EXPECT_EQ(text_of("a\n{% if x %}"),
            "t:2: TemplateSyntaxError: Unexpected end of template. Jinja was looking for the "
            "following tags: 'endif'.");
  EXPECT_EQ(text_of("{{ x|nope }}"), "t:1: TemplateAssertionError: No filter named 'nope'.");
  EXPECT_EQ(text_of("\n{{ raise_exception('no ' ~ 1) }}"), "t:2: TemplateError: no 1");
  EXPECT_THAT(text_of("{% include 'x' %}"), HasSubstr("the tag 'include' is not supported"));
}

TEST(Jinja, NothingChangesTheContext) {
  EXPECT_THAT(text_of("{{ l.append(1) }}", R"({"l": []})"), HasSubstr("SecurityError"));
  EXPECT_THAT(text_of("{{ d.update({'a': 1}) }}", R"({"d": {}})"), HasSubstr("SecurityError"));
}

TEST(Jinja, LimitsDepthWorkAndSize) {
  const auto deep = [](const std::string& open, const std::string& inner,
                       const std::string& close) {
    std::string out = "{{ ";
    for (int i = 0; i < 100000; ++i) out += open;
    out += inner;
    for (int i = 0; i < 100000; ++i) out += close;
    return out + " }}";
  };
  EXPECT_THAT(text_of(deep("(", "1", ")")), HasSubstr("TemplateSyntaxError"));
  EXPECT_THAT(text_of(deep("-", "1", "")), HasSubstr("TemplateSyntaxError"));
  EXPECT_THAT(text_of(deep("not ", "1", "")), HasSubstr("TemplateSyntaxError"));
  EXPECT_THAT(text_of(deep("1+", "1", "")), HasSubstr("TemplateSyntaxError"));
  EXPECT_THAT(text_of(deep("1 if 1 else ", "1", "")), HasSubstr("TemplateSyntaxError"));
  EXPECT_THAT(text_of(deep("", "1", "|abs")), HasSubstr("TemplateSyntaxError"));
  std::string blocks;
  for (int i = 0; i < 100000; ++i) blocks += "{% if 1 %}";
  EXPECT_THAT(text_of(blocks), HasSubstr("TemplateSyntaxError"));
  EXPECT_THAT(text_of("{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}"),
              HasSubstr("RecursionError"));
  EXPECT_THAT(text_of("{{ 'x' * 10 ** 12 }}"), HasSubstr("MemoryError"));
  EXPECT_THAT(text_of("{{ range(10 ** 9) }}"), HasSubstr("OverflowError"));
  EXPECT_THAT(
      text_of("{% for i in range(99999) %}{% for j in range(99999) %}{% endfor %}{% endfor %}"),
      HasSubstr("RuntimeError"));
  EXPECT_THAT(text_of("{{ '%999999999d' % 1 }}"), HasSubstr("ValueError"));
}

/// What CPython 3 answers; the first seven are rounded twice by an 80-bit long double.
TEST(Jinja, IntegersAreDividedWithOneRounding) {
  const std::pair<const char*, const char*> cases[] = {
      {"(9007199254740993 * 1048576 + 1) / 1", "9.444732965739293e+21"},
      {"726800442989703994989 / 694", "1.0472628861523112e+18"},
      {"1448815318144259 / 9219981127550620745", "0.00015713864248756342"},
      {"1185167484011070611137750556554 / 16112735490207649571", "73554703652.35896"},
      {"1054379408257697923288136459983 / 15802433839256002693", "66722595961.037056"},
      {"1006401119654174471885913242596 / 227", "4.4334851086086984e+27"},
      {"2978406979974016 / 14118119364802293688", "0.00021096343663161294"},
      {"7 / 2", "3.5"},
      {"-1 / 3", "-0.3333333333333333"},
      {"10 ** 38 / 7", "1.4285714285714286e+37"},
      {"(-2) ** 127 / 3", "-5.671372782015641e+37"},
      {"1 / 2 ** 126", "1.1754943508222875e-38"},
      {"0 / -5", "-0.0"},
  };
  for (const auto& [expression, quotient] : cases)
    EXPECT_EQ(text_of("{{ " + std::string(expression) + " }}"), quotient) << expression;
}

TEST(Jinja, BigIntegersAreExactOrRefused) {
  EXPECT_EQ(text_of("{{ 2 ** 100 }}"), "1267650600228229401496703205376");
  EXPECT_THAT(text_of("{{ 2 ** 127 }}"), HasSubstr("OverflowError"));
  EXPECT_THAT(text_of("{{ 99999999999999999999999999999999999999999 }}"),
              HasSubstr("TemplateSyntaxError"));
}

}  // namespace
}  // namespace flm
