// What guessing would give, from the numbers of choices that the run's items had.
#pragma once

#include <string>
#include <vector>

#include "reports/report.h"

namespace flm {

/// "4", or "2 to 5" where the items differ; "" where it is not known.
std::string choices_text(const ChoiceCounts& choices);

/// "chance is 0.25 for mmlu and ceval; no better than chance here: mmlu", of the rows that are
/// named; "" where it is known of none. A row is no better where its interval holds chance or lies
/// below.
std::string chance_line(const std::vector<const ReportRow*>& rows);

/// As above, of the rows that are below no group.
std::string chance_line(const Report& report);

}  // namespace flm
