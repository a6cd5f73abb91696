#include "base/numbers/cpython_random.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

#include "tests/tasks/python/goldens.h"

namespace flm {
namespace {

using Indices = std::vector<size_t>;

Indices choices(PythonRandom& random, size_t n, size_t k) {
  std::vector<uint32_t> out(k);
  random.choices(n, out);
  return {out.begin(), out.end()};
}

/// The golden holds integers of 100 bits: quoted, so that a JSON reader of 64 bits can pass over
/// them.
Json random_golden() {
  const std::string text = golden_text("units/random.json.gz");
  std::string quoted;
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find_first_not_of("0123456789", at), text.size());
    const bool large = end - at >= 20 && (at == 0 || text[at - 1] != '.');
    const std::string piece = text.substr(at, std::max<size_t>(end - at, 1));
    quoted += large ? '"' + piece + '"' : piece;
    at += piece.size();
  }
  return parse_json(quoted, "random");
}

std::string decimal(const std::vector<uint32_t>& words) {
  unsigned __int128 value = 0;
  for (size_t i = words.size(); i > 0; --i) value = value << 32 | words[i - 1];
  std::string out;
  for (; value > 0; value /= 10)
    out.insert(out.begin(), static_cast<char>('0' + static_cast<int>(value % 10)));
  return out;
}

class PythonRandomGolden : public testing::Test {
 protected:
  void SetUp() override {
    if (!has_shared()) GTEST_SKIP() << "skipped: ../shared is not here";
    rows = random_golden();
    ASSERT_GE(rows.size(), 7u);
  }
  Json rows;
};

TEST_F(PythonRandomGolden, Bits) {
  for (const Json& row : rows) {
    const int64_t seed = row["seed"].get<int64_t>();
    PythonRandom a(seed), b(seed), c(seed), d(seed);
    for (const Json& x : row["getrandbits32"]) EXPECT_EQ(a.getrandbits(32), x.get<uint64_t>());
    for (const Json& x : row["getrandbits"]) {
      const std::string expected = x[1].is_string() ? x[1].get<std::string>() : x[1].dump();
      EXPECT_EQ(decimal(b.random_words(x[0].get<int>())), expected == "0" ? "" : expected);
    }
    for (const Json& x : row["random"]) EXPECT_EQ(c.random(), x.get<double>());
    for (const Json& x : row["randrange"])
      EXPECT_EQ(d.randrange(x[0].get<uint64_t>()), x[1].get<uint64_t>());
  }
}

TEST_F(PythonRandomGolden, Draws) {
  for (const Json& row : rows) {
    const int64_t seed = row["seed"].get<int64_t>();
    PythonRandom choosing(seed), shuffling(seed);
    for (const Json& x : row["choices"])
      EXPECT_EQ(choices(choosing, x[0].get<size_t>(), 8), x[1].get<Indices>());
    Indices items(12);
    std::iota(items.begin(), items.end(), 0);
    shuffling.shuffle(items);
    EXPECT_EQ(items, row["shuffle12"].get<Indices>());
    for (const Json& x : row["sample"]) {
      PythonRandom sampling(seed);
      for (const Json& draw : x["draws"]) {
        EXPECT_EQ(sampling.sample(x["population"].get<size_t>(), x["k"].get<size_t>()),
                  draw.get<Indices>());
      }
    }
  }
}

TEST_F(PythonRandomGolden, OneStreamOfMixedDraws) {
  for (const Json& row : rows) {
    PythonRandom r(row["seed"].get<int64_t>());
    const Json& stream = row["one_stream"];
    EXPECT_EQ(r.sample(50, 4), stream[0].get<Indices>());
    EXPECT_EQ(r.random(), stream[1].get<double>());
    EXPECT_EQ(choices(r, 7, 3), stream[2].get<Indices>());
    EXPECT_EQ(r.sample(9, 9), stream[3].get<Indices>());
    EXPECT_EQ(r.randrange(100), stream[4].get<uint64_t>());
  }
}

TEST(PythonRandom, RefusesTooLargeASample) {
  EXPECT_THROW(PythonRandom(1).sample(3, 4), UserError);
}

}  // namespace
}  // namespace flm
