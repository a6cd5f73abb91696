#include "harness/model/engine_speed.h"

#include <algorithm>
#include <cstdio>

namespace flm {

void note_operation_times(const Engine& engine, const ModelFlags& flags, Progress& progress) {
  if (!flags.time_operations) return;
  for (const std::string& line : table_of(engine.operation_times())) progress.note(line);
}

std::string speed_line(const EngineCounters& counters) {
  const double seconds = std::max(counters.seconds, 1e-9);
  char line[200];
  int length =
      std::snprintf(line, sizeof line, "%lld tokens through the model in %.3f s, %.0f a second",
                    static_cast<long long>(counters.rows_computed), counters.seconds,
                    static_cast<double>(counters.rows_computed) / seconds);
  if (counters.generated_tokens > 0)
    std::snprintf(line + length, sizeof line - static_cast<std::size_t>(length),
                  "; %lld tokens generated, %.1f a second",
                  static_cast<long long>(counters.generated_tokens),
                  static_cast<double>(counters.generated_tokens) / seconds);
  return line;
}

}  // namespace flm
