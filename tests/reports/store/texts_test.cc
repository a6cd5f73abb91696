// Long texts of samples: cut into pieces, each of which stands once.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <set>

#include "reports/store/sqlite.h"
#include "reports/store/text_pieces.h"
#include "tests/reports/store/store_fixture.h"

namespace flm {
namespace {

using testing::HasSubstr;

std::string joined(const std::vector<std::string_view>& pieces) {
  std::string out;
  for (const std::string_view piece : pieces) out += piece;
  return out;
}

/// A paragraph of `bytes`, told from others by its `name`.
std::string paragraph(const std::string& name, std::size_t bytes) {
  std::string out = name;
  while (out.size() < bytes) out += " word";
  out.resize(bytes);
  return out;
}

const std::string kShots =
    paragraph("first example", 300) + R"(\n\n)" + paragraph("second example", 500) + R"(\n\n)";

/// Requests of an item with four choices, as compact JSON.
std::string four_choices(const std::string& question) {
  const std::string prompt = kShots + question + R"(\nAnswer:)";
  std::string out = "[";
  for (const char* choice : {"A", "B", "C", "D"})
    out += (out.size() == 1 ? "[\"" : ",[\"") + prompt + "\",\" " + choice + "\"]";
  return out + "]";
}

TEST(TextPieces, TogetherAreTheTextWhateverItIs) {
  std::mt19937 random(20261130);
  const std::vector<std::string> parts = {"\\n\\n",
                                          "\\n",
                                          "\\",
                                          "\"",
                                          "\",\"",
                                          "],[\"",
                                          "[[\"",
                                          "]",
                                          ",",
                                          "[",
                                          "ab ",
                                          "漢字",
                                          "\xff",
                                          std::string(1, '\0'),
                                          paragraph("p", 90)};
  for (int text = 0; text < 2000; ++text) {
    std::string json;
    for (std::size_t part = random() % 40; part > 0; --part) json += parts[random() % parts.size()];
    const auto pieces = text_pieces(json);
    ASSERT_EQ(joined(pieces), json);
    for (const std::string_view piece : pieces) ASSERT_FALSE(piece.empty());
  }
}

TEST(TextPieces, WhatItemsAndChoicesShareIsCutAlike) {
  std::multiset<std::string_view> all;
  const std::string a = four_choices("How many?"), b = four_choices("Which of them?");
  for (const std::string* text : {&a, &b})
    for (const std::string_view piece : text_pieces(*text)) all.insert(piece);
  EXPECT_EQ(all.count("How many?\\nAnswer:"), 4U);
  EXPECT_EQ(all.count(paragraph("first example", 300) + "\\n\\n"), 8U);
  EXPECT_EQ(all.count(paragraph("second example", 500) + "\\n\\n"), 8U);
  EXPECT_EQ(all.count("\",\" A\"],[\""), 2U);
}

TEST(TextPieces, LongTextsHaveFew) {
  std::string text = "[[\"\",\"";
  for (int i = 0; i < 20'000; ++i) text += paragraph(std::to_string(i), 100) + R"(\n\n)";
  EXPECT_LT(text_pieces(text + "\"]]").size(), 1000U) << "of 20,000 paragraphs, 2 MB";
}

class StoredTextsTest : public StoreTest {
 protected:
  static SampleRecord with_texts(std::int64_t doc) {
    SampleRecord out = sample(doc, 1);
    out.doc_json = R"({"question": ")" + paragraph("question " + std::to_string(doc), 400) + "\"}";
    out.arguments_json = four_choices(paragraph("question " + std::to_string(doc), 400));
    return out;
  }
  void put(Store& store, const std::string& id, std::int64_t docs) {
    store.begin_run(run(id));
    for (std::int64_t doc = 0; doc < docs; ++doc) store.put_sample(id, with_texts(doc));
    store.commit();
  }
  void expect_texts(Store& store, const std::string& id, std::size_t docs) {
    const auto samples = store.samples(id, "t");
    ASSERT_EQ(samples.size(), docs);
    for (const SampleRecord& read : samples) {
      EXPECT_EQ(read.doc_json, with_texts(read.doc_id).doc_json);
      EXPECT_EQ(read.arguments_json, with_texts(read.doc_id).arguments_json);
    }
  }
  std::string value(const std::string& sql) {
    return SqliteDatabase(path_, 0, SqliteAccess::kRead).value(sql);
  }
};

TEST_F(StoredTextsTest, ComeBackAndStandOnceForAllRuns) {
  const auto store = Store::open(path_);
  put(*store, "a", 5);
  const std::string pieces = value("SELECT count(*) FROM texts"),
                    bytes = value("SELECT sum(length(text)) FROM texts");
  EXPECT_LT(std::stoi(bytes), 302 + 502 + 5 * (418 + 410) + 100) << "shots once, prompts once";
  put(*store, "b", 5);
  EXPECT_EQ(value("SELECT count(*) FROM texts"), pieces);
  EXPECT_EQ(value("SELECT sum(length(text)) FROM texts"), bytes);
  for (const char* id : {"a", "b"}) expect_texts(*store, id, 5);
  expect_texts(*Store::open_to_read(path_), "b", 5);
}

TEST_F(StoredTextsTest, WhatAFailedCommitWroteIsWrittenAgain) {
  const auto store = Store::open(path_);
  execute(path_,
          "CREATE TRIGGER no BEFORE INSERT ON samples WHEN NEW.doc_id = 4 "
          "BEGIN SELECT RAISE(ABORT, 'not now'); END");
  EXPECT_NE(error_of([&] { put(*store, "a", 5); }), "");
  EXPECT_EQ(value("SELECT count(*) FROM texts"), "0");
  execute(path_, "DROP TRIGGER no");
  store->commit();
  expect_texts(*store, "a", 5);
}

TEST_F(StoredTextsTest, OfAnOlderStoreAreReadAsTheyStandThere) {
  { put(*Store::open(path_), "a", 2); }
  const SampleRecord first = with_texts(0);
  execute(path_, ("DELETE FROM samples WHERE doc_id = 1; UPDATE samples SET doc = '" +
                  first.doc_json + "', arguments = '" + first.arguments_json +
                  "'; DROP TABLE texts; PRAGMA user_version = 3")
                     .c_str());
  expect_texts(*Store::open_to_read(path_), "a", 1);
  const auto store = Store::open(path_);
  expect_texts(*store, "a", 1);
  put(*store, "b", 3);
  expect_texts(*store, "a", 1);
  expect_texts(*store, "b", 3);
}

TEST_F(StoredTextsTest, APieceThatIsGoneIsNamedWithItsRun) {
  const auto store = Store::open(path_);
  put(*store, "a", 2);
  execute(path_, "DELETE FROM texts WHERE id = 3");
  EXPECT_THAT(error_of([&] { store->samples("a", "t"); }),
              testing::AllOf(HasSubstr("the texts of a document of run a in " + path_),
                             HasSubstr("give a copy of the store"), HasSubstr(": 3")));
  EXPECT_EQ(store->sample_values("a", "t").size(), 2U) << "figures need no texts";
  execute(path_, "UPDATE samples SET arguments = x'ffffffffffffffffffffff'");
  EXPECT_THAT(error_of([&] { store->samples("a", "t"); }),
              HasSubstr("the texts of a document of run a"));
}

}  // namespace
}  // namespace flm
