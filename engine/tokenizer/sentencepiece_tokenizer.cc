#include "engine/tokenizer/sentencepiece_tokenizer.h"

#include <sentencepiece_processor.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <optional>

#include "base/errors.h"
#include "base/sha256.h"
#include "engine/tokenizer/components/decoder.h"
#include "engine/tokenizer/configured_tokenizer.h"
#include "engine/tokenizer/sentencepiece_model.h"
#include "engine/tokenizer/spans.h"
#include "engine/tokenizer/transformers_class.h"
#include "engine/tokenizer/transformers_notes.h"

namespace flm {
namespace {

constexpr std::string_view kMetaspace = "\xE2\x96\x81";  // U+2581 stands for a space in pieces

/// How the reference class treats the text around added tokens.
enum class Style {
  kPlain,     // no tokenizer_config.json: the model alone, no added tokens
  kTeleFlm,   // each segment with its own dummy prefix; decoding puts nothing between segments
  kLlama,     // LlamaTokenizer with legacy true: the same ids
  kLlamaNew,  // LlamaTokenizer with legacy false: one prefix for the whole text
};

bool is_llama(const TokenizerConfig& config) {
  return config.tokenizer_class == "LlamaTokenizer" ||
         config.tokenizer_class == "LlamaTokenizerFast";
}

Style style_of(const TokenizerConfig& config, const std::string& model_path) {
  static constexpr std::array kLikeTeleFlm = {"",
                                              "TeleFLMTokenizer",
                                              "TelechatTokenizer",
                                              "BaichuanTokenizer",
                                              "InternLMTokenizer",
                                              "GemmaTokenizer"};
  if (!config.present) return Style::kPlain;
  if (is_llama(config)) return config.legacy.value_or(true) ? Style::kLlama : Style::kLlamaNew;
  if (std::find(kLikeTeleFlm.begin(), kLikeTeleFlm.end(), config.tokenizer_class) !=
      kLikeTeleFlm.end())
    return Style::kTeleFlm;
  throw UserError(model_path +
                  ": tokenizer_config.json names a tokenizer_class that is not known; "
                  "LlamaTokenizer and TeleFLMTokenizer are, not " +
                  config.tokenizer_class);
}

/// That of LlamaTokenizer and GemmaTokenizer, which transformers builds anew over the tokenizers
/// library (4.57's fast classes and 5.24's). The other classes decode with sentencepiece itself.
std::optional<Decoder> decoder_of(const TokenizerConfig& config) {
  if (!is_llama(config) && config.tokenizer_class != "GemmaTokenizer") return std::nullopt;
  Json steps = {{{"type", "Replace"}, {"pattern", {{"String", kMetaspace}}}, {"content", " "}},
                {{"type", "ByteFallback"}},
                {{"type", "Fuse"}}};
  if (is_llama(config) && config.add_prefix_space.value_or(true))
    steps.push_back({{"type", "Strip"}, {"content", " "}, {"start", 1}, {"stop", 0}});
  const Json file = {{"decoder", {{"type", "Sequence"}, {"decoders", std::move(steps)}}}};
  return Decoder(file, config.tokenizer_class);
}

class SentencePieceTokenizer : public ConfiguredTokenizer {
 public:
  SentencePieceTokenizer(std::string bytes, const std::string& path, const TokenizerConfig& config,
                         AddBos add_bos)
      : ConfiguredTokenizer(config),
        style_(style_of(config, path)),
        prefix_space_(config.add_prefix_space.value_or(true)),
        decoder_(decoder_of(config)) {
    load(bytes, path, config);
    name_by_class(config, class_in_transformers_5(config, false));
    if (style_ != Style::kPlain)
      add_tokens(config.added, [&](const std::string& text) {
        const int id = model_.PieceToId(text);
        return model_.IdToPiece(id) == text ? id : -1;
      });
    bos_ = named(config.bos, model_.bos_id());
    if (!config.bos.empty() || !config.given_names.contains("bos_token")) named_bos_ = bos_;
    eos_ = named(config.eos, model_.eos_id());
    if (config.add_eos.value_or(false))
      throw UserError(path +
                      ": add_eos_token is true in tokenizer_config.json, which an evaluation "
                      "cannot use; set add_eos_token to false");
    const bool by_class = is_llama(config) || config.tokenizer_class == "GemmaTokenizer";
    resolve_bos(add_bos, config.add_bos.value_or(by_class), path);
    resolve_eos_ids();
    unk_text_ = config.unk.empty() ? "<unk>" : config.unk;
    unk_length_ = model_.EncodeAsIds(unk_text_).size();
    find_borders(bytes);
    if (is_llama(config) && !scores_fall(bytes))
      add_note(path +
               ": its merges are ordered by score, as sentencepiece and transformers 4 have them; "
               "transformers 5 orders them by id and gives other ids for some texts");
    if (is_llama(config) && config.clean_up_spaces && !config.clean_up_of_bpe)
      add_note(path + ": " + kCleanUpFollowed);
    hash_ = Sha256()
                .update("sentencepiece 1\n" + model_hash_ + " " +
                        std::to_string(static_cast<int>(style_)) +
                        (prefix_space_ ? " prefix\n" : "\n") +
                        (decoder_ ? "decoder of the class\n" : "") + describe_added())
                .hex();
  }

