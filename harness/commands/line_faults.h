// Lines of a file that could not be answered: each says so in its place, the command at its end.
#pragma once

#include <cstdint>
#include <string>

#include "base/errors.h"

namespace flm {

class LineFaults {
 public:
  /// One more line; `error` is empty where it was answered.
  void count(const std::string& error) {
    ++lines_;
    if (!error.empty() && faulty_++ == 0) first_ = error;
  }

  bool any() const { return faulty_ > 0; }

  /// UserError in one line: how many there are, and what is wrong with the first.
  void throw_if_any() const {
    if (any())
      throw UserError(
          std::to_string(faulty_) + " of " + std::to_string(lines_) +
          " lines are not answered, which each says in its place on stdout; the first: " + first_);
  }

 private:
  std::int64_t lines_ = 0, faulty_ = 0;
  std::string first_;
};

}  // namespace flm
