// Signs of life of a run that is computed, in the store: others see that it lives, and how far it
// is.
#pragma once

#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>

#include "base/progress.h"
#include "reports/store/record.h"

namespace flm {

/// Hands progress on to `shown`, and from begin() to end() writes the last of it into the store
/// every few seconds, from a thread and over a connection of its own: a computing thread may take
/// minutes between two commits. `shown` outlives it.
/// `first_line` is shown before all else, but for updates of the first second: what fails at once
/// stays one line.
class Heartbeat : public Progress {
 public:
  explicit Heartbeat(Progress& shown, std::string first_line = "");
  ~Heartbeat() override { end(); }

  /// Of this run from now on; the first sign is written before it returns.
  void begin(const std::string& store_path, const std::string& run);
  /// Writes the last sign. Nothing where none is given.
  void end();

  void note(const std::string& line) override;
  void update(const std::string& what, std::int64_t done, std::int64_t total) override;

 private:
  void beat(const std::string& store_path);

  void show_first_line();

  Progress& shown_;
  std::string first_line_;  // "" once it is shown
  const double made_;
  std::mutex mutex_;  // of what follows
  std::condition_variable ended_;
  HeartbeatRecord last_;
  bool beating_ = false;
  std::thread thread_;
};

}  // namespace flm