  Encoding encode(std::string_view text, bool special_tokens) const override {
    require_utf8(text);
    Encoding out;
    if (special_tokens && adds_bos_) push_added(out, *bos_, {0, 0});
    if (style_ == Style::kLlamaNew)
      encode_with_one_prefix(text, out);
    else
      encode_segments(text, out);
    return out;
  }

  /// Before a newline or the first of some spaces, which no piece reaches over: merges on the two
  /// sides never meet. Not right behind an added token, where a segment of its own begins.
  std::size_t next_cut(std::string_view text, std::size_t from) const override {
    if (!borders_.newline) return text.npos;
    const char* const starts = borders_.space ? "\n " : "\n";
    std::size_t known = from;  // no added token reaches over it
    for (std::size_t at = from; (at = text.find_first_of(starts, at + 1)) != text.npos;) {
      const std::string_view before = text.substr(known, at - known);
      if (text[at] == ' ' && (before.ends_with(' ') || before.ends_with(kMetaspace))) continue;
      if (added_.tokens().empty() || !added_.split_all(before).back().token) return at;
      known = at;
    }
    return text.npos;
  }

  std::vector<std::int32_t> encode_after_cut(std::string_view text) const override {
    require_utf8(text);
    std::string spaced;
    if (style_ == Style::kLlamaNew) text = spaced = replaced(std::string(text), kMetaspace, " ");
    std::vector<std::int32_t> ids;
    for (const TextPart& part : added_.split_all(text)) {
      const std::string_view segment = text.substr(part.begin, part.end - part.begin);
      if (part.token)
        ids.push_back(part.token->id);
      else if (style_ == Style::kLlamaNew && segment.starts_with(' '))
        append_ids(unk_text_ + std::string(segment), unk_length_, ids);
      else if (part.begin > 0)
        append_ids(segment, 0, ids);
      else
        append_border_ids(segment, ids);
    }
    return ids;
  }

  std::string decode(std::span<const std::int32_t> ids, bool skip_special) const override {
    std::vector<std::int32_t> kept;
    for (std::int32_t id : ids)
      if (!skip_special || !is_special(id)) kept.push_back(id);
    if (!decoder_) return finish_decoding(decode_runs(kept));
    std::vector<std::string> tokens;
    for (std::int32_t id : kept) tokens.push_back(piece(id));
    return finish_decoding(decoder_->decode(std::move(tokens)));
  }

  std::string token_bytes(std::int32_t id) const override {
    if (const AddedToken* token = added_.find_id(id)) return token->content;
    const std::string& text = model_piece(id);
    if (model_.IsByte(id))
      return std::string(1, static_cast<char>(std::stoi(text.substr(3, 2), nullptr, 16)));
    if (model_.IsUnknown(id)) return " \xE2\x81\x87 ";  // as the library decodes it
    return model_.IsControl(id) ? text : replaced(text, kMetaspace, " ");
  }

  std::string piece(std::int32_t id) const override {
    const AddedToken* token = added_.find_id(id);
    return token ? token->content : model_piece(id);
  }

