#include "reports/views/folded_domains.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <set>
#include <utility>

#include "reports/figures/figures.h"

namespace flm {
namespace {

constexpr int kDigits = 2;  // a line to find a domain by; its figure stands in the whole report

struct Domain {
  std::string language, name;
  std::optional<double> bits;
};

/// Null where the row is no domain of bits per byte.
const Score* bits_per_byte_of(const ReportRow& row) {
  const auto found = std::find_if(row.scores.begin(), row.scores.end(), [](const Score& score) {
    return score.metric.starts_with("bpb@");
  });
  return row.is_group || found == row.scores.end() ? nullptr : &*found;
}

Domain domain_of(const ReportRow& row, const Score& score) {
  const std::string name = shown_name(row);
  const std::size_t slash = name.find('/');
  if (slash == std::string::npos) return {"", name, score.value};
  return {name.substr(0, slash), name.substr(slash + 1), score.value};
}

std::string line_of(const std::string& group, const std::string& language,
                    const std::vector<Domain>& domains) {
  std::string out = group + (language.empty() ? "" : " " + language) + ": " +
                    std::to_string(domains.size()) + " domains";
  std::vector<Domain> known;
  std::copy_if(domains.begin(), domains.end(), std::back_inserter(known),
               [](const Domain& domain) { return domain.bits.has_value(); });
  if (known.size() < domains.size())
    out += ", " + std::to_string(domains.size() - known.size()) + " of them N/A";
  if (known.empty()) return out;
  double sum = 0;
  for (const Domain& domain : known) sum += *domain.bits;
  if (known.size() == domains.size())
    out += ", mean " + fixed(sum / static_cast<double>(known.size()), kDigits);
  const auto [low, high] =
      std::minmax_element(known.begin(), known.end(),
                          [](const Domain& a, const Domain& b) { return *a.bits < *b.bits; });
  return out + ", lowest " + low->name + " " + fixed(*low->bits, kDigits) + ", highest " +
         high->name + " " + fixed(*high->bits, kDigits);
}

}  // namespace

std::vector<std::string> folded_domains(const Report& report, const ShownRows& shown) {
  std::set<const ReportRow*> listed;
  for (const ShownRow& row : shown.rows) listed.insert(row.row);
  std::vector<std::string> out;
  for (std::size_t i = 0; i < report.rows.size(); ++i) {
    if (!report.rows[i].is_group) continue;
    std::vector<std::pair<std::string, std::vector<Domain>>> languages;  // in the order of the rows
    for (std::size_t j = i + 1; j < report.rows.size(); ++j) {
      const ReportRow& row = report.rows[j];
      if (row.depth <= report.rows[i].depth) break;
      const Score* score = bits_per_byte_of(row);
      if (!score || row.depth != report.rows[i].depth + 1 || listed.contains(&row)) continue;
      const Domain domain = domain_of(row, *score);
      auto known = std::find_if(languages.begin(), languages.end(), [&](const auto& language) {
        return language.first == domain.language;
      });
      if (known == languages.end()) known = languages.insert(known, {domain.language, {}});
      known->second.push_back(domain);
    }
    for (const auto& [language, domains] : languages)
      if (domains.size() > 1) out.push_back(line_of(shown_name(report.rows[i]), language, domains));
  }
  return out;
}

}  // namespace flm
