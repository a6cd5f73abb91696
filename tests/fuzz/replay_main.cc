// fuzz_NAME CORPUS [FILE MUTATION]: runs a fuzz target over the files of a folder and a fixed
// number of mutations of each. The last line before a crash says which arguments run that input
// alone.
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <filesystem>
#include <string>
#include <vector>

#include "base/system/files.h"
#include "tests/fuzz/mutation.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

constexpr std::uint64_t kMutationsInAll = 20000;

/// Written before each input so that the signal handler only has to write it out.
char current_input[512];

void report_crash(int signal_number) {
  const ssize_t written = write(STDERR_FILENO, current_input, std::strlen(current_input));
  std::signal(signal_number, SIG_DFL);
  std::raise(written < 0 ? SIGKILL : signal_number);
}

struct Seed {
  std::string path, bytes;
};

std::vector<Seed> read_seeds(const std::string& corpus) {
  std::vector<Seed> seeds;
  for (const auto& entry : std::filesystem::directory_iterator(corpus))
    if (entry.is_regular_file()) seeds.push_back({entry.path(), flm::read_file(entry.path())});
  std::sort(seeds.begin(), seeds.end(),
            [](const Seed& a, const Seed& b) { return a.path < b.path; });
  return seeds;
}

/// Mutation 0 is the seed itself.
void run_one(const std::vector<Seed>& seeds, std::size_t index, std::uint64_t mutation) {
  const Seed& seed = seeds[index];
  std::snprintf(current_input, sizeof current_input, "crashed with: %zu %llu  (%s)\n", index,
                static_cast<unsigned long long>(mutation), seed.path.c_str());
  const std::string& other = seeds[(index + mutation) % seeds.size()].bytes;
  const std::string bytes =
      mutation == 0 ? seed.bytes : flm::fuzz::mutate(seed.bytes, other, mutation);
  LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
}

int replay(int argc, char** argv) {
  const std::vector<Seed> seeds = read_seeds(argv[1]);
  if (seeds.empty()) {
    std::fprintf(stderr, "no seeds in %s\n", argv[1]);
    return 1;
  }
  if (argc == 4) {
    run_one(seeds, std::min(std::stoull(argv[2]), seeds.size() - 1ull), std::stoull(argv[3]));
    return 0;
  }
  const std::uint64_t each = kMutationsInAll / seeds.size();
  for (std::size_t index = 0; index < seeds.size(); ++index)
    for (std::uint64_t mutation = 0; mutation <= each; ++mutation) run_one(seeds, index, mutation);
  std::printf("%zu seeds, %llu inputs\n", seeds.size(),
              static_cast<unsigned long long>(seeds.size() * (each + 1)));
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2 && argc != 4) {
    std::fprintf(stderr, "usage: %s CORPUS [FILE MUTATION]\n", argv[0]);
    return 2;
  }
  for (const int number : {SIGSEGV, SIGABRT, SIGBUS, SIGFPE, SIGILL})
    std::signal(number, report_crash);
  try {
    return replay(argc, argv);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%sescaped: %s\n", current_input, error.what());
    return 1;
  }
}
