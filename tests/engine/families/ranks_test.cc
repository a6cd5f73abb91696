// Families over ranks and over stages: one rank's bits, and float64's figures.
#include <algorithm>

#include "tests/engine/families/family_references.h"

namespace flm::test {
namespace {

namespace fs = std::filesystem;

struct Cut {
  int ranks = 1, stages = 1;
};

/// A model's answers to the texts and prompts of its reference.
class CutModel {
 public:
  CutModel(const fs::path& folder, const Json& reference, Precision precision, Cut cut) {
    EngineOptions options;
    options.model = folder.string();
    options.precision = precision;
    options.threads = 2;
    options.tensor_parallel = cut.ranks;
    options.pipeline_parallel = cut.stages;
    SilentProgress silent;
    const auto engine = Engine::open(options, silent);
    texts = score_all(*engine, reference_texts(reference, 2));
    answers = generate_all(*engine, folder.string(), reference_prompts(reference));
  }
  std::vector<ScoreResult> texts;
  std::vector<GenerateResult> answers;
};

/// Two and four ranks, or one for each head where there are fewer, and two stages.
std::vector<Cut> cuts_of(const fs::path& folder) {
  const int heads = read_json_file(folder / "config.json")["num_attention_heads"].get<int>();
  std::vector<Cut> cuts = {{.ranks = 2}, {.stages = 2}};
  if (heads > 2) cuts.push_back({.ranks = std::min(heads, 4)});
  return cuts;
}

/// Returns how many log-probabilities were compared.
std::size_t check_cuts_of(const fs::path& folder) {
  std::size_t compared = 0;
  const Json reference = read_json_file(folder / "reference.json");
  for (const Precision precision : {Precision::kFp32, Precision::kBf16}) {
    const CutModel one(folder, reference, precision, {});
    for (const Cut cut : cuts_of(folder)) {
      SCOPED_TRACE(folder.filename().string() + " over " + std::to_string(cut.ranks) +
                   " ranks and " + std::to_string(cut.stages) + " stages" +
                   (precision == Precision::kBf16 ? ", bf16" : ""));
      const CutModel many(folder, reference, precision, cut);
      EXPECT_EQ(differences(one.texts, many.texts), 0);
      for (std::size_t i = 0; i < one.answers.size(); ++i) {
        EXPECT_EQ(many.answers[i].tokens, one.answers[i].tokens);
        EXPECT_EQ(many.answers[i].logprobs, one.answers[i].logprobs);
      }
      compared += log_probabilities(many.texts);
      if (precision == Precision::kBf16) continue;
      check_scores(many.texts, reference);
      check_greedy(many.answers, reference);
    }
  }
  return compared;
}

TEST(FamilyRanks, TheSmallOnesHaveTheBitsOfOne) {
  const auto folders = families_in(kFamilyFixtures);
  ASSERT_EQ(folders.size(), 16u);
  std::size_t compared = 0;
  for (const fs::path& folder : folders) compared += check_cuts_of(folder);
  EXPECT_GE(compared, folders.size() * 500) << "log-probabilities";
}

TEST(FamilyRanks, ThoseBesideTheRepositoryHaveTheBitsOfOne) {
  FLM_NEED_SHARED();
  const auto folders = families_in(kSharedFamilies);
  ASSERT_EQ(folders.size(), 28u);
  for (const fs::path& folder : folders) (void)check_cuts_of(folder);
}

}  // namespace
}  // namespace flm::test
