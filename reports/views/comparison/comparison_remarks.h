// What is said around the figures of a comparison, as lines of plain text that every view shows.
#pragma once

#include <string>
#include <vector>

#include "reports/comparison.h"
#include "reports/views/comparison/comparison_table.h"

namespace flm {

struct ComparisonRemarks {
  std::string scope;                      // "comparable: 4 of 5 tasks, 16,118 items; 4 tests, Holm"
  std::vector<std::string> verdicts;      // one sentence a contrast
  std::vector<std::string> partly;        // "gsm8k: 1,170 items in common; 149 only in A"
  std::vector<std::string> not_compared;  // "gsm8k: num_fewshot: A 5, B 8"
  std::vector<std::string> not_tested;    // "gsm8k: the reason"
  std::string detectable;                 // "cmmlu 2.6 points, …": would have been seen
  std::vector<std::string> many;          // Cochran's Q
  std::string tests;                      // how p and the intervals were made
  std::string folded;                     // what the table leaves out; "" = nothing
  std::vector<std::string> notes;
};

inline constexpr const char *kLegend = "▲ better  ▼ worse  = no difference seen",
                            *kDetects = "would have been seen in 8 of 10 such runs";

ComparisonRemarks make_remarks(const Comparison& comparison, const ComparedTable& table);

}  // namespace flm
