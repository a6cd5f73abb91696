#include "harness/model/engine_speed.h"

#include <algorithm>
#include <cstdio>

namespace flm {

void note_operation_times(const Engine& engine, const ModelFlags& flags, Progress& progress) {
  if (!flags.time_operations) return;
  for (const std::string& line : table_of(engine.operation_times())) progress.note(line);
  progress.note(read_line(engine.info(), engine.counters()));
}

std::string read_line(const EngineInfo& info, const EngineCounters& counters) {
  std::string times;
  for (const std::int64_t bytes : counters.weight_bytes_read) {
    char text[40];
    std::snprintf(
        text, sizeof text, "%s%.2f", times.empty() ? "" : ", ",
        static_cast<double>(bytes) / std::max(1.0, static_cast<double>(info.weight_bytes)));
    times += text;
  }
  return "weights read from the files " + times + " times";
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
