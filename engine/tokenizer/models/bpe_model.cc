#include "engine/tokenizer/models/bpe_model.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <queue>

#include "base/errors.h"
#include "base/text/printable.h"
#include "base/text/utf8.h"
#include "engine/tokenizer/json_values.h"
#include "engine/tokenizer/models/byte_level.h"

namespace flm {
namespace {

constexpr std::int32_t kMostTokens = 4'194'304;

bool is_set(const Json& model, const char* key) {
  const auto found = model.find(key);
  return found != model.end() && !found->is_null() && *found != "" && *found != false &&
         *found != 0;
}

/// A merge is written "left right" or ["left", "right"].
std::pair<std::string, std::string> parse_merge(const Json& merge, const std::string& origin) {
  if (merge.is_array() && merge.size() == 2 && merge[0].is_string() && merge[1].is_string())
    return {merge[0].get<std::string>(), merge[1].get<std::string>()};
  const std::string text = merge.is_string() ? merge.get<std::string>() : "";
  const std::size_t space = text.find(' ');
  if (space == text.npos || space == 0 || space + 1 == text.size() ||
      text.find(' ', space + 1) != text.npos)
    throw UserError(origin + ": a merge must be two tokens, not " + printable(compact_json(merge)));
  return {text.substr(0, space), text.substr(space + 1)};
}

}  // namespace

/// A piece of the word while it merges: a node of a doubly linked list in an array.
struct BpeModel::Symbol {
  std::int32_t id = 0;  // -1: merged into the one before
  std::int32_t previous = -1, next = -1;
  std::uint32_t begin = 0, end = 0;
};

/// Merges that could be done next: lowest rank first, then leftmost. Entries go stale, never
/// missing.
class BpeModel::Queue {
 public:
  struct Entry {
    std::uint32_t rank;
    std::int32_t position;
    std::int32_t merged;
    bool operator<(const Entry& other) const {
      return rank != other.rank ? rank > other.rank : position > other.position;
    }
  };

  Queue(const BpeModel& model, const std::vector<Symbol>& symbols)
      : model_(model), symbols_(symbols) {}

  /// Adds the merge of the symbol at `left` with the one after it, if there is one.
  void offer(std::int32_t left) {
    if (left < 0 || symbols_[at(left)].next < 0) return;
    if (const Merge* merge = merge_at(left)) entries_.push({merge->rank, left, merge->id});
  }

  /// The next merge that still holds; false at the end.
  bool pop(Entry& entry) {
    while (!entries_.empty()) {
      entry = entries_.top();
      entries_.pop();
      const Symbol& symbol = symbols_[at(entry.position)];
      if (symbol.id < 0 || symbol.next < 0) continue;
      const Merge* merge = merge_at(entry.position);
      if (merge && merge->id == entry.merged) return true;
    }
    return false;
  }

 private:
  const Merge* merge_at(std::int32_t left) const {
    const Symbol& symbol = symbols_[at(left)];
    const auto found = model_.merges_.find(pair(symbol.id, symbols_[at(symbol.next)].id));
    return found == model_.merges_.end() ? nullptr : &found->second;
  }

