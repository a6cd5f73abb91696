#include "reports/training_logs/json_log.h"

#include <nlohmann/json.hpp>

#include "base/documents/foreign_json.h"
#include "base/errors.h"
#include "reports/training_logs/text_fields.h"

namespace flm {
namespace {

constexpr int kDeepest = 4;  // of figures in groups of figures

std::optional<Json> object_in(std::string_view text, const std::string& where) {
  try {
    Json value = parse_foreign_json(text, where);
    if (value.is_object()) return value;
  } catch (const UserError&) {
  }
  return std::nullopt;
}

/// The object of a line; of a line that begins with one that was cut, the whole one at its end.
std::optional<Json> object_at_end(std::string_view line, const std::string& where) {
  constexpr int kTries = 8;
  std::size_t at = line.rfind("{\"");
  for (int i = 0; i < kTries && at != std::string_view::npos && at > 0; ++i) {
    if (std::optional<Json> value = object_in(line.substr(at), where)) return value;
    at = line.rfind("{\"", at - 1);
  }
  return std::nullopt;
}

/// `nulls`: names without a value.
void put_members(const Json& object, const std::string& prefix, int depth, LogEntry& entry,
                 LogNames& names, std::vector<std::string>& nulls) {
  for (const auto& [key, value] : object.items()) {
    const std::string name = prefix + key;
    if (value.is_number()) {
      names.put(entry, name, value.get<double>());
    } else if (value.is_object() && depth < kDeepest) {
      put_members(value, name + "/", depth + 1, entry, names, nulls);
    } else if (value.is_null()) {
      nulls.push_back(name);
    } else if (value.is_string()) {
      const std::string& text = value.get_ref<const std::string&>();
      if (text.size() > 64) continue;
      std::optional<double> number = printed_number(text);  // "NaN"
      if (!number) number = printed_time(text);
      if (number) names.put(entry, name, *number);
    }
  }
}

void add_row(const Json& row, LogFile& file, LogNames& names) {
  LogEntry entry;
  std::vector<std::string> nulls;
  put_members(row, "", 0, entry, names, nulls);
  if (row.contains("_step")) file.format = "wandb";
  file.entries.push_back(entry);
  const bool of_validation = entry.point.validation_loss.has_value();
  if (of_validation || entry.step_name == kNoName) return;
  for (const std::string& name : nulls)
    if (names.is_loss(name)) file.null_losses.push_back({entry.point.step, name});
}

void add_trainer_state(const Json& state, LogFile& file, LogNames& names) {
  for (const Json& row : state["log_history"])
    if (row.is_object()) add_row(row, file, names);
  file.format = "trainer_state";
  const auto number = [&](const char* key) {
    return state.contains(key) && state[key].is_number() ? state[key].get<double>() : 0;
  };
  if (const double every = number("logging_steps"); every >= 1 && every < 9e15)
    file.logging_steps = static_cast<std::int64_t>(every);
  // Known at the end of the history alone, unless the entries have it.
  if (const double seen = number("num_input_tokens_seen"); seen > 0) {
    LogEntry entry;
    names.put(entry, "step", number("global_step"));
    names.put(entry, "num_input_tokens_seen", seen);
    file.entries.push_back(entry);
  }
}

}  // namespace

bool is_json_line(std::string_view line) {
  const std::optional<Json> value = object_in(line, "log");
  return value && !value->contains("log_history");
}

LogFile read_json_lines(LogLines& lines, LogNames& names) {
  LogFile file;
  file.path = lines.path();
  file.format = "jsonl";
  std::size_t good = 0, cut = 0;
  std::int64_t first_cut = 0;
  while (const std::optional<std::string_view> line = lines.next()) {
    if (without_spaces_around(*line).empty()) continue;
    std::optional<Json> row = object_in(*line, "log");
    if (!row) {
      first_cut = cut++ == 0 ? lines.number() : first_cut;
      row = object_at_end(*line, "log");
    }
    if (!row) continue;
    ++good;
    add_row(*row, file, names);
  }
  if (cut > 2 && cut * 100 > good)
    throw UserError(file.path + ":" + std::to_string(first_cut) + ": this line and " +
                    std::to_string(cut - 1) + " others are no JSON objects; mend or remove them");
  if (cut > 0)
    file.notes.push_back((cut == 1 ? "a line" : std::to_string(cut) + " lines") + " of " +
                         file.path + " was cut and is left out, the first: line " +
                         std::to_string(first_cut));
  return file;
}

LogFile read_json_document(std::string_view text, const std::string& path, LogNames& names) {
  LogFile file;
  file.path = path;
  const Json value = parse_foreign_json(text, path);
  if (value.is_object() && value.contains("log_history") && value["log_history"].is_array()) {
    add_trainer_state(value, file, names);
    return file;
  }
  if (!value.is_array())
    throw UserError("a JSON document without \"log_history\"; a log has one object a line: " +
                    path);
  file.format = "jsonl";
  for (const Json& row : value)
    if (row.is_object()) add_row(row, file, names);
  return file;
}

}  // namespace flm
