// A child process with chosen file descriptors, and the pipes and files that feed it.
#pragma once

#include <sys/types.h>

#include <string>
#include <utility>
#include <vector>

namespace flm {

/// An open file descriptor, closed at the end. Numbers are 32 and above, so that the numbers that a
/// child expects are free.
class OwnedFd {
 public:
  OwnedFd() = default;
  /// Takes `number` and moves it out of the way.
  explicit OwnedFd(int number);
  ~OwnedFd() { reset(); }
  OwnedFd(OwnedFd&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  OwnedFd& operator=(OwnedFd&& other) noexcept;
  void reset();
  int get() const { return number_; }

 private:
  int number_ = -1;
};

struct Pipe {
  OwnedFd read, write;
};
Pipe make_pipe();

/// A file in memory that reads `bytes` from its beginning.
OwnedFd memory_file(const std::string& bytes);

/// How a child ended, bubblewrap's way (exit code 128 + signal) understood.
struct ChildEnd {
  int exit_code = 0, signal = 0;
};

/// A running child in a process group of its own; killed and waited for at the end, with its group.
class ChildProcess {
 public:
  /// `files`: (our descriptor, its number in the child); it inherits nothing else.
  ChildProcess(const std::vector<std::string>& command, const std::vector<std::string>& environment,
               const std::vector<std::pair<int, int>>& files);
  ~ChildProcess();
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  void kill();
  /// Waits, at most for `seconds`; kills it then.
  ChildEnd wait(double seconds);

 private:
  pid_t id_ = -1;
};

}  // namespace flm
