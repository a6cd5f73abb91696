// Families of models against float64 references: log-probabilities, greedy ids, both spellings of
// config.json. The small ones lie in fixtures/ (scripts: fixtures/README.md), more in ../shared.
#include <gmock/gmock.h>

#include <cmath>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "base/documents/json.h"
#include "tests/engine/checkpoint/checkpoint_fixtures.h"
#include "tests/engine/fixture.h"

namespace flm::test {
namespace {

namespace fs = std::filesystem;

constexpr double kMostError = 5e-5;  // of one log-probability

/// The folder as it is, and one with the older spelling of its configuration.
class Spellings {
 public:
  explicit Spellings(const fs::path& folder) : folder_(folder) {
    if (!fs::exists(folder / "config-4.json")) return;
    for (const auto& file : fs::directory_iterator(folder))
      if (file.path().filename() != "config.json")
        fs::create_symlink(fs::absolute(file.path()), older_ / file.path().filename());
    fs::create_symlink(fs::absolute(folder / "config-4.json"), older_ / "config.json");
  }
  std::vector<std::string> folders() const {
    std::vector<std::string> all = {folder_.string()};
    if (fs::exists(older_ / "config.json")) all.push_back(older_.string());
    return all;
  }

 private:
  const fs::path folder_;
  const TemporaryFolder temporary_;
  const fs::path older_ = temporary_.path();
};

void check_scores(Engine& engine, const Json& reference) {
  std::vector<ScoreRequest> requests;
  for (const Json& sequence : reference["sequences"])
    requests.push_back({sequence["ids"].get<std::vector<std::int32_t>>(), 1, 0});
  const std::vector<ScoreResult> results = score_all(engine, requests);
  for (std::size_t i = 0; i < results.size(); ++i) {
    const Json& sequence = reference["sequences"][i];
    const auto expected = sequence["token_logprobs"].get<std::vector<double>>();
    ASSERT_EQ(results[i].logprobs.size(), expected.size());
    double squares = 0;
    for (std::size_t p = 0; p < expected.size(); ++p) {
      const double error = static_cast<double>(results[i].logprobs[p]) - expected[p];
      ASSERT_LE(std::abs(error), kMostError) << "sequence " << i << " position " << p;
      squares += error * error;
    }
    if (expected.size() <= 30 || !sequence.contains("naive_error")) continue;
    const double naive = sequence["naive_error"]["float32"]["rms"].get<double>();
    EXPECT_LE(std::sqrt(squares / static_cast<double>(expected.size())), 2 * naive + 1e-7);
  }
}

void check_greedy(Engine& engine, const std::string& folder, const Json& reference) {
  if (!reference.contains("greedy")) return;
  std::vector<GenerateRequest> requests;
  for (const Json& one : reference["greedy"]) {
    GenerateRequest request;
    request.prompt = one["prompt"].get<std::vector<std::int32_t>>();
    request.max_new_tokens = static_cast<std::int32_t>(one["ids"].size());
    requests.push_back(std::move(request));
  }
  const std::vector<GenerateResult> results = generate_all(engine, folder, requests);
  for (std::size_t i = 0; i < results.size(); ++i)
    EXPECT_EQ(results[i].tokens, reference["greedy"][i]["ids"].get<std::vector<std::int32_t>>());
}

void check_family(const fs::path& folder) {
  const Json reference = read_json_file(folder / "reference.json");
  const Spellings spellings(folder);
  for (const std::string& spelling : spellings.folders()) {
    SCOPED_TRACE(spelling);
    const auto engine = open_engine(spelling);
    check_scores(*engine, reference);
    check_greedy(*engine, spelling, reference);
  }
}

std::vector<fs::path> folders_in(const fs::path& root) {
  std::vector<fs::path> found;
  if (!fs::exists(root)) return found;
  for (const auto& entry : fs::directory_iterator(root))
    if (fs::exists(entry.path() / "reference.json")) found.push_back(entry.path());
  std::sort(found.begin(), found.end());
  return found;
}

TEST(Families, TheSmallOnesAgreeWithFloat64) {
  const auto folders = folders_in(FLM_SOURCE_DIR "/tests/engine/families/fixtures");
  ASSERT_FALSE(folders.empty());
  for (const fs::path& folder : folders) check_family(folder);
}

TEST(Families, ThoseBesideTheRepositoryAgreeWithFloat64) {
  FLM_NEED_SHARED();
  const auto folders = folders_in(kShared / "conformance/families");
  ASSERT_EQ(folders.size(), 28u);
  for (const fs::path& folder : folders) check_family(folder);
}

}  // namespace
}  // namespace flm::test
