// Which algorithm of the library computes which product: one line for each (n, k, type), in a file
// for each device and library version.
#pragma once

#include <array>
#include <cstdint>
#include <iosfwd>
#include <map>
#include <optional>
#include <string>
#include <tuple>

namespace flm {

/// The library's own description of an algorithm, word by word: opaque, and good for the same
/// version of the library (cuBLAS documentation, cublasLtMatmulAlgo_t).
using AlgorithmSettings = std::array<std::uint64_t, 8>;

struct PinnedAlgorithm {
  AlgorithmSettings settings{};
  std::int64_t rows = 0;  // of every call; 0: any number, for it makes no difference
};

class AlgorithmTable {
 public:
  using Key = std::tuple<std::int64_t, std::int64_t, std::string>;  // n, k, bf16 or fp32

  /// Reads `path`; a file that is not there is an empty table. A line that cannot be read is a
  /// UserError with file and line.
  /// Entries of `tuned`, a table's text, come first.
  explicit AlgorithmTable(std::string path, const std::string& tuned = "");

  std::optional<PinnedAlgorithm> find(const Key& key) const;
  const std::string& path() const { return path_; }
  /// Also appends it to the file.
  void add(const Key& key, const PinnedAlgorithm& pinned);

  /// $XDG_CACHE_HOME/flmeval/cublaslt/DEVICE-VERSION.txt, by default below ~/.cache.
  static std::string path_for(const std::string& device, std::int64_t version);
  /// DEVICE-VERSION-tuned.txt beside it: what doctor --tune wrote, never added to by a run.
  static std::string tuned_path_for(const std::string& device, std::int64_t version);
  /// That file's text, else the shipped table's, else "".
  static std::string tuned_text(const std::string& device, std::int64_t version);
  static std::string line_of(const Key& key, const PinnedAlgorithm& pinned);
  /// Puts the entries of `lines` into the file at `path`, over old ones of the same key.
  static void merge(const std::string& path, const std::string& lines);

 private:
  void read(std::istream& text, const std::string& name);

  std::string path_;
  std::map<Key, PinnedAlgorithm> entries_;
};

}  // namespace flm
