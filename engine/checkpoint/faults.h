// What is wrong with a checkpoint's tensors, gathered, to be told at once.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <vector>

namespace flm {

/// A kind of fault that several readers find.
constexpr const char* kNoWeight = "dtype is not a weight's (F32, F16, BF16)";

class Faults {
 public:
  /// `kind` stands before its culprits: "missing", "surplus", "wrong shape".
  void add(const std::string& kind, const std::string& culprit) { kinds_[kind].push_back(culprit); }

  /// UserError in one line: each kind with at most 12 culprits and the count of the others.
  void throw_if_any(const std::string& what) const;

 private:
  std::map<std::string, std::vector<std::string>> kinds_;
};

}  // namespace flm
