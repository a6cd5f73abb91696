#include "engine/nodes/link.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <exception>

namespace flm {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::uint8_t kBeat = 0xFF;  // a kind that the link keeps for itself
constexpr std::size_t kHeader = sizeof(std::uint32_t) + 1;

Bytes pack(const NodeMessage& message) {
  Bytes bytes(kHeader + message.body.size());
  std::memcpy(bytes.data(), &message.channel, sizeof message.channel);
  bytes[kHeader - 1] = static_cast<std::byte>(message.kind);
  if (!message.body.empty())
    std::memcpy(bytes.data() + kHeader, message.body.data(), message.body.size());
  return bytes;
}

NodeMessage unpack(const Bytes& bytes) {
  if (bytes.size() < kHeader) throw UserError("a message without a beginning from another process");
  NodeMessage message;
  std::memcpy(&message.channel, bytes.data(), sizeof message.channel);
  message.kind = static_cast<std::uint8_t>(bytes[kHeader - 1]);
  message.body.assign(bytes.begin() + kHeader, bytes.end());
  return message;
}

}  // namespace

NodeLink::NodeLink(OpenTransport open, LinkLimits limits) : limits_(limits) {
  thread_ = std::thread([this, open = std::move(open)] { carry(open); });
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return open_ || failure_; });
  if (!failure_) return;
  lock.unlock();
  thread_.join();
  std::rethrow_exception(failure_);
}

NodeLink::~NodeLink() {
  std::unique_lock lock(mutex_);
  closing_ = true;
  // Who is frozen does not come to the end of a job: it is not waited for. MPI's own end, where all
  // meet, gives no signs of life and takes seconds on a busy host.
  const bool ended = changed_.wait_for(lock, limits_.silence * 5 / 2, [&] { return over_; });
  lock.unlock();
  if (ended)
    thread_.join();
  else
    thread_.detach();  // the process ends next
}

void NodeLink::carry(const OpenTransport& open) {
  try {
    const std::unique_ptr<NodeTransport> transport = open();
    {
      const std::lock_guard lock(mutex_);
      rank_ = transport->rank();
      ranks_ = transport->ranks();
      last_turn_ = Clock::now();
      for (const int peer : peers()) heard_[peer] = last_turn_;
      open_ = true;
    }
    changed_.notify_all();
    carry_messages(*transport);
  } catch (...) {
    const std::lock_guard lock(mutex_);
    if (!open_) {
      failure_ = std::current_exception();
    } else {
      std::string why = "the link between the processes failed";
      try {
        throw;
      } catch (const std::exception& error) {
        why = error.what();
      }
      for (const int peer : peers()) lost_.try_emplace(peer, why);
    }
  }
  const std::lock_guard lock(mutex_);
  over_ = true;
  changed_.notify_all();
}

void NodeLink::carry_messages(NodeTransport& transport) {
  // MPI has no call that waits for a message without using up a core. Answers come after seconds
  // of computation, to which a look each 2 ms adds nothing that counts; one each 0.2 ms took 5 %
  // of a core from it.
  constexpr std::chrono::microseconds kShortNap{100}, kLongNap{2000};
  std::chrono::microseconds nap = kShortNap;
  bool met = false;
  while (true) {
    bool busy = false;
    std::deque<std::pair<int, Bytes>> out;
    {
      const std::lock_guard lock(mutex_);
      if (abort_) transport.abort(*abort_);
      out.swap(outbox_);
    }
    for (auto& [to, bytes] : out) transport.send(to, std::move(bytes));
    busy = !out.empty();
    listen(transport, busy);
    beat(transport);
    nap = busy || !transport.idle() ? kShortNap : std::min(2 * nap, kLongNap);
    std::unique_lock lock(mutex_);
    if (closing_ && outbox_.empty() && (transport.idle() || !lost_.empty())) {
      if (!lost_.empty()) return;
      if (met) break;
      // MPI wants every message taken in before its end: all take in what comes until nobody sends.
      transport.meet();
      met = true;
    }
    if (!busy) given_.wait_for(lock, nap, [&] { return !outbox_.empty() || abort_; });
  }
  transport.finish();
}

