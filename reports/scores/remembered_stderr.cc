#include "reports/scores/remembered_stderr.h"

#include <nlohmann/json.hpp>

#include "base/documents/json.h"
#include "base/sha256.h"
#include "reports/store/stored_json.h"

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
                                        const ItemValues& items, Bootstrap bootstrap) {
  if (!is_bootstrapped(aggregation) || bootstrap.iterations == 0)
    return aggregate_stderr(aggregation, items, bootstrap);
  const std::string key = stderr_key(aggregation, items, bootstrap.iterations);
  if (const auto text = store.response(key)) {
    std::optional<double> number;
    read_stored(*text, "the remembered standard error", store.path(), [&](const Json& stored) {
      if (!stored.is_null()) number = stored.get<double>();
    });
    return number;
  }
  const std::optional<double> out = aggregate_stderr(aggregation, items, bootstrap);
  store.remember(key, out ? python_float_repr(*out) : "null");
  return out;
}

}  // namespace flm