  bool is_special(std::int32_t id) const override {
    if (const AddedToken* token = added_.find_id(id)) return token->special;
    if (id < 0 || id >= model_.GetPieceSize()) return false;
    return model_.IsControl(id) || (decoder_ && model_.IdToPiece(id) == unk_text_);
  }

 private:
  void load(std::string& bytes, const std::string& path, const TokenizerConfig& config) {
    check_sentencepiece_model(bytes, path);
    model_hash_ = sha256_hex(bytes);
    // Llama's newer class adds the prefix itself; CofeAI's class forces the model's own.
    if (style_ == Style::kLlamaNew) set_dummy_prefix(bytes, false);
    if (config.tokenizer_class == "TeleFLMTokenizer") set_dummy_prefix(bytes, true);
    if (const std::string problem = load_problem(bytes); !problem.empty())
      throw UserError(path + " cannot be read: not a SentencePiece model (" + problem +
                      "); download it again");
    vocab_size_ = model_.GetPieceSize();
  }

  /// The library gives a status, and throws where a table of its own cannot be built; "" = it is
  /// loaded.
  std::string load_problem(const std::string& bytes) {
    try {
      const auto status = model_.LoadFromSerializedProto(bytes);
      return status.ok() ? "" : status.ToString();
    } catch (const std::exception& error) {
      return error.what();
    }
  }

  void find_borders(const std::string& model) {
    const auto reaches_over = [](const AddedToken& token) {
      return token.lstrip || token.rstrip ||
             token.content.find_first_of("\n ") != std::string::npos;
    };
    const auto& tokens = added_.tokens();
    if (std::any_of(tokens.begin(), tokens.end(), reaches_over)) return;
    // A newline merges with nothing: the dummy prefix before it stands in ids of its own.
    prefix_ids_ = model_.EncodeAsIds("\n");
    if (prefix_ids_.empty() || model_.IdToPiece(prefix_ids_.back()) != "<0x0A>") return;
    prefix_ids_.pop_back();
    borders_ = text_borders(model);
    borders_.space = borders_.space && style_ != Style::kLlamaNew && !prefix_ids_.empty();
  }

  /// Of text behind a cut: the dummy prefix, which stood at the start of the whole text, is taken
  /// off again before a newline, and serves as the first space.
  void append_border_ids(std::string_view segment, std::vector<std::int32_t>& ids) const {
    if (segment.starts_with('\n'))
      append_ids(segment, prefix_ids_.size(), ids);
    else if (segment.size() > 1)
      append_ids(segment.substr(1), 0, ids);
    else
      ids.insert(ids.end(), prefix_ids_.begin(), prefix_ids_.end());
  }

  /// Runs the model and leaves out the first `skip` ids.
  void append_ids(std::string_view segment, std::size_t skip,
                  std::vector<std::int32_t>& ids) const {
    const std::vector<int> all = model_.EncodeAsIds({segment.data(), segment.size()});
    ids.insert(ids.end(), all.begin() + static_cast<std::ptrdiff_t>(std::min(skip, all.size())),
               all.end());
  }

  const std::string& model_piece(std::int32_t id) const {
    if (id < 0 || id >= model_.GetPieceSize()) refuse_id(id);
    return model_.IdToPiece(id);
  }

  static void push_added(Encoding& out, std::int32_t id, ByteSpan span) {
    out.ids.push_back(id);
    out.spans.push_back(span);
  }

  void encode_segments(std::string_view text, Encoding& out) const {
    for (const TextPart& part : added_.split_all(text)) {
      if (part.token) {
        push_added(out, part.token->id, {part.begin, part.end});
        continue;
      }
      const std::size_t first = out.ids.size();
      append_pieces(text.substr(part.begin, part.end - part.begin), part.begin, 0, out);
      tile_spans(out, first, part.begin, part.end);
    }
  }

  /// Runs the model; the first `skip` pieces are left out. Spans are offsets in `segment` + `base`.
  void append_pieces(std::string_view segment, std::size_t base, std::size_t skip,
                     Encoding& out) const {
    const auto encoded = model_.EncodeAsImmutableProto({segment.data(), segment.size()});
    const std::size_t n = encoded.pieces_size();
    for (std::size_t i = std::min(skip, n); i < n; ++i) {
      const auto piece = encoded.pieces(static_cast<int>(i));
      out.ids.push_back(static_cast<std::int32_t>(piece.id()));
      out.spans.push_back({base + piece.begin(), base + piece.end()});
    }
  }

