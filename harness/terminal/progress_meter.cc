#include "harness/terminal/progress_meter.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "harness/terminal/short_numbers.h"

namespace flm {
namespace {

constexpr double kBarSeconds = 0.1, kFewestSeconds = 5, kMostSeconds = 30, kShare = 0.05;
constexpr double kRateSeconds = 1;  // before that a rate is a guess
constexpr int kWidestBar = 30, kNarrowestBar = 5;

/// Units in a second since the first look; 0: not known yet.
double rate_of(const WorkDone& work) {
  if (work.seconds < kRateSeconds) return 0;
  return static_cast<double>(work.done - work.done_at_first) / work.seconds;
}

std::string percent(const WorkDone& work) {
  return std::to_string(100 * work.done / work.total) + " %";
}

/// Count, rate and time left, as far as they are known.
std::vector<std::string> figures(const WorkDone& work) {
  std::vector<std::string> out = {count_of_total(work.done, work.total)};
  const double rate = rate_of(work);
  if (rate <= 0) return out;
  out.push_back(short_rate(rate));
  out.push_back(short_time(static_cast<double>(work.total - work.done) / rate) + " left");
  return out;
}

}  // namespace

std::string progress_text(const WorkDone& work) {
  std::string out = work.what + ": " + percent(work);
  for (const std::string& figure : figures(work)) out += ", " + figure;
  return out;
}

std::string progress_bar(const WorkDone& work, int columns) {
  std::vector<std::string> parts = figures(work);
  parts.insert(parts.begin(), percent(work));
  const auto text = [&] {
    std::string out = work.what;
    for (const std::string& part : parts) out += "  " + part;
    return out;
  };
  const auto width = static_cast<std::size_t>(std::max(columns, 1));
  while (text().size() > width && parts.size() > 2) parts.erase(parts.begin() + 1);
  if (text().size() > width) parts.erase(parts.begin(), parts.end() - 1);
  if (text().size() > width) return parts.back().substr(0, width);
  const int room = std::min<int>(kWidestBar, static_cast<int>(width - text().size()) - 3);
  if (room < kNarrowestBar) return text();
  const int filled = static_cast<int>(room * work.done / work.total);
  std::string out = work.what + " [" + std::string(static_cast<std::size_t>(filled), '#') +
                    std::string(static_cast<std::size_t>(room - filled), '.') + "]";
  for (const std::string& part : parts) out += "  " + part;
  return out;
}

bool ProgressMeter::due(const WorkDone& work, double now) const {
  if (style_ == MeterStyle::kBar) return !shown_ || now - shown_at_ >= kBarSeconds;
  const double since = now - shown_at_;
  const double share =
      static_cast<double>(work.done - shown_done_) / static_cast<double>(work.total);
  return since >= kMostSeconds || (since >= kFewestSeconds && share >= kShare);
}

std::optional<WorkDone> ProgressMeter::update(const std::string& what, std::int64_t done,
                                              std::int64_t total, double now) {
  if (total <= 0) return std::nullopt;
  done = std::clamp<std::int64_t>(done, 0, total);
  if (!work_ || work_->what != what || done < work_->done_at_first) {
    work_ = WorkDone{what, done, total, done};
    begun_ = shown_at_ = now;
    shown_done_ = done;
    shown_ = false;
  }
  work_->done = done;
  work_->total = total;
  work_->seconds = now - begun_;
  if (!due(*work_, now)) return std::nullopt;
  shown_ = true;
  shown_at_ = now;
  shown_done_ = done;
  return work_;
}

std::optional<std::string> ProgressMeter::end(double now) {
  const std::optional<WorkDone> work = std::exchange(work_, std::nullopt);
  if (!work || !std::exchange(shown_, false)) return std::nullopt;
  const double seconds = now - begun_;
  std::string out = work->what + ": ";
  out +=
      work->done < work->total ? count_of_total(work->done, work->total) : short_count(work->total);
  out += " in " + short_time(seconds);
  if (seconds >= kRateSeconds)
    out += ", " + short_rate(static_cast<double>(work->done - work->done_at_first) / seconds);
  return out;
}

}  // namespace flm
