#include "engine/parallel/rank_threads.h"

#include <string>
#include <system_error>
#include <utility>

#include "base/errors.h"

namespace flm {

RankThreads::RankThreads(int ranks) {
  try {
    for (int rank = 1; rank < ranks; ++rank) threads_.emplace_back([this, rank] { serve(rank); });
  } catch (const std::system_error& error) {
    stop();
    throw UserError("no thread for rank " + std::to_string(threads_.size() + 1) + " of " +
                    std::to_string(ranks) + ": " + error.what() + "; use fewer ranks");
  }
}

RankThreads::~RankThreads() { stop(); }

void RankThreads::stop() {
  {
    const std::lock_guard lock(mutex_);
    over_ = true;
  }
  changed_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

void RankThreads::run(const std::function<void(int)>& f, const std::function<void(int)>& failed) {
  {
    const std::lock_guard lock(mutex_);
    job_ = &f;
    failed_ = &failed;
    error_ = nullptr;
    busy_ = static_cast<int>(threads_.size());
    ++jobs_;
  }
  changed_.notify_all();
  run_one(0);
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return busy_ == 0; });
  if (error_) std::rethrow_exception(std::exchange(error_, nullptr));
}

void RankThreads::serve(int rank) {
  for (std::int64_t done = 0;; ++done) {
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [&] { return over_ || jobs_ > done; });
      if (over_) return;
    }
    run_one(rank);
    const std::lock_guard lock(mutex_);
    if (--busy_ == 0) changed_.notify_all();
  }
}

void RankThreads::run_one(int rank) {
  try {
    (*job_)(rank);
  } catch (...) {
    {
      const std::lock_guard lock(mutex_);
      if (!error_) error_ = std::current_exception();
    }
    (*failed_)(rank);
  }
}

}  // namespace flm
