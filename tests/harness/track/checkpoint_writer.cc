#include "tests/harness/track/checkpoint_writer.h"

#include <algorithm>
#include <chrono>
#include <fstream>
#include <thread>

#include "base/system/clock.h"
#include "base/system/files.h"

namespace flm::testing {

namespace fs = std::filesystem;

void CheckpointWriter::write(const fs::path& from, const fs::path& to) {
  fs::create_directories(to);
  std::vector<fs::path> names;
  for (const auto& entry : fs::directory_iterator(from)) names.push_back(entry.path().filename());
  std::sort(names.begin(), names.end());
  std::shuffle(names.begin(), names.end(), random_);
  for (std::size_t i = 0; i < names.size();) {
    if (write_file(from / names[i], to / names[i]))
      ++i;
    else if (draw() < 0.3)
      i = 0;  // from the first file on
  }
}

/// False: killed.
bool CheckpointWriter::write_file(const fs::path& from, const fs::path& to) {
  const std::string bytes = read_file(from.string());
  const bool weights = to.extension() == ".safetensors";
  const std::size_t pieces = 1 + random_() % 4;
  const std::size_t killed_at = draw() < 0.25 ? random_() % pieces : pieces;
  std::ofstream file(to, std::ios::binary);
  for (std::size_t piece = 0; piece < pieces; ++piece) {
    const std::size_t begin = bytes.size() * piece / pieces;
    const std::size_t end = bytes.size() * (piece + 1) / pieces;
    if (piece == killed_at) {
      pause(weights ? draw() * 3 * patience_ : draw() * 0.4 * patience_, weights);
      return false;
    }
    file.write(bytes.data() + begin, static_cast<std::streamsize>(end - begin)).flush();
    pause(draw() * 0.1 * patience_, weights && piece + 1 < pieces);
  }
  return true;
}

void CheckpointWriter::pause(double seconds, bool shows) {
  const double before = monotonic_seconds();
  std::this_thread::sleep_for(std::chrono::duration<double>(seconds));
  if (!shows) longest_ = std::max(longest_, monotonic_seconds() - before);
}

}  // namespace flm::testing
