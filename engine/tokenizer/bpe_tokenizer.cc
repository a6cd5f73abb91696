#include "engine/tokenizer/bpe_tokenizer.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <unordered_map>

#include "base/errors.h"
#include "base/sha256.h"
#include "engine/tokenizer/components/decoder.h"
#include "engine/tokenizer/components/pre_tokenizer.h"
#include "engine/tokenizer/json_tokenizer.h"
#include "engine/tokenizer/json_values.h"
#include "engine/tokenizer/models/bpe_model.h"
#include "engine/tokenizer/models/byte_level.h"
#include "engine/tokenizer/spans.h"
#include "engine/tokenizer/transformers_class.h"

namespace flm {
namespace {

/// Where the offsets of some words lead in the original text: they begin at `start` of the part
/// that was normalized, behind `added` bytes that were put before them.
struct Origin {
  const Normalized& normalized;
  std::size_t base = 0, start = 0, added = 0;
  std::size_t operator()(std::size_t offset) const {
    return base + normalized.back(start + offset - std::min(offset, added));
  }
};

/// Collects ids, and spans over the original text that tile it together with the dropped bytes.
class Collector {
 public:
  Collector(Encoding& out, std::string_view text, std::size_t done)
      : out_(out), text_(text), cursor_(done) {}

  /// A token whose bytes end at `end`: it owns what is unowned before the character that `end` is
  /// in.
  void push(std::int32_t id, std::size_t end) {
    const std::size_t to = std::max(cursor_, character_start(text_, end));
    out_.ids.push_back(id);
    out_.spans.push_back({cursor_, to});
    cursor_ = to;
  }

  /// Bytes [begin, end) have no token; unowned bytes before them go to the token before.
  void drop(std::size_t begin, std::size_t end) {
    end = std::max(end, cursor_);
    begin = std::clamp(begin, cursor_, end);
    if (begin > cursor_ && !out_.spans.empty() && out_.spans.back().end == cursor_) {
      out_.spans.back().end = begin;
      cursor_ = begin;
    }
    if (cursor_ == end) return;
    auto& dropped = out_.dropped;
    const bool joins =
        !dropped.empty() && dropped.back().end == cursor_ && last_drop_ == out_.ids.size();
    if (joins)
      dropped.back().end = end;
    else
      dropped.push_back({cursor_, end});
    last_drop_ = out_.ids.size();
    cursor_ = end;
  }

 private:
  Encoding& out_;
  std::string_view text_;
  std::size_t cursor_;
  std::size_t last_drop_ = static_cast<std::size_t>(-1);
};

class BpeTokenizer : public JsonTokenizer {
 public:
  BpeTokenizer(const Json& file, const std::string& file_hash, const std::string& path,
               const TokenizerConfig& config, AddBos add_bos)
      : JsonTokenizer(file, path, config),
        model_(model_of(file, path), BpeModel::Alphabet::kBytes, path),
        pre_tokenizer_(json_components(file, "pre_tokenizer", "pretokenizers", path), path),
        decoder_(file, path) {
    if (!pre_tokenizer_.byte_level())
      throw UserError(path + ": the decoder is ByteLevel and the pre_tokenizer is not");
    check_decoder(file, path);
    if (json_string(file["pre_tokenizer"], "type", path) == "ByteLevel")
      resolve_prefix_space(path, config);
    settle(model_, file, path, config, add_bos);
    hash_ = Sha256()
                .update("byte-level BPE 1\n" + file_hash + describe_added() +
                        (pre_tokenizer_.prefix_space() ? "prefix\n" : ""))
                .hex();
    cuts_known_ = !pre_tokenizer_.prefix_space() && normalizer_.keeps_lines_apart() &&
                  std::none_of(added_.tokens().begin(), added_.tokens().end(), [](const auto& t) {
                    return t.lstrip || t.rstrip || t.content.find('\n') != std::string::npos;
                  });
  }

  Encoding encode(std::string_view text, bool special_tokens) const override {
    require_utf8(text);
    Encoding out = begin(special_tokens);
    Collector collector(out, text, 0);
    Cache cache;
    for (const TextPart& part : added_.split(text, 0, text.size(), false)) {
      if (part.token)
        collector.push(part.token->id, part.end);
      else
        encode_part(text.substr(part.begin, part.end - part.begin), part.begin, collector, cache);
    }
    return out;
  }

  std::size_t next_cut(std::string_view text, std::size_t from) const override {
    return cuts_known_ ? pre_tokenizer_.next_cut(text, from) : text.npos;
  }

  std::vector<std::int32_t> encode_after_cut(std::string_view text) const override {
    return encode(text, false).ids;
  }

  std::string decode(std::span<const std::int32_t> ids, bool skip_special) const override {
    return finish_decoding(decoder_.decode(decoded_tokens(ids, skip_special)));
  }

