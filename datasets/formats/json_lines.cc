#include "datasets/formats/json_lines.h"

#include <algorithm>
#include <atomic>
#include <nlohmann/json.hpp>

#include "base/documents/foreign_json.h"
#include "base/errors.h"
#include "base/parallel_loop.h"

namespace flm {
namespace {

constexpr std::size_t kBatch = 10 << 20;
constexpr std::size_t kLinesOfAThread = 2048;

/// Those that are not empty; `all` is false where there are others.
std::vector<std::string_view> lines_of(std::string_view bytes, bool& all) {
  std::vector<std::string_view> out;
  all = true;
  while (!bytes.empty()) {
    const std::string_view line = bytes.substr(0, bytes.find('\n'));
    bytes.remove_prefix(std::min(line.size() + 1, bytes.size()));
    if (line.find_first_not_of(" \t\r") == std::string_view::npos)
      all = false;
    else
      out.push_back(line);
  }
  return out;
}

/// Whether every line is one object; `rows` has them then.
bool are_lines(const std::vector<std::string_view>& lines, const std::string& origin,
               std::vector<Json>& rows) {
  rows.resize(lines.size());
  std::atomic<bool> all = true;
  const std::size_t chunks = (lines.size() + kLinesOfAThread - 1) / kLinesOfAThread;
  parallel_loop(static_cast<std::int64_t>(chunks), [&](std::int64_t chunk) {
    const std::size_t first = static_cast<std::size_t>(chunk) * kLinesOfAThread;
    const std::size_t last = std::min(first + kLinesOfAThread, lines.size());
    try {
      for (std::size_t i = first; i < last && all; ++i) {
        rows[i] = parse_foreign_json(lines[i], origin, JsonReader::kArrow);
        if (!rows[i].is_object()) all = false;
      }
    } catch (const UserError&) {
      all = false;
    }
  });
  return all;
}

}  // namespace

JsonLines json_line_rows(std::string_view bytes, const std::string& origin, int lines_before) {
  JsonLines out;
  if (are_lines(lines_of(bytes, out.one_a_line), origin, out.rows)) return out;
  out.rows.clear();
  out.one_a_line = false;
  for (JsonAt& row : parse_json_sequence(bytes, origin, JsonReader::kArrow, lines_before)) {
    if (!row.value.is_object())
      throw UserError(origin + ":" + std::to_string(row.line) + ": a row must be a JSON object");
    out.rows.push_back(std::move(row.value));
  }
  return out;
}

std::string_view first_json_batch(std::string_view bytes) {
  if (bytes.size() <= kBatch) return bytes;
  return bytes.substr(0, std::min(bytes.find('\n', kBatch), bytes.size() - 1) + 1);
}

}  // namespace flm
