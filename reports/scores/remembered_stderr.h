// Standard errors that the store remembers: a bootstrap is done once for the same values.
#pragma once

#include <optional>
#include <string>

#include "reports/statistics/aggregates/aggregate.h"
#include "reports/store/store.h"

namespace flm {

/// aggregate_stderr(); of no iterations a bootstrapped error is not known.
std::optional<double> remembered_stderr(Store& store, const std::string& aggregation,
                                        const ItemValues& items, Bootstrap bootstrap);

}  // namespace flm
