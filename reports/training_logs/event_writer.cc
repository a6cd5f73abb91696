#include "reports/training_logs/event_writer.h"

#include <array>
#include <cstdio>

#include "reports/training_logs/event_records.h"
#include "reports/training_logs/wire_format.h"

namespace flm {
namespace {

/// Event: wall_time 1, step 2 (absent where it is 0), file_version 3, summary 5.
std::string event_at(double wall_time, std::int64_t step) {
  std::string out;
  append_double(out, 1, wall_time);
  if (step != 0) append_integer(out, 2, static_cast<std::uint64_t>(step));
  return out;
}

/// Summary.Value: tag 1, simple_value 2; the only value of its summary.
std::string summary_of(const ScalarEvent& event) {
  std::string value, summary;
  append_bytes(value, 1, event.tag);
  append_float(value, 2, static_cast<float>(event.value));
  append_bytes(summary, 1, value);
  return summary;
}

}  // namespace

std::string event_file(const std::vector<ScalarEvent>& events) {
  std::string first = event_at(events.empty() ? 0 : events.front().wall_time, 0);
  append_bytes(first, 3, "brain.Event:2");
  std::string out = event_record(first);
  for (const ScalarEvent& event : events) {
    std::string message = event_at(event.wall_time, event.step);
    append_bytes(message, 5, summary_of(event));
    out += event_record(message);
  }
  return out;
}

std::string event_file_name(double wall_time, const std::string& origin) {
  std::array<char, 32> seconds;
  std::snprintf(seconds.data(), seconds.size(), "%010lld", static_cast<long long>(wall_time));
  return "events.out.tfevents." + std::string(seconds.data()) + "." + origin;
}

}  // namespace flm
