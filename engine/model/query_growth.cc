#include "engine/model/query_growth.h"

#include "engine/backend/model_cost.h"
#include "engine/numerics/logarithm.h"

namespace flm {

void QueryGrowth::reach(std::int64_t position, const Backend& backend) {
  if (!any() || position < static_cast<std::int64_t>(factors_.values.size())) return;
  std::vector<float> factors;
  for (std::int64_t at = 0; at < table_positions(position); ++at)
    factors.push_back(static_cast<float>(
        1 +
        block_.query_growth * log_double(1.0 + static_cast<double>(at / block_.growth_positions))));
  factors_ = backend.place_factors(std::move(factors));
}

void QueryGrowth::append_operands(std::vector<std::int64_t>& operands) const {
  operands.push_back(reinterpret_cast<std::intptr_t>(factors_.placed.get()));
}

}  // namespace flm
