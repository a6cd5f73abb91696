// The parts of a report's page that show scores.
#pragma once

#include <string>
#include <vector>

#include "reports/html/samples/report_samples.h"
#include "reports/report.h"

namespace flm {

/// The first score that the task file asks for; null where there is none.
const Score* main_score(const ReportRow& row);

/// What the run is about: its outermost rows, or those below the one group that holds all.
std::vector<const ReportRow*> headline_rows(const Report& report);

/// Outermost rows in one table, what lies below a group folded.
std::string score_tables(const Report& report, bool linked);

/// Bits per byte of each domain with its interval, then the groups' means; "" without such tasks.
std::string domain_chart(const Report& report, bool linked);

/// A tile for each task of a large group, as dark as its score; "" without such groups.
std::string subject_tiles(const Report& report, bool linked);

}  // namespace flm
