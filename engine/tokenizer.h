// Text to ids and back, with exact byte spans.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace flm {

struct ByteSpan {
  std::size_t begin = 0, end = 0;  // bytes of the text, half open
  bool operator==(const ByteSpan&) const = default;
};

/// spans[i] belongs to ids[i]; special tokens that were added have an empty span. Spans and dropped
/// bytes together tile the text. Of a character in byte pieces the last piece owns the whole span.
struct Encoding {
  std::vector<std::int32_t> ids;
  std::vector<ByteSpan> spans;
  std::vector<ByteSpan> dropped;  // bytes for which the vocabulary has no token
};

/// A special token by the key that names it ("unk_token"), with its text.
struct NamedText {
  std::string name, text;
};

enum class AddBos { kAuto, kOn, kOff };

struct TokenizerOptions {
  std::string
      folder;  // holds tokenizer.model or tokenizer.json, tokenizer_config.json, config.json
  AddBos add_bos = AddBos::kAuto;  // auto: what the tokenizer's own configuration does
};

/// Immutable after opening; all const methods may be called from any thread.
class Tokenizer {
 public:
  static std::unique_ptr<Tokenizer> open(const TokenizerOptions& options);
  virtual ~Tokenizer() = default;

  /// `special_tokens` false: no BOS whatever the policy. Text that is not UTF-8 is a UserError.
  virtual Encoding encode(std::string_view text, bool special_tokens = true) const = 0;
  virtual std::vector<std::int32_t> encode_ids(std::string_view text,
                                               bool special_tokens = true) const;
  /// The first place after `from` (0, or such a place itself) where encoding may be cut:
  /// encode_ids(text) is encode_ids of what lies before it, followed by encode_after_cut of the
  /// rest. It depends on the text before the place and the character at it alone. npos: no place is
  /// proven to be one.
  virtual std::size_t next_cut(std::string_view text, std::size_t from) const;
  /// Ids of a text that begins at a cut.
  virtual std::vector<std::int32_t> encode_after_cut(std::string_view text) const;
  /// As the reference tokenizer's decode(skip_special_tokens=skip_special); bytes that are not
  /// UTF-8 become U+FFFD.
  virtual std::string decode(std::span<const std::int32_t> ids, bool skip_special = true) const = 0;
  /// The raw bytes that `id` adds when it follows other text (no dummy-prefix removal); special
  /// tokens: their text.
  virtual std::string token_bytes(std::int32_t id) const = 0;
  virtual std::string piece(std::int32_t id) const = 0;
  virtual bool is_special(std::int32_t id) const = 0;

  /// Ids that may be generated are 0 .. vocab_size()-1 (Tele-FLM: 80,000 of 80,384 rows).
  virtual std::int32_t vocab_size() const = 0;
  /// The BOS, or, where nothing names one, the first token that the files put before a text.
  virtual std::optional<std::int32_t> bos() const = 0;
  /// transformers' bos_token: what the files or their class call so; null: there is none, also
  /// where tokens are put before a text (GLM-4's [gMASK]<sop>).
  virtual std::optional<std::int32_t> named_bos() const { return bos(); }
  virtual std::optional<std::int32_t> eos() const = 0;
  virtual std::vector<std::int32_t> eos_ids() const = 0;  // generation_config.json's list, or eos
  virtual bool adds_bos() const = 0;                      // under the policy of the options
  virtual std::string hash() const = 0;  // SHA-256 of files and behaviour, without the BOS policy
  /// What the files beside it ask for and is not done here, for people; the report carries it.
  virtual std::vector<std::string> notes() const = 0;
  virtual std::string chat_template() const = 0;  // Jinja text of tokenizer_config.json, or ""
  /// Where the tokenizer has several templates: their names, and the text of one ("" for another).
  virtual std::vector<std::string> chat_template_names() const { return {}; }
  virtual std::string chat_template(const std::string&) const { return ""; }
  /// Those that the files name, as transformers hands them to a chat template.
  virtual std::vector<NamedText> special_token_texts() const { return {}; }
};

/// Encodes texts that repeat each other's parts (a few-shot header, a question before each of its
/// choices) and runs the tokenizer on what is new only. Its ids are those of encode_ids. For one
/// thread.
class RepeatingEncoder {
 public:
  explicit RepeatingEncoder(const Tokenizer& tokenizer) : tokenizer_(tokenizer) {}

  std::vector<std::int32_t> encode_ids(std::string_view text, bool special_tokens = true);
  std::size_t bytes_encoded() const { return bytes_encoded_; }  // what the tokenizer was given

 private:
  struct Cut {
    std::size_t at = 0;   // byte of the text
    std::size_t ids = 0;  // that lie before it
  };
  /// What is known of the text encoded last.
  struct Trail {
    std::string text;
    std::vector<std::int32_t> ids;
    std::vector<Cut> cuts;
    bool special_tokens = true;
  };
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const {
      return std::hash<std::string_view>{}(text);
    }
  };
  using Segments =
      std::unordered_map<std::string, std::vector<std::int32_t>, Hash, std::equal_to<>>;

  void rewind(Trail& trail, std::string_view text, bool special_tokens) const;
  void append_after_cut(std::string_view segment, std::vector<std::int32_t>& ids);

  const Tokenizer& tokenizer_;
  Trail last_;
  Segments segments_;
  std::size_t segment_bytes_ = 0, bytes_encoded_ = 0;
};

}  // namespace flm
