// Text to ids and back, with exact byte spans.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
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
  virtual std::optional<std::int32_t> bos() const = 0;
  virtual std::optional<std::int32_t> eos() const = 0;
  virtual std::vector<std::int32_t> eos_ids() const = 0;  // generation_config.json's list, or eos
  virtual bool adds_bos() const = 0;                      // under the policy of the options
  virtual std::string hash() const = 0;  // SHA-256 of files and behaviour, without the BOS policy
  virtual std::string chat_template() const = 0;  // Jinja text of tokenizer_config.json, or ""
};

}  // namespace flm