  /// LlamaTokenizer with legacy false: U+2581 in the text becomes a space, one U+2581 is put before
  /// the whole text, and that is dropped again where an added token follows it at once.
  void encode_with_one_prefix(std::string_view text, Encoding& out) const {
    if (text.empty()) return;
    // The fast class puts none where the text begins with one.
    const bool has_blank = text.starts_with(' ') || text.starts_with(kMetaspace);
    std::string altered = prefix_space_ && !has_blank ? std::string(kMetaspace) : "";
    std::vector<std::size_t> origin(altered.size(), 0);  // altered offset -> text offset
    for (std::size_t i = 0; i < text.size();) {
      const bool meta = text.substr(i).starts_with(kMetaspace);
      altered += meta ? ' ' : text[i];
      origin.push_back(i);
      i += meta ? kMetaspace.size() : 1;
    }
    origin.push_back(text.size());
    const std::vector<TextPart> parts = added_.split_all(altered);
    for (std::size_t i = 0; i < parts.size(); ++i) {
      const ByteSpan span = {origin[parts[i].begin], origin[parts[i].end]};
      const std::string part = altered.substr(parts[i].begin, parts[i].end - parts[i].begin);
      const bool lone_prefix = i == 0 && !has_blank && part == kMetaspace && parts.size() > 1;
      if (parts[i].token)
        push_added(out, parts[i].token->id, span);
      else if (!lone_prefix)
        encode_part(part, parts[i].begin, origin, span, out);
    }
  }

  /// A part that starts with a space is encoded behind the text of the unknown token, whose pieces
  /// are then removed: so its first piece keeps the space that the model would else treat as a
  /// start.
  void encode_part(const std::string& part, std::size_t at, const std::vector<std::size_t>& origin,
                   ByteSpan span, Encoding& out) const {
    const bool starts_with_space = part.starts_with(" ") || part.starts_with(kMetaspace);
    const std::size_t first = out.ids.size();
    const std::size_t shift = starts_with_space ? unk_text_.size() : 0;
    append_pieces(starts_with_space ? unk_text_ + part : part, 0,
                  starts_with_space ? unk_length_ : 0, out);
    for (std::size_t i = first; i < out.spans.size(); ++i) {
      const auto back = [&](std::size_t offset) {
        return origin[at + std::min(offset - std::min(offset, shift), part.size())];
      };
      out.spans[i] = {back(out.spans[i].begin), back(out.spans[i].end)};
    }
    tile_spans(out, first, span.begin, span.end);
  }

  /// Of a class that a model brings along: runs of pieces through sentencepiece, special tokens as
  /// their text. Added tokens that are not special are pieces of a run, and keep their text there.
  std::string decode_runs(std::span<const std::int32_t> ids) const {
    std::string out;
    std::vector<std::string> run;
    for (std::int32_t id : ids) {
      const AddedToken* const token = added_.find_id(id);
      if (!token || !token->special) {
        run.push_back(piece(id));
        continue;
      }
      out += decode_run(run) + token->content;
      run.clear();
    }
    return out + decode_run(run);
  }

  std::string decode_run(const std::vector<std::string>& pieces) const {
    std::string text;
    const auto status = model_.Decode(pieces, &text);
    FLM_CHECK(status.ok(), "sentencepiece decode: " + status.ToString());
    return text;
  }

  Style style_;
  bool prefix_space_;
  std::optional<Decoder> decoder_;
  sentencepiece::SentencePieceProcessor model_;
  std::string unk_text_, model_hash_;
  std::size_t unk_length_ = 0;
  TextBorders borders_;
  std::vector<int> prefix_ids_;  // of the dummy prefix alone: U+2581
};

}  // namespace

std::unique_ptr<Tokenizer> parse_sentencepiece(std::string model, const std::string& path,
                                               const TokenizerConfig& config, AddBos add_bos) {
  return std::make_unique<SentencePieceTokenizer>(std::move(model), path, config, add_bos);
}

}  // namespace flm
