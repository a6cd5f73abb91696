// Messages between the processes of a job, whoever carries them.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "base/errors.h"

namespace flm {

using Bytes = std::vector<std::byte>;

/// A mistake that every process of a host finds: one of them tells it.
class CommonMistake : public UserError {
 public:
  using UserError::UserError;
};

/// All calls come from one thread, and none of them waits for another process but finish().
/// Messages from one process to another keep their order. What the carrier says is wrong is a
/// UserError.
class NodeTransport {
 public:
  virtual ~NodeTransport() = default;
  virtual int rank() const = 0;
  virtual int ranks() const = 0;
  virtual void send(int to, Bytes message) = 0;
  struct Received {
    int from = 0;
    Bytes message;
  };
  /// A message that has come; moves those on that are being sent.
  virtual std::optional<Received> poll() = 0;
  /// Whether all that was sent is gone, and all have met where they meet.
  virtual bool idle() const = 0;
  /// Begins to leave: not idle until all processes have called it. Nothing is sent afterwards, and
  /// poll() takes in what the others sent before.
  virtual void meet() = 0;
  /// Behind the meeting, with all processes.
  virtual void finish() = 0;
  /// Ends all processes of the job, this one with them, where that can be.
  virtual void abort(int exit_code) noexcept = 0;
};

}  // namespace flm
