// One process's end of a job: a thread that carries messages and hears who is still there.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/errors.h"
#include "engine/nodes/transport.h"

namespace flm {

/// Another process of the job is gone, frozen or out of reach; what was committed stays.
class NodeLost : public IncompleteError {
 public:
  using IncompleteError::IncompleteError;
};

/// What a message is; `channel` tells the conversations between two processes apart.
struct NodeMessage {
  std::uint32_t channel = 0;
  std::uint8_t kind = 0;
  Bytes body;
};

struct LinkLimits {
  std::chrono::milliseconds beat{1000};      // from one sign of life to the next
  std::chrono::milliseconds silence{20000};  // after which a process is given up
};

/// Rank 0 and the others talk; the others do not talk to each other. Any thread. The transport
/// lives in the link's own thread from its making to its end.
class NodeLink {
 public:
  using OpenTransport = std::function<std::unique_ptr<NodeTransport>()>;
  /// Throws what opening the transport throws.
  NodeLink(OpenTransport open, LinkLimits limits);
  /// Ends with the others, unless one is lost or abort() was called.
  ~NodeLink();
  NodeLink(const NodeLink&) = delete;
  NodeLink& operator=(const NodeLink&) = delete;

  int rank() const { return rank_; }
  int ranks() const { return ranks_; }

  /// What to call a process in messages: "rank 2 on HOST".
  void name(int rank, std::string name);
  std::string name_of(int rank) const;

  void send(int to, NodeMessage message);
  /// The next message of this channel; nothing where none comes in time. Throws NodeLost where the
  /// process is lost, once what it sent before is taken.
  std::optional<NodeMessage> receive(int from, std::uint32_t channel,
                                     std::chrono::milliseconds patience);
  /// Waits as long as it takes.
  NodeMessage receive(int from, std::uint32_t channel);

  bool lost_any() const;
  /// Ends all processes of the job with this exit code.
  [[noreturn]] void abort(int exit_code);

 private:
  void carry(const OpenTransport& open);
  void carry_messages(NodeTransport& transport);
  void listen(NodeTransport& transport, bool& busy);
  void beat(NodeTransport& transport);
  void lose(int rank, const std::string& why);
  std::vector<int> peers() const;

  const LinkLimits limits_;
  int rank_ = 0, ranks_ = 1;
  mutable std::mutex mutex_;
  std::condition_variable changed_;  // what others wait for
  std::condition_variable given_;    // what the carrier waits for: something to send
  std::deque<std::pair<int, Bytes>> outbox_;
  std::map<std::pair<int, std::uint32_t>, std::deque<NodeMessage>> inbox_;
  std::map<int, std::string> names_;
  std::map<int, std::string> lost_;  // rank -> why
  std::map<int, std::chrono::steady_clock::time_point> heard_;
  std::chrono::steady_clock::time_point last_beat_{}, last_turn_{};
  std::exception_ptr failure_;  // of opening
  bool open_ = false, closing_ = false, over_ = false;
  std::optional<int> abort_;
  std::thread thread_;  // last
};

}  // namespace flm