  const BpeModel& model_;
  const std::vector<Symbol>& symbols_;
  std::priority_queue<Entry> entries_;
};

BpeModel::BpeModel(const Json& model, Alphabet alphabet, const std::string& origin)
    : alphabet_(alphabet) {
  if (!model.is_object()) throw UserError(origin + ": \"model\" must be an object");
  const std::string type = json_string(model, "type", origin, "BPE");
  if (type == "Unigram")
    throw UserError(origin + ": with ByteLevel the model must be BPE, not Unigram");
  if (type != "BPE") throw UserError(origin + ": unknown model (known: BPE and Unigram): " + type);
  const auto vocab = model.find("vocab");
  const auto merges = model.find("merges");
  if (vocab == model.end() || !vocab->is_object() || vocab->empty())
    throw UserError(origin + ": model.vocab must be an object of tokens");
  if (merges == model.end() || !merges->is_array())
    throw UserError(origin + ": model.merges must be a list");
  read_vocab(*vocab, origin);
  read_merges(*merges, origin);
  check_options(model, origin);
  ignore_merges_ = json_bool(model, "ignore_merges", origin, false);
  if (alphabet_ == Alphabet::kCharacters) read_unknown(model, origin);
  if (!ignore_merges_ || alphabet_ == Alphabet::kCharacters) return;
  for (std::int32_t id = 0; id < size(); ++id)
    if (const auto bytes = byte_level_bytes(text(id)); has(id) && bytes)
      by_bytes_.emplace(*bytes, id);
}

void BpeModel::read_vocab(const Json& vocab, const std::string& origin) {
  for (const auto& [token, value] : vocab.items()) {
    if (!value.is_number_integer() || value < 0 || value >= kMostTokens)
      throw UserError(origin + ": model.vocab gives no token id for \"" + token +
                      "\": " + printable(compact_json(value)));
    const auto id = value.get<std::int32_t>();
    if (id >= size()) {
      texts_.resize(at(id) + 1);
      present_.resize(at(id) + 1);
    }
    if (present_[at(id)])
      throw UserError(origin + ": model.vocab gives two tokens the id " + std::to_string(id));
    texts_[at(id)] = token;
    present_[at(id)] = true;
    ids_.emplace(token, id);
  }
  for (int byte = 0; byte < 256; ++byte) {
    std::string character;
    utf8_append(character, byte_level_character(static_cast<std::uint8_t>(byte)));
    byte_ids_[static_cast<std::size_t>(byte)] = find(
        alphabet_ == Alphabet::kBytes ? character : byte_piece(static_cast<std::uint8_t>(byte)));
  }
}

void BpeModel::read_merges(const Json& merges, const std::string& origin) {
  std::uint32_t rank = 0;
  merges_.reserve(merges.size());
  for (const Json& merge : merges) {
    // The first line of a merges.txt, which old files have taken over.
    if (merge.is_string() && merge.get_ref<const std::string&>().starts_with("#version")) continue;
    const auto [left, right] = parse_merge(merge, origin);
    const std::int32_t a = find(left), b = find(right), merged = find(left + right);
    if (a < 0 || b < 0 || merged < 0)
      throw UserError(origin + ": model.vocab lacks a part or the result of the merge " +
                      printable(compact_json(merge)));
    merges_[pair(a, b)] = {rank++, merged};
  }
}

void BpeModel::check_options(const Json& model, const std::string& origin) const {
  for (const char* key : {"dropout", "continuing_subword_prefix", "end_of_word_suffix"})
    if (is_set(model, key))
      throw UserError(origin + ": model." + key + " is not known; it must be null");
  if (alphabet_ == Alphabet::kCharacters) return;
  // With a token for every byte neither can matter; without one they would change the ids.
  const bool complete = std::find(byte_ids_.begin(), byte_ids_.end(), -1) == byte_ids_.end();
  for (const char* key : {"unk_token", "byte_fallback"})
    if (!complete && is_set(model, key))
      throw UserError(origin + ": model." + key + " is not known where bytes have no token");
}

void BpeModel::read_unknown(const Json& model, const std::string& origin) {
  byte_fallback_ = json_bool(model, "byte_fallback", origin, false);
  fuse_unknown_ = json_bool(model, "fuse_unk", origin, false);
  const std::string unknown = json_string(model, "unk_token", origin);
  if (unknown.empty()) return;
  unknown_ = find(unknown);
  if (unknown_ < 0) throw UserError(origin + ": model.vocab lacks model.unk_token: " + unknown);
}

std::int32_t BpeModel::find(const std::string& text) const {
  const auto found = ids_.find(text);
  return found == ids_.end() ? -1 : found->second;
}

/// The characters of a word, unmerged.
class BpeModel::CharacterSymbols {
 public:
  CharacterSymbols(const BpeModel& model, std::string_view word) : model_(model), word_(word) {
    for (std::uint32_t begin = 0; begin < word.size();) {
      std::uint32_t end = begin + 1;
      while (end < word.size() && (static_cast<unsigned char>(word[end]) & 0xC0) == 0x80) ++end;
      add_character(begin, end);
      begin = end;
    }
    add_pending();
  }
  std::vector<Symbol> take() { return std::move(symbols_); }

