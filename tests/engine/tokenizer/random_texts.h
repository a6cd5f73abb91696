// Random texts and every tokenizer that the tests know: for what must hold for all of them.
#pragma once

#include <array>
#include <filesystem>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "base/system/files.h"
#include "engine/tokenizer.h"
#include "tests/engine/tokenizer/checks.h"

namespace flm {

/// Texts that join pieces at random: scripts, spaces, combining marks, special tokens whole and
/// cut.
class Texts {
 public:
  explicit Texts(std::uint64_t seed) : random_(seed) {}

  std::string next() {
    static constexpr std::array kPieces = {
        "a",       "the",     " ",        "  ",     "\n",   "\t",           "\r\n",
        "1",       "2024",    "'s",       "'LL",    "北京", "，",           "中",
        "é",       "e\u0301", "\u0323",   "\u0301", "🙂", "👩‍👩",  "\u3000",
        "\u00a0",  "\u2581",  "ﬁ",        "Ａ",     "한",   "\u1100\u1161", "<s>",
        "</s>",    "<unk>",   "<0x0A>",   "<",      "s>",   "<mask>",       "<left>",
        "<right>", "<both>",  "<word>",   "<nfc",   ">",    "\U00040000",   "\u0004",
        "\u007f",  "_",       "def f(x):"};
    std::string text;
    for (std::size_t n = random_() % 24; n > 0; --n) text += kPieces[random_() % kPieces.size()];
    if (random_() % 16 == 0) text += std::string("\0x", 2);
    return text;
  }

 private:
  std::mt19937_64 random_;
};

inline std::vector<std::unique_ptr<Tokenizer>> every_tokenizer() {
  namespace fs = std::filesystem;
  const std::string models = std::string(FLM_SHARED_DIR) + "/models/";
  const fs::path fixtures = FLM_SOURCE_DIR "/tests/engine/tokenizer/fixtures";
  std::vector<std::unique_ptr<Tokenizer>> all;
  for (const std::string style : {"gpt2", "llama3", "qwen2", "smollm", "chain"}) {
    const TemporaryFolder folder;
    fs::copy_file(fixtures / (style + ".json"), folder.path() + "/tokenizer.json");
    all.push_back(Tokenizer::open({folder.path()}));
  }
  if (!fs::exists(models)) return all;
  for (const auto& entry : fs::directory_iterator(models + "tokenizers"))
    if (entry.is_directory()) all.push_back(Tokenizer::open({entry.path()}));
  for (const std::string name : {"nano/step_01600", "stories260K"})
    all.push_back(Tokenizer::open({models + name}));
  for (const std::string legacy : {"true", "false"}) {
    const TemporaryFolder folder;
    fs::copy_file(models + "tokenizers/llama2/tokenizer.model", folder.path() + "/tokenizer.model");
    write_file_atomically(
        folder.path() + "/tokenizer_config.json",
        R"({"tokenizer_class": "LlamaTokenizer", "bos_token": "<s>", "eos_token": "</s>",
                              "unk_token": "<unk>", "legacy": )" +
            legacy + "}");
    all.push_back(Tokenizer::open({folder.path()}));
  }
  return all;
}

}  // namespace flm
