#include "engine/backend/operation_times.h"

#include <algorithm>
#include <cstdio>

namespace flm {
namespace {

/// `amount` in units of `unit` a second; "-" where nothing is counted.
std::string rate(double amount, double seconds, double unit) {
  if (amount <= 0 || seconds <= 0) return "-";
  char text[32];
  std::snprintf(text, sizeof text, "%.2f", amount / unit / seconds);
  return text;
}

std::string row_of(const OperationTime& one, int width, double sum) {
  char share[16] = "-", line[64];
  if (!one.beside && sum > 0) std::snprintf(share, sizeof share, "%.1f%%", 100 * one.seconds / sum);
  std::snprintf(line, sizeof line, "%8lld  %10.3f", static_cast<long long>(one.calls),
                1e3 * one.seconds);
  std::string text = one.name;
  text.resize(static_cast<std::size_t>(width), ' ');
  text += line;
  for (const std::string& cell :
       {rate(one.bytes, one.seconds, 1e9), rate(one.flops, one.seconds, 1e12), std::string(share)})
    text += "  " + std::string(cell.size() < 8 ? 8 - cell.size() : 0, ' ') + cell;
  return text;
}

}  // namespace

double OperationTimes::seconds() const {
  double sum = 0;
  for (const OperationTime& one : operations) sum += one.beside ? 0 : one.seconds;
  return sum;
}

std::vector<std::string> table_of(const OperationTimes& times) {
  std::vector<std::string> lines;
  for (std::size_t i = 0; i < times.batches.size(); ++i) {
    char line[96];
    std::snprintf(line, sizeof line, "batch %zu: %lld rows in %.3f s", i + 1,
                  static_cast<long long>(times.batches[i].rows), times.batches[i].seconds);
    lines.push_back(line);
  }
  const std::string head = "operation";
  std::size_t width = head.size();
  for (const OperationTime& one : times.operations) width = std::max(width, one.name.size());
  lines.push_back(head + std::string(width - head.size(), ' ') +
                  "   calls          ms      GB/s   TFLOP/s     share");
  const double sum = times.seconds();
  for (const OperationTime& one : times.operations)
    lines.push_back(row_of(one, static_cast<int>(width), sum));
  if (times.plain_steps > 0)
    lines.push_back("steps run kernel by kernel that are replayed as graphs when untimed: " +
                    std::to_string(times.plain_steps));
  return lines;
}

}  // namespace flm
