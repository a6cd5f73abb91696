// Folders as lm-evaluation-harness writes them, made for a test: multiple choice over small
// documents, with what the test wants to be different.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "base/documents/json.h"
#include "reports/comparison.h"

namespace flm {

/// One run of the task `made`: 4 choices, the right one is document % 4.
struct MadeRun {
  std::string model = "made/model";
  std::string date = "2026-11-01T10-00-00.000001";
  int documents = 20;
  std::function<bool(int)> right = [](int) { return true; };  // of a document
  Json config = {
      {"task", "made"},
      {"output_type", "multiple_choice"},
      {"doc_to_text", "{{question}}"},
      {"metric_list", {{{"metric", "acc"}, {"aggregation", "mean"}, {"higher_is_better", true}}}},
      {"metadata", {{"version", 1.0}}}};
  Json results = Json::object();                        // merged over the results file
  std::function<void(Json& line)> edit = [](Json&) {};  // each logged line
  std::function<void(std::vector<std::string>& lines)> edit_lines = [](std::vector<std::string>&) {
  };
  bool gzip = false;
};

/// Every second document right.
MadeRun half_right();

/// Writes MODEL/results_DATE.json and MODEL/samples_made_DATE.jsonl[.gz] below `folder`.
void write_results(const std::filesystem::path& folder, const MadeRun& run);

/// The comparison of two such runs, in folders of their own.
Comparison compare_made(const MadeRun& a, const MadeRun& b);

/// The task's row.
const ComparisonRow& row_of(const Comparison& comparison);

/// The task is not comparable, and this difference is named.
void expect_refused(const MadeRun& a, const MadeRun& b, const std::string& name);

/// A UserError that says all of these.
void expect_error(const std::function<void()>& what, const std::vector<std::string>& parts);

/// A folder that is there until the program ends.
std::filesystem::path fresh_folder();

}  // namespace flm
