// A model and a tokenizer small enough to predict by hand, and suspicious of every batch.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "engine/model/model.h"
#include "engine/tokenizer.h"

namespace flm {

constexpr std::int32_t kToyVocabulary = 70;  // ids that may be generated
constexpr std::int32_t kToyRows = 80;  // rows of the head: the last ten are the most likely ones
constexpr std::int32_t kToyEos = 2;

/// Hash of a token path, one token more.
std::uint64_t extend_path(std::uint64_t hash, std::int32_t id);

/// Logits after a path, [kToyRows].
std::vector<float> toy_logits(std::uint64_t path_hash);

/// Logits are a function of the hash of all attended tokens, which the model reads back from its
/// K/V slots through the batch's segments. It throws std::runtime_error when a path has a hole, a
/// slot of another position, a slot that was never written or was computed under another prefix,
/// when two rows write one slot, or when what is copied is not there.
class ToyModel : public Model {
 public:
  std::optional<std::vector<HeadAnswer>> score(const PackedBatch&, std::span<const HeadQuery>,
                                               const PassControl&) override {
    return {};
  }
  std::unique_ptr<KvStorage> make_kv_storage(std::int32_t slots) override;
  const std::vector<float>& forward(const PackedBatch& batch, KvStorage& storage) override;
  float log_sum_exp(std::span<const float> logits) const override;

  std::int64_t rows = 0;
  std::int32_t most_rows = 0, most_heads = 0, storage_slots = 0, forwards = 0;
  std::int32_t nan_after = -1;  // id whose row's logits hold a NaN
};

/// Ids: 0 <unk>, 1 <s>, 2 </s> special; 3 and 4 the two bytes of é; 5 " the", 6 "ab", 7 "\n\n", 8
/// "Q:", 9 "bc"; from 10 on the printable characters from '0'. Decoding drops a leading space.
class ToyTokenizer : public Tokenizer {
 public:
  Encoding encode(std::string_view, bool) const override { return {}; }
  std::vector<std::int32_t> encode_ids(std::string_view, bool) const override { return {}; }
  std::string decode(std::span<const std::int32_t> ids, bool skip_special) const override;
  std::string token_bytes(std::int32_t id) const override;
  std::string piece(std::int32_t id) const override { return token_bytes(id); }
  bool is_special(std::int32_t id) const override { return id < 3; }
  std::int32_t vocab_size() const override { return kToyVocabulary; }
  std::optional<std::int32_t> bos() const override { return 1; }
  std::optional<std::int32_t> eos() const override { return kToyEos; }
  std::vector<std::int32_t> eos_ids() const override { return {kToyEos}; }
  bool adds_bos() const override { return false; }
  std::string hash() const override { return "toy"; }
  std::vector<std::string> notes() const override { return {}; }
  std::string chat_template() const override { return ""; }

  bool cleans_up = false;  // decoding makes "the" of " the", as it may of " n't" and " ."
};

}  // namespace flm
