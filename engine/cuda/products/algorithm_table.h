// Which algorithm of the library computes which product: a line for each (n, k, type) and one more
// where few rows have another, in a file for each device and library version.
#pragma once

#include <array>
#include <cstdint>
#include <iosfwd>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

namespace flm {

/// The library's own description of an algorithm, word by word: opaque, and good for the same
/// version of the library (cuBLAS documentation, cublasLtMatmulAlgo_t).
using AlgorithmSettings = std::array<std::uint64_t, 8>;

/// Rows of every call of an algorithm for multiples alone are multiples of this.
inline constexpr std::int64_t kPaddedRows = 128;
/// Rows of a call that an algorithm for few rows takes at most.
inline constexpr std::int64_t kMostFewRows = 64;

struct PinnedAlgorithm {
  AlgorithmSettings settings{};
  bool multiples = false;  // a row's bits were seen to depend on other numbers of rows
  std::optional<AlgorithmSettings> few;  // the same bits for at most kMostFewRows rows, faster
};

class AlgorithmTable {
 public:
  using Key = std::tuple<std::int64_t, std::int64_t, std::string>;  // n, k, bf16 or fp32

  /// Reads `path`; a file that is not there is an empty table. A line that cannot be read is a
  /// UserError with file and line.
  /// Entries of `tuned`, a table's text, come first.
  explicit AlgorithmTable(std::string path, const std::string& tuned = "");

  /// Null where there is none; good until the table is gone.
  const PinnedAlgorithm* find(const Key& key) const;
  const std::string& path() const { return path_; }
  /// Also appends it to the file, with `notes` as comments. Where another rank or process was there
  /// first its algorithm is taken: all have the same one.
  void add(const Key& key, const PinnedAlgorithm& pinned,
           const std::vector<std::string>& notes = {});

  /// $XDG_CACHE_HOME/flmeval/cublaslt/DEVICE-VERSION-searchN.txt, by default below ~/.cache.
  static std::string path_for(const std::string& device, std::int64_t version);
  /// DEVICE-VERSION-tuned.txt beside it: what doctor --tune wrote, never added to by a run.
  static std::string tuned_path_for(const std::string& device, std::int64_t version);
  /// That file's text, else the shipped table's, else "".
  static std::string tuned_text(const std::string& device, std::int64_t version);
  /// One line, or two: the second for few rows.
  static std::string lines_of(const Key& key, const PinnedAlgorithm& pinned);
  /// What decides the algorithms that runs use: the rule of the search, of which device and library
  /// version make one answer, and the text of a tuned table by its hash.
  static std::string identity(const std::string& tuned);
  /// Puts the entries of `lines` into the file at `path`, over old ones of the same key.
  static void merge(const std::string& path, const std::string& lines);

 private:
  void read(std::istream& text, const std::string& name);
  bool take(const std::string& line);

  std::string path_;
  std::map<Key, PinnedAlgorithm> entries_;
};

}  // namespace flm
