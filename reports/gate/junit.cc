#include <unicode/utf8.h>

#include <algorithm>
#include <cstdint>
#include <set>
#include <string_view>

#include "base/text/utf8.h"
#include "reports/gate/views.h"

namespace flm {
namespace {

constexpr std::string_view kHead =
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!-- flmeval gate -->\n";

/// XML 1.0's Char, without what no one could read back.
bool is_xml(UChar32 c) {
  return c == '\t' || c == '\n' || c == '\r' || (c >= 0x20 && c != 0xFFFE && c != 0xFFFF);
}

std::string xml(std::string_view text) {
  std::string out;
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(text.data());
  const auto size = static_cast<std::int32_t>(text.size());
  for (std::int32_t at = 0; at < size;) {
    UChar32 c = 0;
    U8_NEXT(bytes, at, size, c);
    if (c < 0 || !is_xml(c)) {
      out += "\xEF\xBF\xBD";
    } else if (c == '&' || c == '<' || c == '>' || c == '"' || c < 0x20) {
      // White space in an attribute would be read back as a blank.
      out += "&#" + std::to_string(c) + ";";
    } else {
      utf8_append(out, static_cast<char32_t>(c));
    }
  }
  return out;
}

enum class Case { kPassed, kFailure, kError, kSkipped };

Case case_of(const GateResult& result, const RuleResult& rule) {
  if (rule.verdict == GateVerdict::kPass) return Case::kPassed;
  if (rule.rule.level == RuleLevel::kAdvisory) return Case::kSkipped;
  if (rule.verdict == GateVerdict::kFail) return Case::kFailure;
  const bool counts =
      rule.verdict == GateVerdict::kMissing || result.inconclusive == Policy::Inconclusive::kFail;
  return counts ? Case::kError : Case::kSkipped;
}

/// Some readers ask for a type of a failure and an error.
std::string element_of(Case outcome, const RuleResult& rule) {
  const std::string level = rule.rule.level == RuleLevel::kAdvisory ? "advisory, " : "";
  const std::string type = " type=\"" + name_of(rule.verdict) + "\"";
  const std::string message =
      " message=\"" + xml(level + name_of(rule.verdict) + ": " + rule.sentence) + "\"/>\n";
  switch (outcome) {
    case Case::kPassed:
      return "";
    case Case::kFailure:
      return "    <failure" + type + message;
    case Case::kError:
      return "    <error" + type + message;
    case Case::kSkipped:
      return "    <skipped" + message;
  }
  return "";
}

std::string property(const std::string& name, const std::string& value) {
  return "    <property name=\"" + name + "\" value=\"" + xml(value) + "\"/>\n";
}

std::string counted(const char* name, std::int64_t count) {
  return std::string(" ") + name + "=\"" + std::to_string(count) + "\"";
}

}  // namespace

std::string gate_junit(const GateResult& result) {
  std::int64_t counts[4] = {0, 0, 0, 0};
  std::string cases;
  std::set<std::string> names;  // readers take two cases of one name for one
  for (const RuleResult& rule : result.rules) {
    const Case outcome = case_of(result, rule);
    ++counts[static_cast<int>(outcome)];
    std::string metric = rule.name().substr(std::min(rule.name().size(), rule.task.size() + 1));
    if (!names.insert(rule.name()).second)
      metric += " (line " + std::to_string(rule.rule.line) + ")";
    cases += "  <testcase classname=\"" + xml(rule.task) + "\" name=\"" + xml(metric) +
             "\" time=\"0\">\n";
    cases += element_of(outcome, rule);
    cases += "    <system-out>" + xml(rule.sentence) + "</system-out>\n  </testcase>\n";
  }
  std::string properties = property("decision", result.headline);
  for (const std::string& warning : result.warnings) properties += property("warning", warning);
  const std::string totals = counted("tests", std::ssize(result.rules)) +
                             counted("failures", counts[1]) + counted("errors", counts[2]) +
                             counted("skipped", counts[3]) + " time=\"0\"";
  return std::string(kHead) + "<testsuite name=\"" + xml(result.policy) + "\"" + totals +
         ">\n  <properties>\n" + properties + "  </properties>\n" + cases + "</testsuite>\n";
}

bool is_gate_junit(std::string_view bytes) { return bytes.starts_with(kHead); }

}  // namespace flm
