// The samples of a stored run, as a page lists them, and what only the samples can tell of a task.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "reports/html/samples/sample_list.h"
#include "reports/report.h"
#include "reports/store/store.h"

namespace flm {

/// Of a multiple-choice task.
struct ChoiceFacts {
  std::string task;
  std::vector<std::int64_t> right, chosen;  // [position] items whose right, whose likeliest choice
  std::vector<double> margins;              // of the right choice over the best wrong one, in nats
};

struct ReportSamples {
  std::vector<SampleGroup> groups;  // one a task and filter
  std::vector<ChoiceFacts> choices;
};

ReportSamples report_samples(Store& store, const Report& report);

/// A record as a reader wants to see it. Choices that differ in their contexts are shown from where
/// they begin to differ.
ItemText item_text(const TaskRecord& task, const SampleRecord& sample);

}  // namespace flm
