// One event of TensorBoard (event.proto), as far as scalars need it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace flm {

struct ScalarValue {
  std::string_view tag;  // into the message
  double value = 0;
};

struct EventMessage {
  double wall_time = 0;  // seconds since the epoch
  std::int64_t step = 0;
  std::vector<ScalarValue> scalars;
  bool session_start = false;  // a restart mark: `step` is the first that is done again
};

/// A scalar is a simple_value, or a tensor of one number (float, double, half, bfloat16, int32 or
/// int64); images, texts and histograms are passed over. Nothing for bytes that are no event.
std::optional<EventMessage> parse_event(std::string_view message);

}  // namespace flm
