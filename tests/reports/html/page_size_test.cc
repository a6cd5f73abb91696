// A page of a hundred thousand pairs: how large it is, how long it takes to make.
#include <gtest/gtest.h>

#include <chrono>
#include <cmath>
#include <cstdlib>
#include <fstream>

#include "base/numbers/cpython_random.h"
#include "reports/html/compare/compare_page.h"
#include "tests/reports/html/made_comparison.h"

namespace flm {
namespace {

/// Words that are as frequent as in a language (Zipf).
class Words {
 public:
  Words() {
    for (int i = 0; i < 20'000; ++i) {
      std::string word;
      for (std::uint64_t n = 2 + random_.randrange(9); n > 0; --n)
        word += static_cast<char>('a' + random_.randrange(26));
      words_.push_back(word);
    }
  }

  std::string some(int count) {
    std::string out;
    for (int i = 0; i < count; ++i) {
      const double rank = std::pow(static_cast<double>(words_.size()), random_.random());
      out += " " + words_.at(static_cast<std::size_t>(rank) - 1);
    }
    return out;
  }

  PythonRandom random_{1};

 private:
  std::vector<std::string> words_;
};

std::map<std::string, std::vector<ItemText>> word_texts(std::uint32_t items) {
  Words words;
  std::vector<ItemText> out(items);
  for (std::uint32_t i = 0; i < items; ++i) {
    out[i].doc_id = i;
    out[i].prompt = words.some(45);
    for (int choice = 0; choice < 4; ++choice) {
      out[i].choices.push_back(words.some(2));
      out[i].log_likelihoods.push_back(-10 * words.random_.random());
    }
    out[i].target = "1";
    out[i].gold = 1;
  }
  return {{"words", out}};
}

Comparison many_pairs(std::uint32_t pairs) {
  Comparison out = made_comparison();
  const auto texts = std::make_shared<MadeTexts>(word_texts(pairs));
  for (ComparedRun& run : out.runs) run.texts = texts;
  MetricComparison metric = made_metric("acc", pairs, 0.45, 0.46, 0.0015, Outcome::kBetter);
  PythonRandom random(2);
  ComparisonRow row = made_row("words", "words", 0, {metric});
  for (std::uint32_t i = 0; i < pairs; ++i) {
    row.pairs.push_back({i, i});
    const bool right = random.random() < 0.45, turned = random.random() < 0.1;
    row.metrics[0].values_a.push_back(right);
    row.metrics[0].values_b.push_back(right != turned);
    row.margins_a.push_back(4 * random.random() - 2);
    row.margins_b.push_back(4 * random.random() - 2);
  }
  out.contrasts[0].rows = {row};
  return out;
}

/// FLM_PAGES=DIR keeps it there for scripts/browser-check --bars.
TEST(PageSize, AHundredThousandPairsTakeThirtyMegabytesAtMost) {
  const Comparison comparison = many_pairs(100'000);
  const auto begin = std::chrono::steady_clock::now();
  const std::string page = render_compare_html(comparison, html_options("all"));
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
  std::printf("100000 pairs: %.1f MB in %.2f s\n", static_cast<double>(page.size()) / 1e6,
              took.count());
  EXPECT_LE(page.size(), 30'000'000u);
  if (const char* kept = std::getenv("FLM_PAGES"))
    std::ofstream(std::string(kept) + "/pairs.html", std::ios::binary) << page;
}

}  // namespace
}  // namespace flm
