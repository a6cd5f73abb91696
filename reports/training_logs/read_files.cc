#include "reports/training_logs/read_files.h"

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <fstream>

#include "base/errors.h"
#include "base/system/files_below.h"
#include "base/system/places.h"
#include "base/system/read_from.h"
#include "base/system/system_error.h"
#include "reports/training_logs/event_records.h"
#include "reports/training_logs/json_log.h"
#include "reports/training_logs/line_format.h"
#include "reports/training_logs/tensorboard_log.h"
#include "reports/training_logs/text_fields.h"

namespace flm {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void refuse_store(const std::string& what, const std::string& path) {
  throw UserError(what +
                  " cannot be read; export its history as CSV or JSONL and name that: " + path);
}

struct Found {
  std::vector<std::string> events, states;
  std::string wandb, mlflow;
};

Found look_below(const std::string& folder) {
  Found found;
  for (const std::string& file : files_below(folder)) {
    const std::string name = fs::path(file).filename();
    if (name.find(".tfevents.") != std::string::npos) found.events.push_back(file);
    if (name == "trainer_state.json") found.states.push_back(file);
    if (name.ends_with(".wandb")) found.wandb = file;
    if (name == "meta.yaml") found.mlflow = file;
  }
  return found;
}

std::vector<std::string> files_of_folder(const std::string& folder) {
  const Found found = look_below(folder);
  if (!found.events.empty()) return found.events;
  if (!found.states.empty()) return found.states;
  if (!found.wandb.empty()) refuse_store("a W&B store", found.wandb);
  if (!found.mlflow.empty()) refuse_store("an MLflow store", folder);
  throw UserError(
      "neither TensorBoard event files nor trainer_state.json in the folder; name the files of the "
      "log: " +
      folder);
}

std::string begin_of(std::istream& bytes, const std::string& path) {
  std::string out(4096, '\0');
  out.resize(read_from(bytes, out.data(), out.size(), path));
  bytes.clear();
  bytes.seekg(0);
  return out;
}

/// Its first line that is not empty; "" where there is none. (Of a gzipped log too.)
std::string first_line(std::istream& bytes, const std::string& path) {
  std::string out;
  {
    LogLines lines(bytes, path);
    while (const auto line = lines.next()) {
      if (without_spaces_around(*line).empty()) continue;
      out = *line;
      break;
    }
  }
  bytes.clear();
  bytes.seekg(0);
  return out;
}

std::string whole_text(LogLines& lines) {
  std::string out;
  while (const auto line = lines.next()) {
    out += *line;
    out += '\n';
  }
  return out;
}

}  // namespace

std::vector<std::string> log_files_of(const std::vector<std::string>& paths) {
  std::vector<std::string> out;
  for (const std::string& path : paths) {
    const std::vector<std::string> more =
        is_folder(path) ? files_of_folder(path) : std::vector<std::string>{path};
    for (const std::string& file : more)
      if (std::find(out.begin(), out.end(), file) == out.end()) out.push_back(file);
  }
  return out;
}

LogFile read_log_stream(std::istream& bytes, const std::string& path, LogNames& names) {
  const std::string begin = begin_of(bytes, path);
  if (begins_record(begin)) return read_event_file(bytes, path, names);
  if (begin.starts_with(":W&B")) refuse_store("a W&B store", path);
  const std::string line = first_line(bytes, path);
  LogLines lines(bytes, path);
  const std::string_view text = without_spaces_around(line);
  if (text.starts_with('{') && is_printed_by_trainer(text)) refuse_printed_by_trainer(path);
  if (text.starts_with('{') && is_json_line(text)) return read_json_lines(lines, names);
  const bool array = text == "[" || text.starts_with("[{") || text.starts_with("[ {");
  if (text.starts_with('{') || array) return read_json_document(whole_text(lines), path, names);
  return read_text_log(lines, names);
}

std::vector<LogFile> read_log_files(const std::vector<std::string>& paths, LogNames& names) {
  std::vector<LogFile> files;
  for (const std::string& path : paths) {
    std::ifstream bytes(path, std::ios::binary);
    if (!bytes) throw system_error("read the log", path, errno);
    files.push_back(read_log_stream(bytes, path, names));
    if (files.back().format != files.front().format)
      throw UserError("logs of two formats, " + files.front().format + " (" + files.front().path +
                      ") and " + files.back().format + "; name those of one: " + path);
  }
  return files;
}

}  // namespace flm
