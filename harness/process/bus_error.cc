#include "harness/process/bus_error.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include "base/system/files.h"
#include "harness/process/exit_code.h"

namespace flm {
namespace {

// A signal's handler may do little: no memory, no locks, no stdio. The system knows which file lies
// at an address, so that nobody has to keep a list.

/// Lines of /proc/self/maps, "BEGIN-END PERMISSIONS OFFSET DEVICE INODE   PATH", one byte after
/// another.
class Mappings {
 public:
  Mappings() : file_(open("/proc/self/maps", O_RDONLY | O_CLOEXEC)) {}
  ~Mappings() {
    if (file_ >= 0) close(file_);
  }

  /// The path of the mapping that holds `address`; nullptr where it is none of a file.
  const char* path_of(std::uintptr_t address) {
    while (next_line()) {
      const char* at = line_;
      const std::uintptr_t begin = hexadecimal(at);
      if (*at++ != '-') continue;
      const std::uintptr_t end = hexadecimal(at);
      if (address >= begin && address < end) return std::strchr(at, '/');
    }
    return nullptr;
  }

 private:
  bool next_line() {
    std::size_t n = 0;
    for (char c; next_byte(c) && c != '\n';)
      if (n + 1 < sizeof line_) line_[n++] = c;
    line_[n] = '\0';
    return n > 0;
  }
  bool next_byte(char& c) {
    if (at_ == filled_) {
      const ssize_t n = read(file_, buffer_, sizeof buffer_);
      if (n <= 0) return false;
      filled_ = static_cast<std::size_t>(n);
      at_ = 0;
    }
    c = buffer_[at_++];
    return true;
  }
  static std::uintptr_t hexadecimal(const char*& at) {
    std::uintptr_t value = 0;
    for (;; ++at) {
      if (*at >= '0' && *at <= '9')
        value = value * 16 + static_cast<std::uintptr_t>(*at - '0');
      else if (*at >= 'a' && *at <= 'f')
        value = value * 16 + static_cast<std::uintptr_t>(*at - 'a' + 10);
      else
        return value;
    }
  }

  int file_;
  char buffer_[1024], line_[4500];  // a path has at most 4096 bytes
  std::size_t at_ = 0, filled_ = 0;
};

void say(const char* text) {
  for (std::size_t left = std::strlen(text); left > 0;) {
    const ssize_t n = write(STDERR_FILENO, text, left);
    if (n <= 0) return;
    text += n;
    left -= static_cast<std::size_t>(n);
  }
}

/// Of this program, null at the end; empty: it does not start anew.
std::vector<char*>& arguments() {
  static std::vector<char*> words;
  return words;
}

/// Whether the user is asked to start the same command again.
bool asks_for_a_start = false;

constexpr unsigned kSecondsBefore = 5;  // a start anew: a disk that fails would fail again at once

[[noreturn]] void start_anew() {
  say("flmeval: starts anew in 5 seconds, and goes on with what is stored\n");
  sleep(kSecondsBefore);
  sigset_t bus_error;  // blocked in its handler, and what is blocked stays so over exec
  sigemptyset(&bus_error);
  sigaddset(&bus_error, SIGBUS);
  sigprocmask(SIG_UNBLOCK, &bus_error, nullptr);
  execv("/proc/self/exe", arguments().data());
  _exit(kUserError);
}

void on_bus_error(int signal, siginfo_t* info, void*) {
  Mappings mappings;
  const bool fault = info->si_code > 0;  // and not a signal that somebody sent
  const char* path =
      fault ? mappings.path_of(reinterpret_cast<std::uintptr_t>(info->si_addr)) : nullptr;
  if (!path) {  // as if nobody had asked
    struct sigaction action {};
    action.sa_handler = SIG_DFL;
    sigaction(signal, &action, nullptr);
    raise(signal);
    return;
  }
  say("flmeval: ");
  say(path);
  say(" was cut short while it was read, or its disk fails; results since the last commit are "
      "dropped; let it be complete and run again\n");
  if (!arguments().empty()) start_anew();
  if (asks_for_a_start) {
    say("flmeval: a job of several processes does not start anew; start the same command again: it "
        "goes on with what is stored\n");
    _exit(kInterrupted);
  }
  _exit(kUserError);
}

}  // namespace

void start_anew_on_bus_errors() {
  static std::string line = read_file("/proc/self/cmdline");  // words, each behind a NUL
  for (std::size_t at = 0; at < line.size(); at = line.find('\0', at) + 1)
    arguments().push_back(line.data() + at);
  arguments().push_back(nullptr);
  answer_bus_errors();
}

void ask_for_a_start_on_bus_errors() {
  asks_for_a_start = true;
  answer_bus_errors();
}

void answer_bus_errors() {
  struct sigaction action {};
  action.sa_sigaction = on_bus_error;
  action.sa_flags = SA_SIGINFO;
  sigaction(SIGBUS, &action, nullptr);
}

}  // namespace flm