void NodeLink::listen(NodeTransport& transport, bool& busy) {
  while (auto received = transport.poll()) {
    busy = true;
    NodeMessage message = unpack(received->message);
    const std::lock_guard lock(mutex_);
    heard_[received->from] = Clock::now();
    if (message.kind == kBeat) continue;
    inbox_[{received->from, message.channel}].push_back(std::move(message));
    changed_.notify_all();
  }
}

/// Signs of life go out, and who gave none is lost. A process that was itself stopped for a while
/// (Ctrl-Z stops all) begins to count anew.
void NodeLink::beat(NodeTransport& transport) {
  const auto now = Clock::now();
  const std::lock_guard lock(mutex_);
  if (now - last_turn_ > limits_.silence / 2)
    for (auto& [peer, heard] : heard_) heard = now;
  last_turn_ = now;
  if (closing_) return;
  if (now - last_beat_ >= limits_.beat) {
    last_beat_ = now;
    for (const int peer : peers())
      if (!lost_.count(peer)) transport.send(peer, pack({0, kBeat, {}}));
  }
  for (const auto& [peer, heard] : heard_)
    if (now - heard > limits_.silence && !lost_.count(peer))
      lose(peer,
           "gave no sign of life for " +
               std::to_string(
                   std::chrono::duration_cast<std::chrono::seconds>(limits_.silence).count()) +
               " s");
}

void NodeLink::lose(int rank, const std::string& why) {
  lost_[rank] = why;
  changed_.notify_all();
}

std::vector<int> NodeLink::peers() const {
  if (rank_ > 0) return {0};
  std::vector<int> all;
  for (int rank = 1; rank < ranks_; ++rank) all.push_back(rank);
  return all;
}

void NodeLink::name(int rank, std::string name) {
  const std::lock_guard lock(mutex_);
  names_[rank] = std::move(name);
}

std::string NodeLink::name_of(int rank) const {
  const std::lock_guard lock(mutex_);
  const auto it = names_.find(rank);
  return it == names_.end() ? "rank " + std::to_string(rank) : it->second;
}

void NodeLink::send(int to, NodeMessage message) {
  {
    const std::lock_guard lock(mutex_);
    outbox_.emplace_back(to, pack(message));
  }
  given_.notify_one();
}

std::optional<NodeMessage> NodeLink::receive(int from, std::uint32_t channel,
                                             std::chrono::milliseconds patience) {
  std::unique_lock lock(mutex_);
  auto& queue = inbox_[{from, channel}];
  changed_.wait_for(lock, patience, [&] { return !queue.empty() || lost_.count(from) || over_; });
  if (!queue.empty()) {
    NodeMessage message = std::move(queue.front());
    queue.pop_front();
    return message;
  }
  if (const auto lost = lost_.find(from); lost != lost_.end()) {
    const std::string why = lost->second;
    lock.unlock();
    throw NodeLost(name_of(from) + " is lost: " + why);
  }
  if (over_) {
    lock.unlock();
    throw NodeLost(name_of(from) + " has left the job");
  }
  return std::nullopt;
}

NodeMessage NodeLink::receive(int from, std::uint32_t channel) {
  while (true)
    if (auto message = receive(from, channel, std::chrono::milliseconds(1000))) return *message;
}

bool NodeLink::lost_any() const {
  const std::lock_guard lock(mutex_);
  return !lost_.empty();
}

void NodeLink::abort(int exit_code) {
  std::fflush(stdout);
  std::fflush(stderr);
  {
    const std::lock_guard lock(mutex_);
    abort_ = exit_code;
  }
  given_.notify_one();
  // The carrier ends this process too; where it cannot, it ends by itself.
  std::this_thread::sleep_for(std::chrono::seconds(5));
  ::_exit(exit_code);
}

}  // namespace flm
