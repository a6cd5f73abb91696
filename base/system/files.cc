#include "base/system/files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>

#include "base/errors.h"
#include "base/system/unfinished_file.h"

namespace flm {
namespace {

[[noreturn]] void fail(const std::string& what, const std::string& path) {
  throw UserError("cannot " + what + " " + path + ": " + std::strerror(errno));
}

/// Closes the descriptor when it leaves scope.
struct Descriptor {
  int fd;
  ~Descriptor() {
    if (fd >= 0) close(fd);
  }
};

/// Removed when it leaves scope, unless it has its name: on a full disk it would take what is left.
struct Temporary {
  std::string path;
  bool renamed = false;
  ~Temporary() {
    if (!renamed) unlink(path.c_str());
  }
};

std::string read_all(const Descriptor& file, const std::string& path) {
  std::string bytes;
  char buffer[1 << 16];
  for (;;) {
    const ssize_t n = read(file.fd, buffer, sizeof buffer);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) fail("read", path);
    if (n == 0) return bytes;
    bytes.append(buffer, static_cast<size_t>(n));
  }
}

}  // namespace

std::string read_file(const std::string& path) {
  const Descriptor file{open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  if (file.fd < 0) fail("read", path);
  return read_all(file, path);
}

std::string read_regular_file(const std::string& path) {
  const Descriptor file{open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
  if (file.fd < 0) fail("read", path);
  struct stat about {};
  if (fstat(file.fd, &about) != 0) fail("read", path);
  if (!S_ISREG(about.st_mode))
    throw UserError("not a regular file (a folder, pipe or device stands in its place): " + path);
  return read_all(file, path);
}

void write_file_atomically(const std::string& path, std::string_view bytes) {
  Temporary temporary{unfinished_file(path)};
  {
    Descriptor file{open(temporary.path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666)};
    if (file.fd < 0) fail("write", path);
    for (size_t done = 0; done < bytes.size();) {
      const ssize_t n = write(file.fd, bytes.data() + done, bytes.size() - done);
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) fail("write", path);
      done += static_cast<size_t>(n);
    }
    if (fsync(file.fd) != 0) fail("write", path);
  }
  if (std::rename(temporary.path.c_str(), path.c_str()) != 0) fail("write", path);
  temporary.renamed = true;
}

void make_folder(const std::string& path) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (error) throw UserError("cannot make the folder " + path + ": " + error.message());
}

std::string last_part_of(const std::string& path) {
  const std::filesystem::path whole(path);
  const std::filesystem::path last =
      whole.has_filename() ? whole.filename() : whole.parent_path().filename();
  return last.empty() ? path : last.string();
}

}  // namespace flm
