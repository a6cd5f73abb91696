// A trainer that is slow, untidy and killed now and then: copies checkpoints in pieces.
#pragma once

#include <filesystem>
#include <random>
#include <string>
#include <vector>

namespace flm::testing {

/// Writes one checkpoint after the other, the files of each in a random order. It is killed at
/// random places and begins a file, or the whole checkpoint, again. `patience`: seconds that no
/// pause lasts where the contents cannot show that the checkpoint is not whole; in the middle of
/// the weights, which can, pauses may be longer.
class CheckpointWriter {
 public:
  CheckpointWriter(std::uint64_t seed, double patience) : random_(seed), patience_(patience) {}

  void write(const std::filesystem::path& from, const std::filesystem::path& to);
  /// The longest pause that was really made where nothing shows it: more than `patience` on a busy
  /// machine.
  double longest_pause() const { return longest_; }

 private:
  bool write_file(const std::filesystem::path& from, const std::filesystem::path& to);
  void pause(double seconds, bool shows);
  double draw() { return std::uniform_real_distribution<double>(0, 1)(random_); }

  std::mt19937_64 random_;
  const double patience_;
  double longest_ = 0;
};

}  // namespace flm::testing
