#include "reports/training_logs/line_format.h"

#include <algorithm>

#include "base/errors.h"
#include "reports/training_logs/text_fields.h"

namespace flm {
namespace {

constexpr std::size_t kMostRanks = 4096;  // of a hostile file

std::uint32_t index_of_rank(LogFile& file, const std::string& rank) {
  const auto found = std::find(file.ranks.begin(), file.ranks.end(), rank);
  if (found == file.ranks.end()) {
    if (file.ranks.size() >= kMostRanks)
      throw UserError("lines of more than 4096 ranks; name the log of one rank: " + file.path);
    file.ranks.push_back(rank);
    return static_cast<std::uint32_t>(file.ranks.size() - 1);
  }
  return static_cast<std::uint32_t>(found - file.ranks.begin());
}

using Formats = std::vector<std::unique_ptr<LineFormat>>;

/// The format that has the file is left alone in `formats`.
bool take_line(Formats& formats, std::string_view line, const LogLines& at, LogFile& file) {
  for (std::unique_ptr<LineFormat>& format : formats) {
    if (!format->take(line, at, file)) continue;
    if (formats.size() > 1) {
      std::unique_ptr<LineFormat> owner = std::move(format);
      formats.clear();
      formats.push_back(std::move(owner));
      file.format = formats[0]->name();
    }
    return true;
  }
  return false;
}

}  // namespace

LogEntry LineFormat::entry_after(std::string_view before, LogFile& file) {
  LogEntry entry;
  entry.point.seconds = printed_time(before);
  entry.rank = index_of_rank(file, printed_rank(before));
  return entry;
}

void refuse_printed_by_trainer(const std::string& path) {
  throw UserError(
      "what a Hugging Face Trainer prints ({'loss': ...}) does not say its steps; name "
      "the trainer_state.json of its last checkpoint: " +
      path);
}

LogFile read_text_log(LogLines& lines, LogNames& names) {
  LogFile file;
  file.path = lines.path();
  Formats formats;
  formats.push_back(csv_format(names));
  formats.push_back(megatron_format(names));
  formats.push_back(nanotron_format(names));
  formats.push_back(torchtitan_format(names));
  formats.push_back(olmo_core_format(names));
  std::string plain;
  bool of_trainer = false;
  while (std::optional<std::string_view> line = lines.next()) {
    if (line->find('\x1b') != std::string_view::npos) line = plain = without_colours(*line);
    if (!lines.ended() && !formats[0]->takes_unended() && !line->empty()) {
      file.notes.push_back("the last line of " + file.path +
                           " has no end, so that it may be cut; it is left out");
      break;
    }
    if (take_line(formats, *line, lines, file)) continue;
    of_trainer = of_trainer || is_printed_by_trainer(*line);
    if (const std::optional<std::int64_t> step = resumed_step(*line)) {
      file.entries.emplace_back();
      file.entries.back().resumed = step;
    }
  }
  if (file.format.empty() && of_trainer) refuse_printed_by_trainer(file.path);
  if (file.format.empty())
    throw UserError(
        "no log of a trainer: " + file.path +
        "; known are stdout of Megatron-LM, torchtitan, nanotron and OLMo-core, TensorBoard event "
        "files, JSONL or CSV with a step and a loss on each line (also W&B exports), and "
        "trainer_state.json");
  formats[0]->finish(file);
  return file;
}

}  // namespace flm
