// Words and stems that nltk's PorterStemmer gives.
#include "tasks/native/porter_stem.h"

#include <gtest/gtest.h>

#include <utility>
#include <vector>

namespace flm {
namespace {

TEST(PorterStem, IsThatOfNltk) {
  const std::vector<std::pair<const char*, const char*>> stems = {
      {"is", "is"},
      {"sky", "sky"},
      {"skies", "sky"},
      {"dying", "die"},
      {"caresses", "caress"},
      {"ponies", "poni"},
      {"ties", "tie"},
      {"dies", "die"},
      {"cats", "cat"},
      {"feed", "feed"},
      {"agreed", "agre"},
      {"plastered", "plaster"},
      {"sing", "sing"},
      {"motoring", "motor"},
      {"conflated", "conflat"},
      {"troubled", "troubl"},
      {"sized", "size"},
      {"hopping", "hop"},
      {"falling", "fall"},
      {"hissing", "hiss"},
      {"failing", "fail"},
      {"filing", "file"},
      {"tried", "tri"},
      {"died", "die"},
      {"enjoy", "enjoy"},
      {"happy", "happi"},
      {"spy", "spi"},
      {"relational", "relat"},
      {"rational", "ration"},
      {"valency", "valenc"},
      {"radically", "radic"},
      {"hopefully", "hope"},
      {"analogously", "analog"},
      {"vietnamization", "vietnam"},
      {"decisiveness", "decis"},
      {"formality", "formal"},
      {"geology", "geolog"},
      {"logi", "logi"},
      {"triplicate", "triplic"},
      {"formative", "form"},
      {"electrical", "electr"},
      {"goodness", "good"},
      {"revival", "reviv"},
      {"replacement", "replac"},
      {"adoption", "adopt"},
      {"region", "region"},
      {"homologous", "homolog"},
      {"probate", "probat"},
      {"rate", "rate"},
      {"cease", "ceas"},
      {"controlle", "control"},
      {"roll", "roll"},
      {"syzygy", "syzygi"},
      {"yyyying", "yyyi"},
      {"1990s", "1990"},
  };
  for (const auto& [word, stem] : stems) EXPECT_EQ(porter_stem(word), stem) << word;
}

}  // namespace
}  // namespace flm
