// A file on a disk that fails.
#pragma once

#include <cerrno>
#include <streambuf>
#include <string>

namespace flm {

/// Gives its bytes, and fails where more are asked for, as a file's buffer tells that read(2) did:
/// by an exception, which its stream answers with badbit. Its size says that there are more.
class FailingBytes : public std::streambuf {
 public:
  explicit FailingBytes(std::string bytes) : bytes_(std::move(bytes)) { go_to(0); }

 protected:
  int_type underflow() override {
    errno = EIO;
    throw std::ios_base::failure("read");
  }
  pos_type seekoff(off_type offset, std::ios_base::seekdir from, std::ios_base::openmode) override {
    if (from == std::ios_base::end) at_end_ = true;
    if (from == std::ios_base::beg) return seekpos(offset, std::ios_base::in);
    return at_end_ ? static_cast<off_type>(bytes_.size()) * 2 : gptr() - eback();
  }
  pos_type seekpos(pos_type place, std::ios_base::openmode) override {
    at_end_ = false;
    go_to(static_cast<std::size_t>(static_cast<off_type>(place)));
    return place;
  }

 private:
  void go_to(std::size_t place) {
    setg(bytes_.data(), bytes_.data() + place, bytes_.data() + bytes_.size());
  }

  std::string bytes_;
  bool at_end_ = false;
};

}  // namespace flm
