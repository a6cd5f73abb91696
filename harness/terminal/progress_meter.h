// What a line of progress says, and when a new one is due. Knows neither the terminal nor the
// clock.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace flm {

/// How far one piece of work is.
struct WorkDone {
  std::string what;  // "scoring tokens"
  std::int64_t done = 0, total = 0;
  std::int64_t done_at_first = 0;  // when it was looked at first
  double seconds = 0;              // since then
};

/// "scoring tokens: 53 %, 3.4 of 6.5 M, 131 k/s, 0:24 left". Rate and time left are of the work
/// since the first look, and left out while that is less than a second old.
std::string progress_text(const WorkDone& work);

/// The same with a bar, in at most `columns`: "scoring tokens [###...] 53 %  3.4 of 6.5 M  …". What
/// has no room is left out, the bar first, the time left last.
std::string progress_bar(const WorkDone& work, int columns);

enum class MeterStyle {
  kBar,   // ten times a second
  kLines  // each 5 %, but not within 5 s of the last; at the latest each 30 s
};

/// Follows one piece of work after the other; `now` is in seconds of any clock that does not run
/// backwards.
class ProgressMeter {
 public:
  explicit ProgressMeter(MeterStyle style) : style_(style) {}

  /// The work, where something is to be shown of it now.
  std::optional<WorkDone> update(const std::string& what, std::int64_t done, std::int64_t total,
                                 double now);

  /// Its end, where a line of it was shown before: "scoring tokens: 6.5 M in 0:49, 131 k/s".
  std::optional<std::string> end(double now);

 private:
  bool due(const WorkDone& work, double now) const;

  const MeterStyle style_;
  std::optional<WorkDone> work_;
  double begun_ = 0, shown_at_ = 0;
  std::int64_t shown_done_ = 0;
  bool shown_ = false;
};

}  // namespace flm
