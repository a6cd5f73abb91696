#include "engine/tokenizer/bpe_tokenizer.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <unordered_map>

#include "base/errors.h"
#include "base/foreign_json.h"
#include "base/sha256.h"
#include "engine/tokenizer/bpe_model.h"
#include "engine/tokenizer/byte_level.h"
#include "engine/tokenizer/configured_tokenizer.h"
#include "engine/tokenizer/nfc.h"
#include "engine/tokenizer/pre_tokenizer.h"
#include "engine/tokenizer/tokenizer_json.h"

namespace flm {
namespace {

/// Where a part's offsets lead in the original text.
struct Origin {
  const Normalized& normalized;
  std::size_t base = 0;
  std::size_t operator()(std::size_t offset) const { return base + normalized.back(offset); }
};

/// Start of the character that byte `at` is in; a character's first byte and the end stay.
std::size_t character_start(std::string_view text, std::size_t at) {
  while (at > 0 && at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80) --at;
  return at;
}

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

class BpeTokenizer : public ConfiguredTokenizer {
 public:
  BpeTokenizer(const std::string& bytes, const std::string& path, const TokenizerConfig& config,
               AddBos add_bos)
      : BpeTokenizer(object_of(bytes, path), path, config, add_bos) {
    hash_ = Sha256().update("byte-level BPE 1\n" + sha256_hex(bytes) + describe_added()).hex();
  }

  Encoding encode(std::string_view text, bool special_tokens) const override {
    require_utf8(text);
    Encoding out;
    if (special_tokens && adds_bos_)
      for (std::int32_t id : prefix_) {
        out.ids.push_back(id);
        out.spans.push_back({0, 0});
      }
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
    return tokens_cross_newlines_ ? text.npos : pre_tokenizer_.next_cut(text, from);
  }

  std::vector<std::int32_t> encode_after_cut(std::string_view text) const override {
    return encode(text, false).ids;
  }

  std::string decode(std::span<const std::int32_t> ids, bool skip_special) const override {
    std::string bytes;
    for (std::int32_t id : ids) {
      if (skip_special && is_special(id)) continue;
      const std::string text = piece(id);
      bytes += byte_level_bytes(text).value_or(text);
    }
    return finish_decoding(utf8_lossy(bytes));
  }

  std::string token_bytes(std::int32_t id) const override {
    if (const AddedToken* token = added_.find_id(id)) return token->content;
    const std::string text = piece(id);
    return byte_level_bytes(text).value_or(text);
  }

  std::string piece(std::int32_t id) const override {
    if (const AddedToken* token = added_.find_id(id)) return token->content;
    if (id < 0 || id >= vocab_size_) refuse_id(id);
    return model_.has(id) ? model_.text(id) : "";  // a hole in the numbering stands for nothing
  }

  bool is_special(std::int32_t id) const override {
    const AddedToken* token = added_.find_id(id);
    return token && token->special;
  }

 private:
  /// Words of the call that were encoded before: most of a text repeats.
  struct Cache {
    std::unordered_map<std::string, std::vector<BpePiece>> words;
  };

  BpeTokenizer(const Json& file, const std::string& path, const TokenizerConfig& config,
               AddBos add_bos)
      : ConfiguredTokenizer(config), model_(model_of(file, path), path) {
    const auto pre_tokenizer = file.find("pre_tokenizer");
    if (pre_tokenizer == file.end() || pre_tokenizer->is_null())
      throw UserError(path + ": no pre_tokenizer; only byte-level BPE is read");
    pre_tokenizer_ = PreTokenizer(*pre_tokenizer, path);
    nfc_ = parse_normalizer(file, path);
    check_decoder(file, path);
    vocab_size_ = model_.size();
    add_all_tokens(file, path, config);
    tokens_cross_newlines_ =
        std::any_of(added_.tokens().begin(), added_.tokens().end(), [](const AddedToken& token) {
          return token.lstrip || token.rstrip || token.content.find('\n') != std::string::npos;
        });
    bos_ = named(config.bos, -1);
    eos_ = named(config.eos, -1);
    resolve_prefix(file, path, config, add_bos);
    resolve_eos_ids();
  }

  static Json object_of(const std::string& bytes, const std::string& path) {
    Json file = parse_foreign_json(bytes, path);
    if (!file.is_object()) throw UserError(path + ": must hold a JSON object");
    return file;
  }

