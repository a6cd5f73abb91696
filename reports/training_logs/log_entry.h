// What one line of a log says, before attempts are cut and before it is known which of several
// losses counts.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "reports/training_log.h"

namespace flm {

/// How well a name stands for what it was taken for: 0 is best.
using NameRank = std::uint32_t;
constexpr NameRank kNoName = std::numeric_limits<NameRank>::max();

struct LogEntry {
  TrainingPoint point;
  NameRank step_name = kNoName, loss_name = kNoName, validation_name = kNoName, rate_name = kNoName,
           norm_name = kNoName, tokens_name = kNoName, samples_name = kNoName,
           seconds_name = kNoName;
  std::uint32_t rank = 0;  // LogFile::ranks: who printed it
  /// No line of figures: the trainer goes on from this step.
  std::optional<std::int64_t> resumed;
};

/// A loss that is null at a step: what pandas and JavaScript write in place of NaN, and of a column
/// that a row does not have.
struct NullLoss {
  std::int64_t step = 0;
  std::string name;
};

/// One file, read; its entries as they stand there.
struct LogFile {
  std::string path, format;
  std::vector<LogEntry> entries;
  std::vector<std::string> ranks;  // "rank=0", ...; the first is "" for lines that do not say
  std::vector<NullLoss> null_losses;
  std::vector<std::string> notes;
  std::optional<std::int64_t> logging_steps;  // as the file itself says
};

}  // namespace flm
