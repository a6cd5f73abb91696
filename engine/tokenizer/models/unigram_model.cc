#include "engine/tokenizer/models/unigram_model.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>

#include "base/errors.h"
#include "base/text/printable.h"
#include "engine/tokenizer/json_values.h"
#include "engine/tokenizer/models/byte_level.h"

namespace flm {
namespace {

constexpr double kUnknownPenalty = 10;  // below the lowest score of a piece
constexpr std::size_t kMostPieces = 4'194'304;

double power_of_ten(int exponent) {
  const std::string text = "1e" + std::to_string(exponent);
  double power = 0;
  std::from_chars(text.data(), text.data() + text.size(), power);
  return power;
}

/// A score as the library reads it: its digits as one whole number, times or over a power of ten,
/// each rounded, which is not always the nearest double. Where two ways to cut a text have the same
/// score the last bit decides. Files have the shortest digits of a score.
double library_score(double exact) {
  char text[40];
  const char* end =
      std::to_chars(text, text + sizeof text, std::abs(exact), std::chars_format::scientific).ptr;
  std::uint64_t digits = 0;
  int exponent = 0;
  const char* at = text;
  for (bool fraction = false; at < end && *at != 'e'; ++at) {
    if (*at == '.') {
      fraction = true;
      continue;
    }
    digits = digits * 10 + static_cast<std::uint64_t>(*at - '0');
    exponent -= fraction;
  }
  int written = 0;
  std::from_chars(at + (at + 1 < end && at[1] == '+' ? 2 : 1), end, written);
  exponent += written;
  double score = static_cast<double>(digits);
  for (; exponent < -308; exponent += 308) score /= power_of_ten(308);
  score = exponent < 0 ? score / power_of_ten(-exponent) : score * power_of_ten(exponent);
  return std::copysign(score, exact);
}

std::uint32_t character_end(std::string_view text, std::uint32_t at) {
  do ++at;
  while (at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80);
  return at;
}

}  // namespace

/// The best way to some byte of the word: its last piece, and the score of all.
struct UnigramModel::Node {
  double score = 0;
  std::int32_t id = 0;
  std::int64_t begin = -1;  // of the last piece; -1: no way leads here
};

UnigramModel::UnigramModel(const Json& model, const std::string& origin) : origin_(origin) {
  const Json* vocab = json_member(model, "vocab");
  if (!vocab || !vocab->is_array() || vocab->empty() || vocab->size() > kMostPieces)
    throw UserError(origin + ": model.vocab must be a list of [piece, score]");
  double lowest = 0;
  for (const Json& entry : *vocab) {
    if (!entry.is_array() || entry.size() != 2 || !entry[0].is_string() || !entry[1].is_number())
      throw UserError(origin +
                      ": model.vocab: not [piece, score]: " + printable(compact_json(entry)));
    texts_.push_back(entry[0].get<std::string>());
    scores_.push_back(library_score(entry[1].get<double>()));
    lowest = texts_.size() == 1 ? scores_.back() : std::min(lowest, scores_.back());
    ids_[texts_.back()] = size() - 1;  // of two alike the later one counts
  }
  unknown_score_ = lowest - kUnknownPenalty;
  byte_fallback_ = json_bool(model, "byte_fallback", origin, false);
  if (const Json* unknown = json_member(model, "unk_id")) {
    unknown_ = json_token_id(*unknown, "unk_id", origin);
    if (unknown_ >= size())
      throw UserError(origin +
                      ": model.unk_id is outside the vocabulary: " + std::to_string(unknown_));
  }
  for (std::size_t byte = 0; byte < 256; ++byte)
    byte_ids_[byte] = find(byte_piece(static_cast<std::uint8_t>(byte)));
  for (const auto& [text, id] : ids_)
    if (!text.empty()) sorted_.push_back(id);
  std::sort(sorted_.begin(), sorted_.end(),
            [&](std::int32_t a, std::int32_t b) { return text(a) < text(b); });
  for (const std::int32_t id : sorted_)
    ++by_first_byte_[static_cast<unsigned char>(text(id)[0]) + 1u];
  for (std::size_t byte = 0; byte < 256; ++byte) by_first_byte_[byte + 1] += by_first_byte_[byte];
}

std::int32_t UnigramModel::find(const std::string& text) const {
  const auto found = ids_.find(text);
  return found == ids_.end() ? -1 : found->second;
}

/// Calls take(id, length) for each piece that `text` begins with, the shortest first.
template <typename Take>
void UnigramModel::for_each_prefix(std::string_view text, const Take& take) const {
  const auto first = static_cast<unsigned char>(text[0]);
  auto low = sorted_.begin() + by_first_byte_[first];
  auto high = sorted_.begin() + by_first_byte_[first + 1u];
  // Of the pieces [low, high) all begin with text[0, length).
  for (std::size_t length = 1; low != high; ++length) {
    if (this->text(*low).size() == length) take(*low++, length);
    if (length == text.size()) return;
    const auto next = static_cast<unsigned char>(text[length]);
    const auto byte = [&](std::int32_t id) {
      return static_cast<unsigned char>(this->text(id)[length]);
    };
    low = std::partition_point(low, high, [&](std::int32_t id) { return byte(id) < next; });
    high = std::partition_point(low, high, [&](std::int32_t id) { return byte(id) == next; });
  }
}

std::vector<UnigramModel::Node> UnigramModel::best_path(std::string_view word) const {
  std::vector<Node> nodes(word.size() + 1);
  const auto offer = [&](std::uint32_t begin, std::size_t end, std::int32_t id, double score) {
    Node& node = nodes[end];
    if (node.begin >= 0 && !(score > node.score)) return;
    if (id < 0)  // unknown, and no unknown token: an error only where no better way leads on
      throw UserError(origin_ +
                      ": the model has neither a piece nor an unknown token for this text: " +
                      std::string(word.substr(begin, end - begin)));
    node = {score, id, begin};
  };
  for (std::uint32_t at = 0; at < word.size();) {
    const std::uint32_t next = character_end(word, at);
    const double here = nodes[at].score;
    bool whole_character = false;
    for_each_prefix(word.substr(at), [&](std::int32_t id, std::size_t length) {
      offer(at, at + length, id, scores_[static_cast<std::size_t>(id)] + here);
      whole_character |= at + length == next;
    });
    if (!whole_character) offer(at, next, unknown_, unknown_score_ + here);
    at = next;
  }
  return nodes;
}

void UnigramModel::encode(std::string_view word, std::vector<WordPiece>& out) const {
  const std::vector<Node> nodes = best_path(word);
  std::vector<std::pair<std::uint32_t, std::uint32_t>> pieces;  // from the end
  bool after_unknown = false;
  for (auto end = static_cast<std::uint32_t>(word.size()); end > 0;) {
    const Node& node = nodes[end];
    const auto begin = static_cast<std::uint32_t>(node.begin);
    const bool unknown = unknown_ >= 0 && node.id == unknown_;
    if (unknown && after_unknown)
      pieces.back().first = begin;  // unknown neighbours are one piece
    else
      pieces.emplace_back(begin, end);
    after_unknown = unknown;
    end = begin;
  }
  for (auto piece = pieces.rbegin(); piece != pieces.rend(); ++piece)
    append(word, piece->first, piece->second, out);
}

/// The library looks the text up once more: unknown neighbours may spell a piece together.
void UnigramModel::append(std::string_view word, std::uint32_t begin, std::uint32_t end,
                          std::vector<WordPiece>& out) const {
  const std::int32_t id = find(std::string(word.substr(begin, end - begin)));
  if (id >= 0)
    out.push_back({id, begin, end});
  else if (!byte_fallback_ || !append_bytes(word, begin, end, out))
    out.push_back({unknown_, begin, end});
}

bool UnigramModel::append_bytes(std::string_view word, std::uint32_t begin, std::uint32_t end,
                                std::vector<WordPiece>& out) const {
  const auto id = [&](std::uint32_t i) { return byte_ids_[static_cast<unsigned char>(word[i])]; };
  for (std::uint32_t i = begin; i < end; ++i)
    if (id(i) < 0) return false;
  for (std::uint32_t i = begin; i < end; ++i) out.push_back({id(i), i, i + 1});
  return true;
}

}  // namespace flm
