#include "tests/engine/generation/toy_model.h"

#include <cmath>
#include <limits>
#include <set>
#include <stdexcept>

#include "base/text/utf8.h"

namespace flm {
namespace {

std::uint64_t scramble(std::uint64_t x) {
  x = (x ^ (x >> 33)) * 0xFF51AFD7ED558CCDu;
  x = (x ^ (x >> 29)) * 0xC4CEB9FE1A85EC53u;
  return x ^ (x >> 32);
}

struct ToySlot {
  std::int32_t id = -1, position = -1;
  std::uint64_t path = 0;  // of the row that wrote it, itself included
};

struct ToyStorage : KvStorage {
  std::vector<ToySlot> cells;
  std::vector<float> logits;
  std::int32_t slots() const override { return static_cast<std::int32_t>(cells.size()); }
};

void require(bool good, const char* message) {
  if (!good) throw std::runtime_error(message);
}

/// Hash of the path of row r, read from the slots.
std::uint64_t read_path(const PackedBatch& batch, std::int32_t r, const ToyStorage& storage) {
  std::uint64_t hash = 1;
  std::int32_t position = 0;
  for (std::int32_t s = 0; s < batch.path_count[r]; ++s) {
    const KvSegment& segment = batch.segments.at(batch.path_begin[r] + s);
    require(segment.position == position, "a hole in the path");
    require(segment.slot % 64 == segment.position % 64, "a slot off the attention tile");
    require(segment.position <= batch.positions[r], "a segment behind its row");
    const std::int32_t end = std::min(segment.length, batch.positions[r] + 1 - segment.position);
    for (std::int32_t i = 0; i < end; ++i, ++position) {
      const ToySlot& slot = storage.cells.at(segment.slot + i);
      require(slot.position == position, "a slot that holds another position or nothing");
      hash = extend_path(hash, slot.id);
      const bool own = position == batch.positions[r];
      require(own || slot.path == hash, "a slot that was computed under another prefix");
    }
  }
  require(position == batch.positions[r] + 1, "a path that does not end at its row");
  return hash;
}

/// Does those at the front whose source is complete: what another row of the batch computes is
/// complete once that row has run. A source that another row has written over never is.
void do_copies(std::span<const KvCopy>& copies, ToyStorage& storage) {
  for (; !copies.empty(); copies = copies.subspan(1)) {
    const KvCopy& copy = copies.front();
    require(copy.from % 64 == 0 && copy.to % 64 == 0 && copy.count < 64, "a copy off the tile");
    for (std::int32_t i = 0; i < copy.count; ++i)
      if (storage.cells.at(copy.from + i).path == 0) return;
    for (std::int32_t i = 0; i < copy.count; ++i)
      storage.cells.at(copy.to + i) = storage.cells[copy.from + i];
  }
}

}  // namespace

std::uint64_t extend_path(std::uint64_t hash, std::int32_t id) {
  return scramble(hash * 31 + static_cast<std::uint64_t>(id) + 7);
}

std::vector<float> toy_logits(std::uint64_t path_hash) {
  std::vector<float> logits(kToyRows);
  for (std::int32_t id = 0; id < kToyRows; ++id) {
    // Few distinct values: ties are frequent.
    logits[id] = static_cast<float>(scramble(path_hash + id) % 41) * 0.25f - 5.0f;
    if (id >= kToyVocabulary) logits[id] += 100.0f;
  }
  return logits;
}

std::unique_ptr<KvStorage> ToyModel::make_kv_storage(std::int32_t slots) {
  auto storage = std::make_unique<ToyStorage>();
  storage->cells.resize(slots);
  storage_slots = slots;
  return storage;
}

const std::vector<float>& ToyModel::forward(const PackedBatch& batch, KvStorage& storage) {
  auto& toy = dynamic_cast<ToyStorage&>(storage);
  std::set<std::int32_t> written;
  for (std::int32_t r = 0; r < batch.rows(); ++r) {
    require(written.insert(batch.slots[r]).second, "two rows that write one slot");
    toy.cells.at(batch.slots[r]) = {batch.ids[r], batch.positions[r], 0};
  }
  std::vector<float>& logits = toy.logits;
  logits.clear();
  std::size_t head = 0;
  std::span<const KvCopy> copies = batch.copies;
  for (std::int32_t r = 0; r < batch.rows(); ++r) {
    do_copies(copies, toy);
    const std::uint64_t hash = read_path(batch, r, toy);
    toy.cells[batch.slots[r]].path = hash;
    if (head == batch.head_rows.size() || batch.head_rows[head] != r) continue;
    ++head;
    std::vector<float> row = toy_logits(hash);
    if (batch.ids[r] == nan_after) row.back() = std::numeric_limits<float>::quiet_NaN();
    logits.insert(logits.end(), row.begin(), row.end());
  }
  require(head == batch.head_rows.size(), "head rows that do not ascend");
  require(copies.empty(), "a copy of what is not there");
  rows += batch.rows();
  most_rows = std::max(most_rows, batch.rows());
  most_heads = std::max(most_heads, static_cast<std::int32_t>(head));
  ++forwards;
  return logits;
}

float ToyModel::log_sum_exp(std::span<const float> logits) const {
  double sum = 0;
  for (float logit : logits) sum += std::exp(static_cast<double>(logit));
  return static_cast<float>(std::log(sum));
}

std::string ToyTokenizer::token_bytes(std::int32_t id) const {
  static const char* const kFirst[] = {"<unk>", "<s>", "</s>", "\xC3", "\xA9",
                                       " the",  "ab",  "\n\n", "Q:",   "bc"};
  return id < 10 ? kFirst[id] : std::string(1, static_cast<char>('0' + id - 10));
}

std::string ToyTokenizer::decode(std::span<const std::int32_t> ids, bool skip_special) const {
  std::string raw;
  for (std::int32_t id : ids) {
    if (!skip_special || !is_special(id)) raw += token_bytes(id);
  }
  if (!raw.empty() && raw[0] == ' ') raw.erase(0, 1);
  for (std::size_t at; cleans_up && (at = raw.find(" the")) != std::string::npos;) raw.erase(at, 1);
  std::string text;
  for (std::size_t i = 0; i < raw.size(); ++i) {
    const bool lone = raw[i] == '\xC3' ? i + 1 == raw.size() || raw[i + 1] != '\xA9'
                                       : raw[i] == '\xA9' && (i == 0 || raw[i - 1] != '\xC3');
    text += lone ? "\uFFFD" : std::string(1, raw[i]);
  }
  return text;
}

}  // namespace flm
