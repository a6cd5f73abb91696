// What `flmeval show` prints of one item: a JSON line for each request, or a page for a reader.
#pragma once

#include <string>
#include <vector>

#include "base/documents/json.h"
#include "engine/tokenizer.h"
#include "harness/plan/plan.h"
#include "reports/store/record.h"

namespace flm {

/// Engine requests of an item: [request] -> indices into the plan's scores and generations.
struct ItemRequests {
  std::vector<std::vector<std::size_t>> scores, generations;
};

/// The lines of an item, in the order of its requests. With a tokenizer the plan is tokenized and
/// every line has what the engine gets ("engine": tokens, pieces, first_scored).
std::vector<Json> item_lines(const PlannedTask& task, const PlannedItem& item, const RunPlan& plan,
                             const ItemRequests& requests, const Tokenizer* tokenizer);

/// A stored run's records of the item as JSON, one a filter.
Json item_results(const std::vector<SampleRecord>& records);

/// The same for a terminal: item_lines' lines and item_results', null where no run is shown.
std::string item_page(const PlannedTask& task, const PlannedItem& item,
                      const std::vector<Json>& lines, const Json& results);

}  // namespace flm
