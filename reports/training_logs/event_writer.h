// Writes scalars as a TensorBoard event file.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace flm {

struct ScalarEvent {
  std::string tag;
  std::int64_t step = 0;
  double wall_time = 0;  // seconds since the epoch
  double value = 0;      // stored in single precision, as every reader expects
};

/// The bytes of a file of these events in this order: a function of them alone. The file's own
/// first record has the time of the first event.
std::string event_file(const std::vector<ScalarEvent>& events);

/// A name that TensorBoard takes for an event file: "events.out.tfevents.SECONDS.ORIGIN".
std::string event_file_name(double wall_time, const std::string& origin);

}  // namespace flm
