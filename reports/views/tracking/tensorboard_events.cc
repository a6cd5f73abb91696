// --tensorboard: the curves as event files.
#include <algorithm>
#include <charconv>
#include <filesystem>

#include "base/system/files.h"
#include "reports/tracking.h"
#include "reports/training_logs/event_writer.h"

namespace flm {
namespace {

namespace fs = std::filesystem;

constexpr const char* kOrigin = "flmeval";

/// The time of the checkpoint's newest file: the same however often it is scored.
double wall_time(const TrackedPoint& point) {
  std::int64_t nanoseconds = 0;
  const std::string& text = point.record.written;
  std::from_chars(text.data(), text.data() + text.size(), nanoseconds);
  return static_cast<double>(nanoseconds) / 1e9;
}

std::string tag_of(const TrackedCurve& curve) {
  const std::string filter =
      curve.filter.empty() || curve.filter == "none" ? "" : "/" + curve.filter;
  return "eval/" + curve.task + "/" + curve.metric + filter;
}

/// By step, then tag. A point that another took the place of is on no line.
std::vector<ScalarEvent> events_of(const TrackedSeries& series) {
  std::vector<ScalarEvent> out;
  for (const TrackedCurve& curve : series.curves) {
    for (std::size_t i = 0; i < series.points.size(); ++i) {
      const TrackedPoint& point = series.points[i];
      if (!curve.values[i] || point.state == "superseded") continue;
      out.push_back({tag_of(curve), point.record.step, wall_time(point), curve.values[i]->value});
    }
  }
  std::stable_sort(out.begin(), out.end(), [](const ScalarEvent& a, const ScalarEvent& b) {
    return std::tie(a.step, a.tag) < std::tie(b.step, b.tag);
  });
  return out;
}

/// A series is a run of TensorBoard's, named by a folder.
std::string folder_name(const std::string& series) {
  std::string out;
  for (const char c : series)
    out +=
        std::isalnum(static_cast<unsigned char>(c)) || c == '.' || c == '-' || c == '_' ? c : '_';
  return out.find_first_not_of('.') == std::string::npos ? "series" : out;
}

/// What an earlier call wrote, whose first event may have had another time.
void remove_earlier(const fs::path& folder) {
  std::vector<fs::path> ours;
  for (const auto& entry : fs::directory_iterator(folder)) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with("events.out.tfevents.") && name.ends_with(std::string(".") + kOrigin))
      ours.push_back(entry.path());
  }
  for (const fs::path& path : ours) fs::remove(path);
}

}  // namespace

void write_tensorboard_events(const Tracking& tracking, const std::string& folder) {
  for (const TrackedSeries& series : tracking.series) {
    const std::vector<ScalarEvent> events = events_of(series);
    const fs::path run = fs::path(folder) / folder_name(series.name);
    make_folder(run.string());
    remove_earlier(run);
    if (events.empty()) continue;
    write_file_atomically((run / event_file_name(events.front().wall_time, kOrigin)).string(),
                          event_file(events));
  }
}

}  // namespace flm
