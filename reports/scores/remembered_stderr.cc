#include "reports/scores/remembered_stderr.h"

#include <nlohmann/json.hpp>

#include "base/documents/json.h"
#include "base/sha256.h"

namespace flm {
namespace {

std::string stderr_key(const std::string& aggregation, const ItemValues& items, int iterations) {
  Sha256 hash;
  hash.update(aggregation + "\n" + std::to_string(iterations) + "\n");
  for (const std::vector<double>& item : items)
    hash.update(std::to_string(item.size()) + ":")
        .update(item.data(), item.size() * sizeof(double));
  return "stderr:" + hash.hex();
}

}  // namespace

std::optional<double> remembered_stderr(Store& store, const std::string& aggregation,
                                        const ItemValues& items, int iterations) {
  if (!is_bootstrapped(aggregation) || iterations == 0)
    return aggregate_stderr(aggregation, items, iterations);
  const std::string key = stderr_key(aggregation, items, iterations);
  if (const auto text = store.response(key)) {
    const Json number = parse_json(*text, "standard error in the store");
    return number.is_null() ? std::nullopt : std::optional(number.get<double>());
  }
  const std::optional<double> out = aggregate_stderr(aggregation, items, iterations);
  store.remember(key, out ? python_float_repr(*out) : "null");
  return out;
}

}  // namespace flm
