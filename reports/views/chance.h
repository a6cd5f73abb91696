// What guessing would give, where the task file says among how many choices.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "reports/report.h"

namespace flm {

/// By row: the share of right answers by chance, of tasks whose choices are listed in the task file
/// (doc_to_choice, as a list or as a template that is one), and of groups whose tasks all have the
/// same.
std::map<std::string, double> listed_chances(const Report& report);

/// "chance is 0.25 for mmlu and ceval; no better than chance here: mmlu", of the rows that are
/// named; "" where it is known of none. A row is no better where its interval holds chance or lies
/// below.
std::string chance_line(const Report& report, const std::vector<const ReportRow*>& rows);

}  // namespace flm
