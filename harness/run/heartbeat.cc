#include "harness/run/heartbeat.h"

#include <signal.h>

#include <chrono>
#include <utility>

#include "base/errors.h"
#include "base/system/clock.h"
#include "reports/store/store.h"

namespace flm {
namespace {

constexpr std::chrono::seconds kBeat{5};
constexpr double kQuickSeconds = 1;

/// Signals go to the other threads: this one may hold the store.
void take_no_signals() {
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, nullptr);
}

void write(Store& store, HeartbeatRecord heartbeat) {
  heartbeat.at = utc_timestamp();
  store.put_heartbeat(heartbeat);
}

}  // namespace

Heartbeat::Heartbeat(Progress& shown, std::string first_line)
    : shown_(shown), first_line_(std::move(first_line)), made_(monotonic_seconds()) {}

void Heartbeat::show_first_line() {
  if (const std::string line = std::exchange(first_line_, ""); !line.empty()) shown_.note(line);
}

void Heartbeat::note(const std::string& line) {
  show_first_line();
  shown_.note(line);
}

void Heartbeat::begin(const std::string& store_path, const std::string& run) {
  end();
  last_ = {};
  last_.run = run;
  beating_ = true;
  try {
    write(*Store::open(store_path), last_);
  } catch (const UserError&) {  // a run needs no sign of life
  }
  thread_ = std::thread([this, store_path] { beat(store_path); });
}

void Heartbeat::end() {
  {
    const std::lock_guard lock(mutex_);
    beating_ = false;
  }
  ended_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void Heartbeat::update(const std::string& what, std::int64_t done, std::int64_t total) {
  if (monotonic_seconds() - made_ >= kQuickSeconds) show_first_line();
  shown_.update(what, done, total);
  const std::lock_guard lock(mutex_);
  if (total <= 0) return;
  last_.what = what;
  last_.done = done;
  last_.total = total;
}

void Heartbeat::beat(const std::string& store_path) {
  take_no_signals();
  try {
    const auto store = Store::open(store_path);
    std::unique_lock lock(mutex_);
    while (beating_) {
      ended_.wait_for(lock, kBeat, [this] { return !beating_; });
      const HeartbeatRecord now = last_;
      lock.unlock();
      write(*store, now);
      lock.lock();
    }
  } catch (const UserError&) {  // as above; what is wrong with the store the run tells itself
  }
}

}  // namespace flm
