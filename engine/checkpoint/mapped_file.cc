#include "engine/checkpoint/mapped_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "base/errors.h"

namespace flm {
namespace {

[[noreturn]] void fail(const std::string& path) {
  throw UserError("cannot read " + path + ": " + std::strerror(errno));
}

struct Descriptor {
  int fd;
  ~Descriptor() {
    if (fd >= 0) close(fd);
  }
};

std::string identity_of(const std::string& path, const struct stat& status) {
  std::error_code ignored;
  const auto nanoseconds = [](const timespec& t) {
    return std::to_string(t.tv_sec) + "." + std::to_string(t.tv_nsec);
  };
  return std::filesystem::canonical(path, ignored).string() + " size " +
         std::to_string(status.st_size) + " device " + std::to_string(status.st_dev) + " inode " +
         std::to_string(status.st_ino) + " mtime " + nanoseconds(status.st_mtim) + " ctime " +
         nanoseconds(status.st_ctim);
}

}  // namespace

std::shared_ptr<const MappedFile> MappedFile::open(const std::string& path) {
  const Descriptor file{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
  if (file.fd < 0) fail(path);
  struct stat status;
  if (fstat(file.fd, &status) != 0) fail(path);
  if (!S_ISREG(status.st_mode)) throw UserError("not a regular file: " + path);
  std::shared_ptr<MappedFile> out(new MappedFile);
  out->path_ = path;
  out->identity_ = identity_of(path, status);
  out->size_ = static_cast<std::size_t>(status.st_size);
  if (out->size_ == 0) return out;  // an empty range cannot be mapped
  void* address = mmap(nullptr, out->size_, PROT_READ, MAP_SHARED, file.fd, 0);
  if (address == MAP_FAILED) fail(path);
  out->data_ = static_cast<const std::byte*>(address);
  out->mapped_ = true;
  return out;
}

std::shared_ptr<const MappedFile> MappedFile::of_bytes(std::string bytes, const std::string& path) {
  std::shared_ptr<MappedFile> out(new MappedFile);
  out->path_ = out->identity_ = path;
  out->owned_ = std::move(bytes);
  out->data_ = reinterpret_cast<const std::byte*>(out->owned_.data());
  out->size_ = out->owned_.size();
  return out;
}

MappedFile::~MappedFile() {
  if (mapped_) munmap(const_cast<std::byte*>(data_), size_);
}

}  // namespace flm
