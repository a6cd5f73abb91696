// Families of models against float64 references: log-probabilities, greedy ids, both spellings of
// config.json. The small ones lie in fixtures/ (scripts: fixtures/README.md), more in ../shared.
#include <gmock/gmock.h>

#include "tests/engine/checkpoint/checkpoint_fixtures.h"
#include "tests/engine/families/family_references.h"

namespace flm::test {
namespace {

namespace fs = std::filesystem;

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

void check_family(const fs::path& folder) {
  const Json reference = read_json_file(folder / "reference.json");
  const Spellings spellings(folder);
  for (const std::string& spelling : spellings.folders()) {
    SCOPED_TRACE(spelling);
    const auto engine = open_engine(spelling);
    check_scores(score_all(*engine, reference_texts(reference)), reference);
    check_greedy(generate_all(*engine, spelling, reference_prompts(reference)), reference);
  }
}

TEST(Families, TheSmallOnesAgreeWithFloat64) {
  const auto folders = families_in(kFamilyFixtures);
  ASSERT_EQ(folders.size(), 16u);
  for (const fs::path& folder : folders) check_family(folder);
}

TEST(Families, ThoseBesideTheRepositoryAgreeWithFloat64) {
  FLM_NEED_SHARED();
  const auto folders = families_in(kSharedFamilies);
  ASSERT_EQ(folders.size(), 28u);
  for (const fs::path& folder : folders) check_family(folder);
}

}  // namespace
}  // namespace flm::test
