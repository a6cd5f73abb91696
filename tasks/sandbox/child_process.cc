#include "tasks/sandbox/child_process.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>

#include "base/errors.h"

namespace flm {
namespace {

constexpr int kFirstFd = 32;

std::vector<char*> pointers(const std::vector<std::string>& words) {
  std::vector<char*> out;
  for (const std::string& word : words) out.push_back(const_cast<char*>(word.c_str()));
  out.push_back(nullptr);
  return out;
}

}  // namespace

OwnedFd::OwnedFd(int number) {
  if (number < 0) throw UserError(std::string("no more file descriptors: ") + std::strerror(errno));
  number_ = fcntl(number, F_DUPFD_CLOEXEC, kFirstFd);
  close(number);
  if (number_ < 0)
    throw UserError(std::string("no more file descriptors: ") + std::strerror(errno));
}

OwnedFd& OwnedFd::operator=(OwnedFd&& other) noexcept {
  std::swap(number_, other.number_);
  return *this;
}

void OwnedFd::reset() {
  if (number_ >= 0) close(number_);
  number_ = -1;
}

Pipe make_pipe() {
  int ends[2] = {-1, -1};
  if (pipe2(ends, O_CLOEXEC) != 0) ends[0] = ends[1] = -1;
  OwnedFd read(ends[0]);
  return {std::move(read), OwnedFd(ends[1])};
}

OwnedFd memory_file(const std::string& bytes) {
  OwnedFd file(memfd_create("flmeval", MFD_CLOEXEC));
  for (std::size_t done = 0; done < bytes.size();) {
    const ssize_t wrote = write(file.get(), bytes.data() + done, bytes.size() - done);
    if (wrote <= 0) throw UserError(std::string("no memory for a file: ") + std::strerror(errno));
    done += static_cast<std::size_t>(wrote);
  }
  lseek(file.get(), 0, SEEK_SET);
  return file;
}

ChildProcess::ChildProcess(const std::vector<std::string>& command,
                           const std::vector<std::string>& environment,
                           const std::vector<std::pair<int, int>>& files) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  int last = STDERR_FILENO;
  for (const auto& [ours, theirs] : files) {
    posix_spawn_file_actions_adddup2(&actions, ours, theirs);
    last = std::max(last, theirs);
  }
  posix_spawn_file_actions_addclosefrom_np(&actions, last + 1);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t none, usual;  // our own handlers and masks are not the child's
  sigemptyset(&none);
  sigfillset(&usual);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setsigdefault(&attributes, &usual);
  posix_spawnattr_setpgroup(&attributes, 0);
  posix_spawnattr_setflags(&attributes,
                           POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  const int error = posix_spawn(&id_, command[0].c_str(), &actions, &attributes,
                                pointers(command).data(), pointers(environment).data());
  posix_spawn_file_actions_destroy(&actions);
  posix_spawnattr_destroy(&attributes);
  if (error != 0) throw UserError("cannot start " + command[0] + ": " + std::strerror(error));
}

ChildProcess::~ChildProcess() {
  if (id_ < 0) return;
  kill();
  wait(0);
}

void ChildProcess::kill() {
  if (id_ > 0) ::kill(-id_, SIGKILL);
}

ChildEnd ChildProcess::wait(double limit) {
  FLM_CHECK(id_ > 0, "a child is waited for once");
  const int handle = static_cast<int>(syscall(SYS_pidfd_open, id_, 0));
  pollfd waiting{handle, POLLIN, 0};
  if (handle < 0 || poll(&waiting, 1, static_cast<int>(1000 * std::max(limit, 0.0))) <= 0) kill();
  if (handle >= 0) close(handle);
  int status = 0;
  while (waitpid(id_, &status, 0) < 0 && errno == EINTR) {
  }
  ::kill(-id_, SIGKILL);  // what it left in its group; nothing, where it was isolated
  id_ = -1;
  ChildEnd end;
  if (WIFSIGNALED(status)) end.signal = WTERMSIG(status);
  if (WIFEXITED(status)) end.exit_code = WEXITSTATUS(status);
  if (end.exit_code > 128 && end.exit_code <= 128 + SIGRTMAX) end.signal = end.exit_code - 128;
  return end;
}

}  // namespace flm
