// tokenizer.json and tokenizer_config.json with every value in turn replaced by one of another
// kind.
#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "base/documents/json.h"
#include "base/errors.h"
#include "base/system/files.h"
#include "engine/tokenizer/tokenizer_json.h"
#include "tests/engine/tokenizer/checks.h"
#include "tests/temporary_folder.h"

namespace flm {
namespace {

using Pointer = Json::json_pointer;

/// Paths of all values; of long lists and objects only the first few entries.
void collect(const Json& value, const Pointer& path, std::vector<Pointer>& out) {
  out.push_back(path);
  std::size_t n = 0;
  for (const auto& [key, inner] : value.items()) {
    if (!value.is_structured() || ++n > 7) break;
    collect(inner, value.is_array() ? path / (n - 1) : path / key, out);
  }
}

const std::vector<Json>& replacements() {
  static const std::vector<Json> all = {nullptr,
                                        true,
                                        -1,
                                        99'999'999,
                                        1e300,
                                        "",
                                        "a b",
                                        "ByteLevel",
                                        "Sequence",
                                        Json::array(),
                                        Json::array({1, "x"}),
                                        Json::object()};
  return all;
}

/// Calls `read` on each damaged copy; only UserErrors may come out. Returns the number of those.
template <typename Read>
int refusals(const Json& whole, const Read& read) {
  std::vector<Pointer> paths;
  collect(whole, Pointer(), paths);
  int refused = 0;
  for (const Pointer& path : paths) {
    for (const Json& replacement : replacements()) {
      Json damaged = whole;
      damaged[path] = replacement;
      try {
        read(damaged.dump());
      } catch (const UserError&) {
        ++refused;
      }
    }
  }
  return refused;
}

/// A fixture with only the start of its vocabulary and no merges, so that damage is quick to try.
Json shortened(const std::string& style) {
  Json file = read_json_file(kFixtures + style + ".json");
  Json vocab = Json::object();
  for (const auto& [token, id] : file["model"]["vocab"].items())
    if (vocab.size() < 40) vocab[token] = id;
  file["model"]["vocab"] = vocab;
  file["model"]["merges"] = Json::array();
  return file;
}

TEST(TokenizerStructure, DamagedTokenizerJson) {
  for (const std::string style : {"llama3", "qwen2", "chain"}) {
    const int refused = refusals(shortened(style), [](const std::string& json) {
      const std::string text = "Hello 1 <mask> e\u0301 北京";
      const auto tokenizer = parse_tokenizer_json(json, "tokenizer.json", {}, AddBos::kAuto);
      expect_tiles(text, tokenizer->encode(text));
    });
    EXPECT_GT(refused, 100) << style;
  }
}

TEST(TokenizerStructure, DamagedConfiguration) {
  const Json whole =
      parse_json(R"({"tokenizer_class": "PreTrainedTokenizerFast", "add_bos_token": true,
      "bos_token": {"content": "<s>", "lstrip": false}, "eos_token": "</s>", "legacy": false,
      "additional_special_tokens": ["<x>", {"content": "<y>"}], "clean_up_tokenization_spaces": false,
      "added_tokens_decoder": {"0": {"content": "<s>", "special": true}},
      "chat_template": [{"name": "default", "template": "T"}]})",
                 "test");
  const TemporaryFolder folder;
  write_file_atomically(folder.path() + "/tokenizer.json", shortened("gpt2").dump());
  const int refused = refusals(whole, [&](const std::string& json) {
    write_file_atomically(folder.path() + "/tokenizer_config.json", json);
    const std::string text = "a <s> <x> <y>";
    expect_tiles(text, Tokenizer::open({folder.path()})->encode(text));
  });
  EXPECT_GT(refused, 50);
}

/// What transformers writes where a tokenizer has no limit: a number beyond 64 bits.
TEST(TokenizerStructure, ANumberBeyond64BitsThatMeansNothingIsReadOver) {
  const TemporaryFolder folder;
  folder.copy_from(std::string(FLM_NANO_DIR) + "/step_01600");
  std::string config = read_file(folder / "tokenizer_config.json");
  const std::string limit = "\"model_max_length\": 512";
  ASSERT_NE(config.find(limit), std::string::npos);
  config.replace(config.find(limit), limit.size(),
                 "\"model_max_length\": 1000000000000000019884624838656");
  write_file_atomically(folder / "tokenizer_config.json", config);
  const auto unlimited = Tokenizer::open({folder.path(), AddBos::kAuto});
  const auto named = Tokenizer::open({std::string(FLM_NANO_DIR) + "/step_01600", AddBos::kAuto});
  EXPECT_EQ(unlimited->encode_ids("The sun"), named->encode_ids("The sun"));
  EXPECT_EQ(unlimited->hash(), named->hash());
}

}  // namespace
}  // namespace flm
