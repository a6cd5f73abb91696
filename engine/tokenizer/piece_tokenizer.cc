#include "engine/tokenizer/piece_tokenizer.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/errors.h"
#include "base/sha256.h"
#include "engine/tokenizer/components/decoder.h"
#include "engine/tokenizer/components/sections.h"
#include "engine/tokenizer/json_tokenizer.h"
#include "engine/tokenizer/json_values.h"
#include "engine/tokenizer/models/bpe_model.h"
#include "engine/tokenizer/models/unigram_model.h"
#include "engine/tokenizer/spans.h"

namespace flm {
namespace {

std::unique_ptr<PieceModel> read_model(const Json& file, const std::string& path) {
  const Json& model = model_of(file, path);
  const std::string type = json_string(model, "type", path, model.contains("merges") ? "BPE" : "");
  if (type == "Unigram" || (type.empty() && model.contains("unk_id")))
    return std::make_unique<UnigramModel>(model, path);
  return std::make_unique<BpeModel>(model, BpeModel::Alphabet::kCharacters, path);
}

class PieceTokenizer : public JsonTokenizer {
 public:
  PieceTokenizer(const Json& file, const std::string& file_hash, const std::string& path,
                 const TokenizerConfig& config, AddBos add_bos)
      : JsonTokenizer(file, path, config),
        model_(read_model(file, path)),
        cutter_(file, path),
        decoder_(file, path) {
    settle(*model_, file, path, config, add_bos);
    hash_ = Sha256().update("pieces 1\n" + file_hash + describe_added()).hex();
  }

  Encoding encode(std::string_view text, bool special_tokens) const override {
    require_utf8(text);
    Encoding out = begin(special_tokens);
    std::size_t done = 0;
    for (const TextPart& part : added_.split(text, 0, text.size(), false)) {
      const std::size_t first = out.ids.size(), end = std::max(done, part.end);
      if (part.token)
        push(part.token->id, done, end, out);
      else
        encode_part(text, part.begin, part.end, out);
      tile_spans(out, first, done, end);
      done = end;
    }
    return out;
  }

  std::string decode(std::span<const std::int32_t> ids, bool skip_special) const override {
    return finish_decoding(decoder_.decode(decoded_tokens(ids, skip_special)));
  }

  std::string token_bytes(std::int32_t id) const override {
    if (const AddedToken* token = added_.find_id(id)) return token->content;
    return decoder_.token_bytes(piece(id));
  }

 private:
  static void push(std::int32_t id, std::size_t begin, std::size_t end, Encoding& out) {
    out.ids.push_back(id);
    out.spans.push_back({begin, end});
  }

  /// Text [begin, end) between added tokens that are looked for before normalization.
  void encode_part(std::string_view text, std::size_t begin, std::size_t end, Encoding& out) const {
    const Section whole = normalized_section(text, begin, end, normalizer_);
    const std::string& normalized = whole.text.text;
    for (const TextPart& part : added_.split(normalized, 0, normalized.size(), true)) {
      if (part.token) {
        push(part.token->id, whole.text.back(part.begin), whole.text.back(part.end), out);
        continue;
      }
      const bool all = part.begin == 0 && part.end == normalized.size();
      for (const Section& word : cutter_.cut(all ? whole : whole.sub(part.begin, part.end)))
        encode_word(text, word.text, out);
    }
  }

  void encode_word(std::string_view text, const Normalized& word, Encoding& out) const {
    std::vector<WordPiece> pieces;
    model_->encode(word.text, pieces);
    for (const WordPiece& piece : pieces)
      push(piece.id, character_start(text, word.back(piece.begin)),
           character_start(text, word.back(character_start(word.text, piece.end))), out);
  }

  std::unique_ptr<PieceModel> model_;
  SectionCutter cutter_;
  Decoder decoder_;
};

}  // namespace

std::unique_ptr<ConfiguredTokenizer> make_piece_tokenizer(const Json& file,
                                                          const std::string& file_hash,
                                                          const std::string& path,
                                                          const TokenizerConfig& config,
                                                          AddBos add_bos) {
  return std::make_unique<PieceTokenizer>(file, file_hash, path, config, add_bos);
}

}  // namespace flm
