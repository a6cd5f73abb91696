#include "reports/views/headline.h"

#include <nlohmann/json.hpp>

#include "base/documents/json.h"
#include "reports/figures/display_width.h"
#include "reports/figures/figures.h"
#include "reports/figures/provenance.h"
#include "reports/store/run_parts.h"

namespace flm {
namespace {

/// "; 2026-11-24 20:30 UTC, 12.3 s, 5,000 tokens computed of 9,000": what the record knows of it.
std::string when_and_what(const RunRecord& run) {
  std::string out;
  if (run.created.size() >= 16)
    out = "; " + run.created.substr(0, 10) + " " + run.created.substr(11, 5) + " UTC";
  const Json cost = cost_part(run);
  if (cost.contains("seconds")) out += ", " + fixed(cost["seconds"].get<double>(), 1) + " s";
  if (cost.contains("rows_really_computed") && cost.contains("tokens_submitted"))
    out += ", " + grouped(cost["rows_really_computed"].get<std::int64_t>()) +
           " tokens computed of " + grouped(cost["tokens_submitted"].get<std::int64_t>());
  if (const auto generated = cost.value("generated_tokens", std::int64_t{0}); generated > 0)
    out += " asked and " + grouped(generated) + " generated";
  if (const std::string unknown = cost_unknown(cost); !unknown.empty()) out += ", " + unknown;
  return out;
}

/// ", data /data": the root that the run was given; "" where it had none, or the record does not
/// say.
std::string data_of(const RunRecord& run) {
  const Json data = options_part(run).value("data", Json::object());
  const std::string root = data.value("root", "");
  return root.empty() ? "" : ", data " + root;
}

}  // namespace

std::vector<std::string> headline(const Report& report) {
  const RunRecord& run = report.run;
  const std::string name = run.name.empty() ? "" : " (" + run.name + ")";
  return {terminal_safe("Run " + run.id + name + ": " + run.status + when_and_what(run)),
          terminal_safe("Model " + run.model + ", weights " + run.weights_hash.substr(0, 12) +
                        ", numerics " + run.numerics + data_of(run))};
}

}  // namespace flm
