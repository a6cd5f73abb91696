// Columns of the rows that a JSON file holds under a key (dataset_kwargs' `field`): the `datasets`
// library reads these through pandas, and types them otherwise than the rows of JSON lines.
#pragma once

#include <string>
#include <vector>

#include "base/documents/json.h"

namespace flm {

/// Fractions that are all whole become whole numbers; texts stay texts, but in a column that pandas
/// takes for dates by its name ("date", "updated_at", "start_time", "timestamp2") ISO 8601 times
/// become times as Python prints them. UserError "ORIGIN: ..." for what else it might read as a
/// time there.
void type_field_columns(std::vector<Json>& rows, const std::string& origin);

}  // namespace flm
