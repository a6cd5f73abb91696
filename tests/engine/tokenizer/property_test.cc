// What holds for every tokenizer and every text, and for every broken file.
#include <gtest/gtest.h>

#include <array>
#include <filesystem>
#include <random>
#include <thread>

#include "base/errors.h"
#include "base/system/files.h"
#include "base/text/utf8.h"
#include "engine/tokenizer.h"
#include "engine/tokenizer/models/byte_level.h"
#include "engine/tokenizer/sentencepiece_tokenizer.h"
#include "tests/engine/tokenizer/checks.h"
#include "tests/engine/tokenizer/random_texts.h"

namespace flm {
namespace {

namespace fs = std::filesystem;

const std::string kModels = std::string(FLM_SHARED_DIR) + "/models/";

TEST(TokenizerProperties, SpansAndDroppedBytesTileEveryText) {
  const auto tokenizers = every_tokenizer();
  for (const auto& tokenizer : tokenizers) {
    Texts texts(20240425);
    for (int i = 0; i < 300; ++i) {
      const std::string text = texts.next();
      const Encoding encoding = tokenizer->encode(text);
      expect_tiles(text, encoding);
      EXPECT_EQ(tokenizer->encode_ids(text), encoding.ids);
      EXPECT_TRUE(utf8_valid(tokenizer->decode(encoding.ids, false)));
      for (const std::int32_t id : encoding.ids) {
        ASSERT_GE(id, 0);
        ASSERT_LT(id, tokenizer->vocab_size());
      }
    }
  }
}

TEST(TokenizerProperties, TokenBytesAreTheText) {
  const TemporaryFolder folder;
  fs::copy_file(kFixtures + "gpt2.json", folder.path() + "/tokenizer.json");
  const auto tokenizer = Tokenizer::open({folder.path()});
  Texts texts(1);
  for (int i = 0; i < 300; ++i) {
    const std::string text = texts.next();
    const Encoding encoding = tokenizer->encode(text);
    std::string bytes;
    for (const std::int32_t id : encoding.ids) bytes += tokenizer->token_bytes(id);
    EXPECT_EQ(bytes, text);
    EXPECT_EQ(tokenizer->decode(encoding.ids, false), text);
  }
}

TEST(TokenizerProperties, ThreadsMayShareATokenizer) {
  for (const auto& tokenizer : every_tokenizer()) {
    std::string text;
    Texts texts(3);
    for (int i = 0; i < 50; ++i) text += texts.next();
    const std::vector<std::int32_t> alone = tokenizer->encode_ids(text);
    std::array<std::vector<std::int32_t>, 4> together;
    std::vector<std::thread> threads;
    for (auto& ids : together) threads.emplace_back([&] { ids = tokenizer->encode_ids(text); });
    for (std::thread& thread : threads) thread.join();
    for (const auto& ids : together) EXPECT_EQ(ids, alone);
  }
}

TEST(TokenizerProperties, IdsOutsideTheVocabularyAreUserErrors) {
  for (const auto& tokenizer : every_tokenizer()) {
    for (const std::int32_t id : {-1, tokenizer->vocab_size(), 2'000'000'000}) {
      EXPECT_THROW(tokenizer->piece(id), UserError);
      EXPECT_THROW(tokenizer->token_bytes(id), UserError);
      EXPECT_THROW(tokenizer->decode(std::vector<std::int32_t>{id}), UserError);
    }
  }
}

/// One to three injuries between `from` and the end: bytes changed, removed or doubled, or the end
/// cut.
std::string damaged(std::string bytes, std::size_t from, std::mt19937_64& random) {
  for (std::uint64_t n = 1 + random() % 3; n > 0; --n) {
    const std::size_t at = from + random() % (bytes.size() - from);
    const std::size_t length = 1 + random() % 16;
    switch (random() % 8) {
      case 0:
        bytes.erase(at, length);
        break;
      case 1:
        bytes.insert(at, bytes.substr(at, length));
        break;
      case 2:
        bytes.resize(at + 1);
        break;
      default:
        bytes[at] = static_cast<char>(random());
    }
  }
  return bytes;
}

/// Returns how many of the damaged models were refused; nothing but a UserError may come of one.
int refused(const std::string& model, std::size_t from, int times) {
  std::mt19937_64 random(7);
  int count = 0;
  for (int i = 0; i < times; ++i) {
    try {
      const auto tokenizer =
          parse_sentencepiece(damaged(model, from, random), "damaged", {}, AddBos::kAuto);
      const std::string text = "Hello 北京 ﬁ Ａ１ 123 \n🙂  x\u00a0y";
      const Encoding encoding = tokenizer->encode(text);
      expect_tiles(text, encoding);
      tokenizer->decode(encoding.ids, false);
    } catch (const UserError&) {
      ++count;
    }
  }
  return count;
}

TEST(TokenizerProperties, DamagedSentencePieceModels) {
  if (!fs::exists(kModels)) GTEST_SKIP() << "skipped: ../shared is not here";
  const std::string nano = read_file(kModels + "nano/step_01600/tokenizer.model");
  EXPECT_GT(refused(nano, 0, 2000), 500);
  EXPECT_GT(refused(nano, nano.size() - 400, 500), 100);
  // This one ends with a character map, which the library follows without bounds.
  const std::string xlnet = read_file(kModels + "tokenizers/chinese-xlnet/spiece.model");
  EXPECT_GT(refused(xlnet, xlnet.size() - 242'000, 150), 50);
}

TEST(ByteLevel, AlphabetIsOneToOneAndLossyTextIsUtf8) {
  std::string alphabet, bytes;
  for (int byte = 0; byte < 256; ++byte) {
    utf8_append(alphabet, byte_level_character(static_cast<std::uint8_t>(byte)));
    bytes += static_cast<char>(byte);
  }
  EXPECT_EQ(byte_level_bytes(alphabet), bytes);
  EXPECT_EQ(byte_level_bytes("Ġthe"), " the");
  EXPECT_EQ(byte_level_bytes("a b"), std::nullopt);
  EXPECT_EQ(byte_level_bytes("\u4e2d"), std::nullopt);
  EXPECT_EQ(utf8_lossy("a\xE4\xB8"), "a\uFFFD");  // a cut character: one
  EXPECT_EQ(utf8_lossy("\xE4\xB8z\x80\x80"), "\uFFFDz\uFFFD\uFFFD");
  EXPECT_EQ(utf8_lossy("\xED\xA0\x80"), "\uFFFD\uFFFD\uFFFD");  // a surrogate: each byte
  EXPECT_EQ(utf8_lossy("\xF0\x9F\x99\x82"), "🙂");
}

}  // namespace
}  // namespace flm
