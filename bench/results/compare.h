// Two sets of results of the same rows: what became faster, slower, or cannot be told.
#pragma once

#include <string>
#include <vector>

#include "bench/results/result_file.h"

namespace flm::bench {

enum class Change { kSame, kFast, kSlow, kAmbiguous, kInvalid };
std::string name_of(Change change);  // SAME, FAST, SLOW, AMBIGUOUS, INVALID

struct CompareSettings {
  double alpha = 0.01;            // of the corrected p
  double least_threshold = 0.02;  // relative change that matters
  /// Each side is a session of its own, as a stored file is, and not in turn with the other: what
  /// changed on the machine between the two parts all repetitions of one side from all of the
  /// other.
  bool sessions = false;
  bool busy = false;  // a side's session had company: no change is proved
};

struct RowChange {
  std::string name;
  Change change = Change::kAmbiguous;
  double old_median = 0, new_median = 0;  // seconds: median over repetitions of their estimate
  bool of_least = false;                  // estimate: the fastest sample, not the median sample
  double ratio = 1;                       // new / old
  double ratio_low = 0, ratio_high = 0;   // 95% interval of the shift; 0, 0: too few repetitions
  double p = 1, corrected_p = 1;
  double threshold = 0;  // max(least, 2 x A/A spread); of sessions also drift, at least 5%
  std::string reason;    // of AMBIGUOUS and INVALID
};

struct ResultComparison {
  std::vector<RowChange> rows;
  double geometric_mean = 1;  // of new / old over the rows that both sides have valid
  std::size_t matched = 0;
  std::vector<std::string> only_old, only_new;
  std::vector<std::string> warnings;  // what a reader must know ahead of the figures, a line each
  bool regression() const;            // a SLOW row, or one that is INVALID on the new side only
  std::size_t count(Change change) const;
};

/// A repetition is one value: its median sample or, where that is too noisy for the least threshold
/// on either side and the fastest sample is steadier, the fastest sample. The choice looks at the
/// spread within the sides only, never at the difference between them. UserError when no row is in
/// both.
ResultComparison compare_results(const ResultFile& before, const ResultFile& after,
                                 const CompareSettings& settings);

/// Facts that differ: "cpu: OLD | NEW". `decisive`: those that make times incomparable (machine and
/// sampler), not the build that is being compared.
std::vector<std::string> context_differences(const ResultFile& before, const ResultFile& after,
                                             bool decisive);

/// The same of the facts of a machine that `stored` has, for what is measured `here`.
std::vector<std::string> machine_differences(const Facts& stored, const Facts& here);

/// In at most `columns`; 0: any number.
std::string comparison_text(const ResultComparison& comparison, std::size_t columns = 0);
std::string comparison_markdown(const ResultComparison& comparison, const ResultFile& before,
                                const ResultFile& after);
std::string comparison_json(const ResultComparison& comparison);

}  // namespace flm::bench
