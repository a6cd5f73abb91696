// From planned items with their answers to the records that are stored.
#pragma once

#include <vector>

#include "harness/plan/plan.h"
#include "reports/store/record.h"

namespace flm {

TaskRecord make_task_record(const PlannedTask& task);

/// One record a filter: the values of a scored item, or the status of a flagged or failed one. What
/// goes wrong with one document's filters or metrics is its record's error.
std::vector<SampleRecord> make_sample_records(const PlannedTask& task, const PlannedItem& item);

std::vector<GroupRecord> make_group_records(const RunPlan& plan);

}  // namespace flm