  std::string token_bytes(std::int32_t id) const override {
    if (const AddedToken* token = added_.find_id(id)) return token->content;
    const std::string text = piece(id);
    return byte_level_bytes(text).value_or(text);
  }

 private:
  /// Words of the call that were encoded before: most of a text repeats.
  struct Cache {
    std::unordered_map<std::string, std::vector<WordPiece>> words;
  };

  static void check_decoder(const Json& file, const std::string& path) {
    for (const Json* step : json_components(file, "decoder", "decoders", path)) {
      const std::string type = json_string(*step, "type", path);
      if (type != "ByteLevel") unknown_component(path, "decoder of bytes", "ByteLevel", type);
    }
  }

  /// Of a ByteLevel that stands alone add_prefix_space overrides the flag in transformers 4, where
  /// not given as false, and in those classes of transformers 5 that rebuild. Where the two differ,
  /// a key that is given counts.
  void resolve_prefix_space(const std::string& path, const TokenizerConfig& config) {
    const bool of_the_key = config.add_prefix_space.value_or(false);
    const bool rebuilt = class_in_transformers_5(config, true) != RebuildingClass::kNone;
    const bool same = of_the_key == pre_tokenizer_.prefix_space();
    if (same || declared_class(config) == "LlamaTokenizer") return;  // it has no such flag
    if (rebuilt || config.add_prefix_space) pre_tokenizer_.set_prefix_space(of_the_key);
    if (!rebuilt && config.present) note_prefix_space(path, config.add_prefix_space.has_value());
  }

  void note_prefix_space(const std::string& path, bool asked) {
    const bool puts = pre_tokenizer_.prefix_space();
    add_note(path + ": " + (puts ? "a" : "no") + " blank is put before a text, as " +
             (asked ? "add_prefix_space asks and transformers 4 does; transformers 5 follows this "
                      "file and puts "
                    : "this file and transformers 5 have it; transformers 4, without "
                      "add_prefix_space, puts ") +
             (puts ? "none" : "one"));
  }

  /// Text between added tokens that are looked for before normalization.
  void encode_part(std::string_view text, std::size_t base, Collector& out, Cache& cache) const {
    const Normalized normalized = normalizer_.apply(text);
    const std::string_view whole = normalized.text;
    if (whole.empty()) out.drop(base, base + text.size());  // the normalizer left nothing
    for (const TextPart& part : added_.split(whole, 0, whole.size(), true)) {
      if (part.token) {
        out.push(part.token->id, base + normalized.back(part.end));
        continue;
      }
      const std::string_view inner = whole.substr(part.begin, part.end - part.begin);
      if (pre_tokenizer_.prefix_space() && !inner.starts_with(' '))
        encode_words(" " + std::string(inner), {normalized, base, part.begin, 1}, out, cache);
      else
        encode_words(inner, {normalized, base, part.begin, 0}, out, cache);
    }
  }

  void encode_words(std::string_view text, const Origin& origin, Collector& out,
                    Cache& cache) const {
    std::size_t done = 0;
    for (const ByteSpan& word : pre_tokenizer_.split(text)) {
      out.drop(origin(done), origin(word.begin));
      encode_word(text.substr(word.begin, word.end - word.begin), word.begin, origin, out, cache);
      done = word.end;
    }
    out.drop(origin(done), origin(text.size()));
  }

  void encode_word(std::string_view word, std::size_t at, const Origin& origin, Collector& out,
                   Cache& cache) const {
    constexpr std::size_t kLongestCached = 64;
    std::vector<WordPiece> own;
    const std::vector<WordPiece>* pieces = &own;
    if (word.size() > kLongestCached) {
      model_.encode(word, own);
    } else {
      const auto [entry, is_new] = cache.words.try_emplace(std::string(word));
      if (is_new) model_.encode(word, entry->second);
      pieces = &entry->second;
    }
    std::uint32_t done = 0;
    for (const WordPiece& piece : *pieces) {
      if (piece.begin > done) out.drop(origin(at + done), origin(at + piece.begin));
      out.push(piece.id, origin(at + piece.end));
      done = piece.end;
    }
    if (done < word.size()) out.drop(origin(at + done), origin(at + word.size()));
  }

  BpeModel model_;
  PreTokenizer pre_tokenizer_;
  Decoder decoder_;
  bool cuts_known_ = false;  // neither an added token nor a step before the model reaches over one
};

}  // namespace

std::unique_ptr<ConfiguredTokenizer> make_byte_level_bpe(const Json& file,
                                                         const std::string& file_hash,
                                                         const std::string& path,
                                                         const TokenizerConfig& config,
                                                         AddBos add_bos) {
  return std::make_unique<BpeTokenizer>(file, file_hash, path, config, add_bos);
}

}  // namespace flm
