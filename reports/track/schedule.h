// What a log says of the learning rate: where warm-up ends, and where the schedule changes.
#pragma once

#include <cstdint>
#include <optional>

#include "reports/training_log.h"

namespace flm {

struct Schedule {
  std::int64_t warmed_up = 0;  // the first step at the highest learning rate
  std::optional<std::int64_t>
      change;  // the first after it: a plateau ends, or the rate rises again
};

/// Null where no learning rate is logged. A plateau is a tenth of the logged steps, three
/// at least, within 1 % of the highest rate: a cosine has none.
std::optional<Schedule> schedule_of(const TrainingLog& log);

}  // namespace flm