 private:
  void add_character(std::uint32_t begin, std::uint32_t end) {
    const std::int32_t id = model_.find(std::string(word_.substr(begin, end - begin)));
    if (id >= 0) {
      add_pending();
      add(id, begin, end);
    } else if (!model_.byte_fallback_ || !add_bytes(begin, end)) {
      if (!model_.fuse_unknown_) add_pending();
      if (pending_begin_ == pending_end_) pending_begin_ = begin;
      pending_end_ = end;
    }
  }

  /// Unless the vocabulary lacks one. What is pending stays so: the library puts it behind them.
  bool add_bytes(std::uint32_t begin, std::uint32_t end) {
    const auto id = [&](std::uint32_t i) {
      return model_.byte_ids_[static_cast<unsigned char>(word_[i])];
    };
    for (std::uint32_t i = begin; i < end; ++i)
      if (id(i) < 0) return false;
    for (std::uint32_t i = begin; i < end; ++i) add(id(i), i, i + 1);
    return true;
  }

  void add_pending() {
    if (pending_begin_ < pending_end_ && model_.unknown_ >= 0)
      add(model_.unknown_, pending_begin_, pending_end_);
    pending_begin_ = pending_end_ = 0;
  }

  void add(std::int32_t id, std::uint32_t begin, std::uint32_t end) {
    const auto index = static_cast<std::int32_t>(symbols_.size());
    if (index > 0) symbols_.back().next = index;
    symbols_.push_back({id, index - 1, -1, begin, end});
  }

  const BpeModel& model_;
  std::string_view word_;
  std::vector<Symbol> symbols_;
  std::uint32_t pending_begin_ = 0, pending_end_ = 0;  // unknown characters
};

std::vector<BpeModel::Symbol> BpeModel::symbols_of(std::string_view word) const {
  if (alphabet_ == Alphabet::kCharacters) return CharacterSymbols(*this, word).take();
  std::vector<Symbol> symbols;
  symbols.reserve(word.size());
  for (std::uint32_t i = 0; i < word.size(); ++i) {
    const std::int32_t id = byte_ids_[static_cast<unsigned char>(word[i])];
    if (id < 0) continue;  // the reference drops it, and lets its neighbours meet
    const auto index = static_cast<std::int32_t>(symbols.size());
    if (index > 0) symbols.back().next = index;
    symbols.push_back({id, index - 1, -1, i, i + 1});
  }
  return symbols;
}

void BpeModel::merge_all(std::vector<Symbol>& symbols) const {
  Queue queue(*this, symbols);
  for (std::size_t i = 0; i + 1 < symbols.size(); ++i) queue.offer(static_cast<std::int32_t>(i));
  for (Queue::Entry entry{}; queue.pop(entry);) {
    Symbol& left = symbols[at(entry.position)];
    Symbol& right = symbols[at(left.next)];
    left.id = entry.merged;
    left.end = right.end;
    left.next = right.next;
    right.id = -1;
    if (left.next >= 0) symbols[at(left.next)].previous = entry.position;
    queue.offer(left.previous);
    queue.offer(entry.position);
  }
}

void BpeModel::encode(std::string_view word, std::vector<WordPiece>& out) const {
  if (ignore_merges_) {
    const auto& known = alphabet_ == Alphabet::kBytes ? by_bytes_ : ids_;
    const auto whole = known.find(std::string(word));
    if (whole != known.end()) {
      out.push_back({whole->second, 0, static_cast<std::uint32_t>(word.size())});
      return;
    }
  }
  std::vector<Symbol> symbols = symbols_of(word);
  merge_all(symbols);
  for (const Symbol& symbol : symbols)
    if (symbol.id >= 0) out.push_back({symbol.id, symbol.begin, symbol.end});
}

}  // namespace flm
