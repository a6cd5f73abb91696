// What a large .metadata costs: time and memory go with the number of its chunks.
//   FLM_CHUNKS=1000000 build/tests/test_engine_checkpoint --gtest_filter='DcpCosts*'
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <functional>

#include "engine/checkpoint/formats/dcp_metadata.h"
#include "tests/engine/checkpoint/checkpoint_fixtures.h"
#include "tests/engine/checkpoint/metadata_pickle.h"

namespace flm {
namespace {

constexpr int kChunksOfATensor = 1000;
constexpr double kSecondsAChunk = 5e-6, kBytesAChunk = 400;  // 1 M: 5 s, 400 MB

/// Tensors [1000, 8] of one row a chunk.
std::string metadata_of_chunks(int chunks) {
  std::vector<PickledEntry> entries;
  std::vector<PickledPlace> places;
  for (int c = 0; c < chunks; ++c) {
    const std::string name = "layers." + std::to_string(c / kChunksOfATensor) + ".weight";
    const std::int64_t row = c % kChunksOfATensor;
    if (row == 0) entries.push_back({name, {kChunksOfATensor, 8}, {}});
    entries.back().chunks.push_back({{row, 0}, {1, 8}});
    places.push_back({name, {row, 0}});
    places.back().offset = pickled_long(std::int64_t{1000} * c);
  }
  return pickled_metadata(entries, places);
}

/// Peak resident bytes of a process that does it. It begins as a copy of this one, which therefore
/// makes nothing large itself.
double peak_bytes(const std::function<void()>& action) {
  const pid_t child = fork();
  if (child == 0) {
    try {
      action();
    } catch (...) {
      _exit(1);
    }
    _exit(0);
  }
  int status = 0;
  rusage used{};
  EXPECT_EQ(wait4(child, &status, 0, &used), child);
  EXPECT_EQ(status, 0);
  return 1024.0 * static_cast<double>(used.ru_maxrss);
}

TEST(DcpCosts, GoWithTheChunks) {
  const char* asked = std::getenv("FLM_CHUNKS");
  const int chunks = asked ? std::atoi(asked) : 50 * kChunksOfATensor;
  const TemporaryFolder folder;
  const std::string path = folder / ".metadata";
  peak_bytes([&] { folder.write(".metadata", metadata_of_chunks(chunks)); });
  const double before = peak_bytes([] {});
  const double peak = peak_bytes([&] { read_dcp_metadata(*MappedFile::open(path)); });
  const std::clock_t begin = std::clock();
  const DcpMetadata metadata = read_dcp_metadata(*MappedFile::open(path));
  const double seconds = static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC;
  std::printf("%d chunks, %.0f MB of .metadata: %.2f s, %.0f MB more in memory\n", chunks,
              static_cast<double>(std::filesystem::file_size(path)) / 1e6, seconds,
              (peak - before) / 1e6);
  EXPECT_EQ(metadata.chunks.size(), static_cast<std::size_t>(chunks));
  if (!asked) return;  // other tests share the machine
  EXPECT_LT(seconds, kSecondsAChunk * chunks);
  EXPECT_LT(peak - before, kBytesAChunk * chunks);
}

}  // namespace
}  // namespace flm
