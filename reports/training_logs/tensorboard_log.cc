#include "reports/training_logs/tensorboard_log.h"

#include "base/errors.h"
#include "reports/training_logs/event_message.h"
#include "reports/training_logs/event_records.h"

namespace flm {
namespace {

/// Whether both hold a value of the same name.
bool repeats(const LogEntry& entry, const LogEntry& more) {
  const auto both = [&](NameRank LogEntry::*name) {
    return more.*name != kNoName && more.*name == entry.*name;
  };
  return both(&LogEntry::loss_name) || both(&LogEntry::validation_name) ||
         both(&LogEntry::rate_name) || both(&LogEntry::norm_name) || both(&LogEntry::tokens_name) ||
         both(&LogEntry::samples_name);
}

void add_scalar(const EventMessage& event, const ScalarValue& scalar, LogFile& file,
                LogNames& names) {
  if (names.is_step(scalar.tag) || LogNames::over_samples(scalar.tag) != names.over_samples())
    return;
  LogEntry more;
  names.put(more, "step", static_cast<double>(event.step));
  if (!names.put(more, scalar.tag, scalar.value)) return;
  const bool goes_on = !file.entries.empty() && !file.entries.back().resumed &&
                       file.entries.back().point.step == event.step &&
                       !repeats(file.entries.back(), more);
  if (!goes_on) {
    file.entries.push_back(more);
    file.entries.back().point.seconds = event.wall_time;
    return;
  }
  LogEntry& entry = file.entries.back();
  names.put(entry, scalar.tag, scalar.value);
  // The time of the loss is the time of its step: what is evaluated takes longer.
  if (more.point.loss) entry.point.seconds = event.wall_time;
}

}  // namespace

LogFile read_event_file(std::istream& bytes, const std::string& path, LogNames& names) {
  LogFile file;
  file.path = path;
  file.format = "tensorboard";
  EventRecords records(bytes, path);
  while (const std::optional<std::string_view> record = records.next()) {
    const std::optional<EventMessage> event = parse_event(*record);
    if (!event)
      throw UserError("a record that is no event, before byte " + std::to_string(records.offset()) +
                      "; write the log again: " + path);
    if (event->session_start && event->step > 0 && !names.over_samples()) {
      file.entries.emplace_back();
      file.entries.back().resumed = event->step - 1;
    }
    for (const ScalarValue& scalar : event->scalars) add_scalar(*event, scalar, file, names);
  }
  if (records.torn()) file.notes.push_back("the last record of " + path + " is cut and left out");
  return file;
}

}  // namespace flm
