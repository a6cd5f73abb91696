#include "bench/machine/data_sheet.h"

#include <algorithm>

#include "base/documents/yaml.h"
#include "base/errors.h"

namespace flm::bench {
namespace {

constexpr const char* kSheets =
#include <flm_data_sheets.inc>  // data_sheets.yaml as a string, made by CMake
    ;

double number(const YamlNode& entry, const char* key) {
  const YamlNode* node = entry.find(key);
  if (!node) return 0;
  return node->kind == YamlNode::Kind::kInt ? static_cast<double>(node->integer) : node->real;
}

double flops_per_second(const YamlNode& entry, bool bf16, int threads) {
  const double device = number(entry, bf16 ? "bf16_teraflops" : "fp32_teraflops") * 1e12;
  if (device > 0) return device;
  return number(entry, "core_ghz") * 1e9 * threads *
         number(entry, bf16 ? "bf16_per_cycle" : "fp32_per_cycle");
}

}  // namespace

double data_sheet_seconds(const Row& row, const std::string& processor) {
  static const YamlNode sheets = parse_yaml(kSheets, "data_sheets.yaml");
  for (const YamlNode& entry : sheets.items) {
    const YamlNode* match = entry.find("match");
    FLM_CHECK(match, "an entry of data_sheets.yaml has no match");
    if (processor.find(match->text) == std::string::npos) continue;
    const double flops = flops_per_second(entry, row.dtype == "bf16", row.threads);
    const double bytes = number(entry, "gigabytes_per_second") * 1e9;
    if (flops == 0 || bytes == 0) return 0;
    return std::max(row.cost.flops / flops, row.cost.bytes() / bytes);
  }
  return 0;
}

}  // namespace flm::bench