  static const Json& model_of(const Json& file, const std::string& path) {
    const auto model = file.find("model");
    if (model == file.end()) throw UserError(path + ": no \"model\"");
    return *model;
  }

  /// tokenizer.json's tokens, then those that only the configuration names.
  void add_all_tokens(const Json& file, const std::string& path, const TokenizerConfig& config) {
    std::vector<AddedToken> tokens = parse_added_tokens(file, path);
    for (const AddedToken& more : config.added) {
      const bool known = std::any_of(tokens.begin(), tokens.end(), [&](const AddedToken& token) {
        return token.content == more.content;
      });
      if (!known) tokens.push_back(more);
    }
    if (nfc_)
      for (AddedToken& token : tokens)
        if (token.normalized) token.content = normalize_nfc(token.content).text;
    add_tokens(std::move(tokens), [&](const std::string& text) { return model_.find(text); });
  }

  void resolve_prefix(const Json& file, const std::string& path, const TokenizerConfig& config,
                      AddBos add_bos) {
    prefix_ = parse_prefix_ids(file, path);
    if (!bos_ && !prefix_.empty()) bos_ = prefix_.front();
    bool by_default = !prefix_.empty();
    // Of the fast classes only Llama's rebuilds its template from the configuration.
    if (config.tokenizer_class.starts_with("LlamaTokenizer")) {
      by_default = config.add_bos.value_or(by_default);
      if (config.add_eos.value_or(false))
        throw UserError(path +
                        ": add_eos_token is true in tokenizer_config.json, which an "
                        "evaluation cannot use; set add_eos_token to false");
    }
    resolve_bos(add_bos, by_default, path);
    if (prefix_.empty() && bos_) prefix_ = {*bos_};
    for (std::int32_t id : prefix_)
      if (id >= vocab_size_) refuse_id(id);
  }

  /// Text between added tokens that are looked for before normalization.
  void encode_part(std::string_view text, std::size_t base, Collector& out, Cache& cache) const {
    const Normalized normalized = nfc_ ? normalize_nfc(text) : Normalized{std::string(text), {}};
    const std::string_view whole = normalized.text;
    for (const TextPart& part : added_.split(whole, 0, whole.size(), true)) {
      const Origin origin{normalized, base};
      if (part.token) {
        out.push(part.token->id, origin(part.end));
        continue;
      }
      const std::string_view inner = whole.substr(part.begin, part.end - part.begin);
      std::size_t done = part.begin;
      for (const ByteSpan& word : pre_tokenizer_.split(inner)) {
        out.drop(origin(done), origin(part.begin + word.begin));
        encode_word(inner.substr(word.begin, word.end - word.begin), part.begin + word.begin,
                    origin, out, cache);
        done = part.begin + word.end;
      }
      out.drop(origin(done), origin(part.end));
    }
  }

  void encode_word(std::string_view word, std::size_t at, const Origin& origin, Collector& out,
                   Cache& cache) const {
    constexpr std::size_t kLongestCached = 64;
    std::vector<BpePiece> own;
    const std::vector<BpePiece>* pieces = &own;
    if (word.size() > kLongestCached) {
      model_.encode(word, own);
    } else {
      const auto [entry, is_new] = cache.words.try_emplace(std::string(word));
      if (is_new) model_.encode(word, entry->second);
      pieces = &entry->second;
    }
    std::uint32_t done = 0;
    for (const BpePiece& piece : *pieces) {
      if (piece.begin > done) out.drop(origin(at + done), origin(at + piece.begin));
      out.push(piece.id, origin(at + piece.end));
      done = piece.end;
    }
    if (done < word.size()) out.drop(origin(at + done), origin(at + word.size()));
  }

  BpeModel model_;
  PreTokenizer pre_tokenizer_;
  bool nfc_ = false;
  bool tokens_cross_newlines_ = false;  // an added token may take a newline with it
  std::vector<std::int32_t> prefix_;    // what stands before a text where a BOS is added
};

}  // namespace

std::unique_ptr<Tokenizer> parse_byte_level_bpe(const std::string& json, const std::string& path,
                                                const TokenizerConfig& config, AddBos add_bos) {
  return std::make_unique<BpeTokenizer>(json, path, config, add_bos);
}

}  // namespace flm
