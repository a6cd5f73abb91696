// Which metric the rows of a table are of, where its column found no place.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace flm {

/// "metric of bpb: bpb ↓", then "metric of the others: acc ↑": a line for each metric, that of the
/// most rows last and without their names. `rows`: name and metric, in the table's order.
std::vector<std::string> metric_lines(const std::vector<std::pair<std::string, std::string>>& rows);

}  // namespace flm
