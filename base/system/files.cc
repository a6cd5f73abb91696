#include "base/system/files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstdio>
#include <filesystem>

#include "base/errors.h"
#include "base/system/system_error.h"
#include "base/system/unfinished_file.h"

namespace flm {
namespace {

[[noreturn]] void fail(const std::string& what, const std::string& path) {
  throw system_error(what, path, errno);
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

void write_all(int fd, std::string_view bytes, const std::string& path) {
  for (std::size_t done = 0; done < bytes.size();) {
    const ssize_t n = write(fd, bytes.data() + done, bytes.size() - done);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) fail("write", path);
    done += static_cast<std::size_t>(n);
  }
}

/// Where the links of a path lead: a file, which need not be there, or a descriptor of this process
/// (/dev/stdout, /dev/fd/63).
struct Place {
  std::string path;
  int descriptor = -1;
};

int number_of(const std::string& name) {
  int number = -1;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
  return error == std::errc() && end == name.data() + name.size() ? number : -1;
}

Place place_of(const std::string& path) {
  namespace fs = std::filesystem;
  constexpr int kMostLinks = 40;  // as the kernel follows
  fs::path at = path;
  std::error_code error;
  for (int links = 0; links <= kMostLinks; ++links) {
    const fs::path folder = fs::canonical(at.has_parent_path() ? at.parent_path() : ".", error);
    if (error) throw system_error("write", path, error.value());
    const int descriptor = number_of(at.filename().string());
    if (descriptor >= 0 && folder == "/proc/" + std::to_string(getpid()) + "/fd")
      return {path, descriptor};
    const fs::path target = fs::read_symlink(at, error);
    if (error) return {at.string()};  // no link
    at = folder / target;
  }
  throw system_error("write", path, ELOOP);
}

/// After what is printed and not yet written.
void write_to_descriptor(int descriptor, std::string_view bytes, const std::string& path) {
  std::fflush(nullptr);
  write_all(descriptor, bytes, path);
}

/// A device or a pipe gets the bytes; a file has them in place of what it had.
void write_into(const std::string& place, std::string_view bytes, const std::string& path) {
  const Descriptor file{open(place.c_str(), O_WRONLY | O_TRUNC | O_CLOEXEC)};
  if (file.fd < 0) fail("write", path);
  write_all(file.fd, bytes, path);
}

/// False where no file can be made in the folder: errno says why.
bool write_new(const std::string& place, std::string_view bytes, const std::string& path) {
  const Descriptor file{open(place.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666)};
  if (file.fd < 0) return false;
  write_all(file.fd, bytes, path);
  if (fsync(file.fd) != 0) fail("write", path);
  return true;
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
  const Place place = place_of(path);
  if (place.descriptor >= 0) return write_to_descriptor(place.descriptor, bytes, path);
  struct stat about {};
  const bool stands = stat(place.path.c_str(), &about) == 0;
  if (stands && !S_ISREG(about.st_mode)) return write_into(place.path, bytes, path);
  Temporary temporary{unfinished_file(place.path)};
  if (!write_new(temporary.path, bytes, path)) {
    // A folder that takes no new file may hold one that can be written, as a container's mounts do.
    if (!stands || access(place.path.c_str(), W_OK) != 0) fail("write", path);
    return write_into(place.path, bytes, path);
  }
  if (stands) chmod(temporary.path.c_str(), about.st_mode & 07777);
  if (std::rename(temporary.path.c_str(), place.path.c_str()) == 0) {
    temporary.renamed = true;
  } else if (stands && errno == EBUSY) {  // a file that is itself a mount
    write_into(place.path, bytes, path);
  } else {
    fail("write", path);
  }
}

bool can_be_written(const std::string& path) {
  struct stat about {};
  if (stat(path.c_str(), &about) == 0)
    return !S_ISDIR(about.st_mode) && access(path.c_str(), W_OK) == 0;
  const std::string folder = std::filesystem::path(path).parent_path().string();
  return access(folder.empty() ? "." : folder.c_str(), W_OK | X_OK) == 0;
}

void remove_written_file(const std::string& path) {
  const Place place = place_of(path);
  if (place.descriptor < 0) unlink(place.path.c_str());
}

void make_folder(const std::string& path) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (error) throw system_error("make the folder", path, error.value());
}

std::string last_part_of(const std::string& path) {
  const std::filesystem::path whole(path);
  const std::filesystem::path last =
      whole.has_filename() ? whole.filename() : whole.parent_path().filename();
  return last.empty() ? path : last.string();
}

}  // namespace flm
