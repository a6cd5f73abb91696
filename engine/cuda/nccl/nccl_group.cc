#include "engine/cuda/nccl/nccl_group.h"

#include <utility>

#include "base/errors.h"

namespace flm {
namespace {

constexpr std::chrono::milliseconds kWatch(10), kPoll(1);

std::string place(int rank, int device) {
  return "rank " + std::to_string(rank) + " on cuda:" + std::to_string(device);
}

std::string seconds(NcclGroup::Duration duration) {
  std::string text = std::to_string(duration.count());
  text.erase(text.find_last_not_of('0') + 1);
  if (text.back() == '.') text.pop_back();
  return text + " s";
}

}  // namespace

NcclGroup::NcclGroup(std::shared_ptr<const NcclLibrary> library, const Communicator& members,
                     Duration limit)
    : library_(std::move(library)), members_(members), limit_(limit) {
  for (int rank = 0; rank < members.size(); ++rank) ranks_.push_back(std::make_unique<Rank>());
  watchdog_ = std::thread([this] { watch_all(); });
}

NcclGroup::~NcclGroup() {
  {
    const std::lock_guard lock(mutex_);
    over_ = true;
  }
  over_changed_.notify_all();
  watchdog_.join();
  abort_all();  // an orderly end would wait for the peers
}

NcclUniqueId NcclGroup::unique_id() const {
  NcclUniqueId id{};
  if (const NcclResult made = library_->unique_id(&id); made != kNcclSuccess)
    throw UserError("NCCL: ncclGetUniqueId: " + library_->reason(made, nullptr) +
                    "; NCCL_DEBUG=WARN says more, FLM_NCCL=0 does without it");
  return id;
}

/// The library's threads do the work; while they do, its state is "in progress".
void NcclGroup::join(int rank, int device, const NcclUniqueId& id) {
  Rank& mine = *ranks_[static_cast<std::size_t>(rank)];
  const Clock::time_point begin = Clock::now();
  NcclConfig config;
  NcclResult result = kNcclSuccess;
  {
    const std::lock_guard lock(mine.calls);
    mine.device = device;
    result = library_->init(&mine.comm, static_cast<int>(ranks_.size()), id, rank, &config);
  }
  if (result != kNcclSuccess && result != kNcclInProgress)
    fail("ncclCommInitRankConfig of " + place(rank, device) + ": " +
         library_->reason(result, nullptr));
  for (check(); result == kNcclInProgress || result == kNcclSuccess; check()) {
    {
      const std::lock_guard lock(mine.calls);
      if (!mine.comm) continue;  // aborted: check() says why
      if (library_->async_error(mine.comm, &result) != kNcclSuccess) result = kNcclInternalError;
    }
    if (result == kNcclSuccess) return;
    if (result != kNcclInProgress)
      fail("the start of " + place(rank, device) + ": " + library_->reason(result, mine.comm));
    else if (Clock::now() - begin > limit_)
      fail("the start of " + place(rank, device) + " is not through after " + seconds(limit_) +
           ": another rank did not come, or the devices do not reach each other");
    else
      std::this_thread::sleep_for(kPoll);
  }
}

void NcclGroup::all_gather(int rank, void* data, std::int64_t bytes, CudaStream stream) {
  Rank& mine = *ranks_[static_cast<std::size_t>(rank)];
  const auto* send = static_cast<const std::byte*>(data) + rank * bytes;
  std::string error;
  for (bool first = true;; first = false) {  // then until the library has enqueued it
    check();
    const std::lock_guard lock(mine.calls);
    if (!mine.comm) continue;
    NcclResult result = kNcclSuccess;
    const NcclResult asked = first
                                 ? library_->all_gather(send, data, static_cast<std::size_t>(bytes),
                                                        kNcclUint8, mine.comm, stream)
                                 : library_->async_error(mine.comm, &result);
    if (asked != kNcclSuccess) result = asked;
    if (result == kNcclSuccess) return;
    if (result == kNcclInProgress) continue;
    error = "ncclAllGather of " + std::to_string(bytes) + " bytes by " + place(rank, mine.device) +
            ": " + library_->reason(result, mine.comm);
    break;
  }
  fail(error);
  check();
}

void NcclGroup::watch(int rank, CudaStream stream) {
  Rank& mine = *ranks_[static_cast<std::size_t>(rank)];
  const std::lock_guard lock(mutex_);
  std::unique_ptr<Event> end;
  if (mine.idle.empty()) {
    end = std::make_unique<Event>();
  } else {
    end = std::move(mine.idle.back());
    mine.idle.pop_back();
  }
  end->record(stream);
  if (mine.running.empty()) mine.moved = Clock::now();
  mine.running.push_back(std::move(end));
}

void NcclGroup::check() const {
  const std::lock_guard lock(mutex_);
  if (!failure_.empty())
    throw UserError("NCCL: " + failure_ + "; all ranks were stopped. NCCL_DEBUG=WARN says more, " +
                    "FLM_NCCL=0 does without it");
}

std::string NcclGroup::state(Rank& rank, int index) {
  const std::lock_guard lock(rank.calls);
  if (!rank.comm) return {};
  NcclResult result = kNcclSuccess;
  const NcclResult asked = library_->async_error(rank.comm, &result);
  if (asked != kNcclSuccess) result = asked;
  if (result == kNcclSuccess || result == kNcclInProgress) return {};
  return place(index, rank.device) + ": " + library_->reason(result, rank.comm);
}

void NcclGroup::advance(Rank& rank) {
  while (!rank.running.empty() && rank.running.front()->past()) {
    rank.idle.push_back(std::move(rank.running.front()));
    rank.running.pop_front();
    ++rank.ended;
    rank.moved = Clock::now();
  }
}

/// Between two gathers lies less than a layer's work: a rank that stands still waits for another
/// one, or for ever.
std::string NcclGroup::late_ranks() {
  const std::lock_guard lock(mutex_);
  std::string counts;
  bool late = false;
  for (std::size_t r = 0; r < ranks_.size(); ++r) {
    Rank& rank = *ranks_[r];
    // The watchdog's own thread: to ask for an event opens the thread's device, GPU 0 unless
    // chosen.
    if (!rank.running.empty()) use_device(rank.device);
    advance(rank);
    const auto running = static_cast<std::int64_t>(rank.running.size());
    late = late || (running > 0 && Clock::now() - rank.moved > limit_);
    counts += (counts.empty() ? "" : ", ") + place(static_cast<int>(r), rank.device) + " " +
              std::to_string(rank.ended) + " of " + std::to_string(rank.ended + running);
  }
  return late ? "no gather has come to its end for " + seconds(limit_) + " (ended: " + counts + ")"
              : "";
}

std::string NcclGroup::trouble() {
  for (std::size_t r = 0; r < ranks_.size(); ++r)
    if (std::string found = state(*ranks_[r], static_cast<int>(r)); !found.empty()) return found;
  if (std::string left = members_.failure(); !left.empty()) return left;
  return late_ranks();
}

void NcclGroup::watch_all() {
  for (;;) {
    {
      std::unique_lock lock(mutex_);
      if (over_changed_.wait_for(lock, kWatch, [&] { return over_ || !failure_.empty(); })) return;
    }
    if (const std::string found = trouble(); !found.empty()) fail(found);
  }
}

void NcclGroup::fail(const std::string& reason) {
  {
    const std::lock_guard lock(mutex_);
    if (!failure_.empty()) return;
    failure_ = reason;
  }
  abort_all();
}

/// At once: an abort may wait for the other ranks of the process.
void NcclGroup::abort_all() {
  std::vector<std::thread> threads;
  for (const auto& rank : ranks_)
    threads.emplace_back([this, &rank] {
      const std::lock_guard lock(rank->calls);
      if (NcclComm* comm = std::exchange(rank->comm, nullptr)) (void)library_->abort(comm);
    });
  for (std::thread& thread : threads) thread.join();
}

}  // namespace flm
