#include "reports/html/samples/sample_lines.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string_view>

#include "base/documents/json.h"
#include "reports/html/escape.h"

namespace flm {
namespace {

constexpr std::size_t kShortHeader = 120;  // bytes that are not worth a line of their own

std::size_t common_length(std::string_view a, std::string_view b) {
  const auto end = std::mismatch(a.begin(), a.begin() + std::min(a.size(), b.size()), b.begin());
  return static_cast<std::size_t>(end.first - a.begin());
}

/// Four decimals: more of a log-likelihood is rounding.
double shown(double value) { return std::isfinite(value) ? std::round(value * 1e4) / 1e4 : value; }

std::vector<std::string> valid(const std::vector<std::string>& texts) {
  std::vector<std::string> out;
  for (const std::string& text : texts) out.push_back(valid_utf8(text));
  return out;
}

Json run_of(const ItemText& item, const std::string& message, const std::string& own_prompt) {
  Json likelihoods = Json::array();
  for (double value : item.log_likelihoods) likelihoods.push_back(shown(value));
  return Json::array({likelihoods, valid(item.answers), valid_utf8(item.extracted),
                      valid_utf8(message), valid_utf8(own_prompt)});
}

}  // namespace

std::string common_header(const std::vector<SampleText>& texts) {
  std::string_view header;
  std::size_t prompts = 0;
  for (const SampleText& text : texts) {
    const std::string_view prompt = text.a.prompt;
    if (prompt.empty()) continue;
    header = prompts++ == 0 ? prompt : header.substr(0, common_length(header, prompt));
  }
  const std::size_t blank = header.rfind("\n\n");
  if (prompts < 2 || blank == std::string_view::npos || blank + 2 < kShortHeader) return "";
  return std::string(header.substr(0, blank + 2));
}

std::string sample_line(const SampleText& text, const std::string& header, bool prompts) {
  const ItemText& a = text.a;
  const bool headed = !header.empty() && a.prompt.starts_with(header);
  const std::string prompt = prompts ? a.prompt.substr(headed ? header.size() : 0) : "";
  const int gold = a.gold ? static_cast<int>(*a.gold) : -1;
  Json line = Json::array({valid_utf8(prompt), valid_utf8(a.target), gold, valid(a.choices),
                           run_of(a, text.message, "")});
  if (text.b) {
    const bool other = prompts && text.b->prompt != a.prompt;
    line.push_back(run_of(*text.b, "", other ? text.b->prompt : ""));
  }
  return compact_json(line);
}

}  // namespace flm
