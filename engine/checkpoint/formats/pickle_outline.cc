#include "engine/checkpoint/formats/pickle_outline.h"

#include <bit>
#include <utility>

namespace flm {
namespace {

using OpKind = PickleOp::Kind;

/// Follows how high the stack is, and at which byte what stands in each place begins. Attributes
/// stand above the object and its dict, behind the first mark; entries of a dict that is one of
/// them above it, behind the second.
class OutlineFinder {
 public:
  explicit OutlineFinder(PickleReader reader) : reader_(std::move(reader)) {}

  PickleOutline find() {
    for (PickleOp op; op.kind != OpKind::kStop;) {
      at_ = reader_.at();
      op = reader_.next();
      if (op.kind == OpKind::kSetItems) note();
      if (!follow(op)) return {};
    }
    return std::move(out_);
  }

 private:
  static constexpr std::size_t kFirst = 2;  // place of the first attribute's name
  static constexpr std::size_t kMostPlaces = 100'000, kMostMarks = 10'000;
  struct Mark {
    std::size_t height, at;
  };

  void note() {
    if (marks_.empty() || marks_[0].height != kFirst) return;
    const std::size_t first = marks_.back().height;
    if (marks_.size() == 1) add_attributes();
    if (marks_.size() == 2 && (first - kFirst) % 2 == 0) add_entries(first);
  }

  /// Pairs of name and value, the last ends where SETITEMS stands.
  void add_attributes() {
    for (std::size_t i = kFirst; i + 1 < height_; i += 2)
      out_.attributes.push_back({text_at(begins_[i]), begins_[i + 1], end_of(i + 1)});
  }

  void add_entries(std::size_t first) {
    for (std::size_t i = first; i + 1 < height_; i += 2) out_.entry_ends.push_back(end_of(i + 1));
  }

  std::size_t end_of(std::size_t place) const {
    return place + 1 < height_ ? begins_[place + 1] : at_;
  }

  std::string_view text_at(std::size_t at) const {
    PickleReader reader = reader_;
    reader.seek(at);
    return reader.next().text;
  }

  /// False: higher than picklers build, or a stack that breaks.
  bool follow(const PickleOp& op) {
    switch (op.kind) {
      case OpKind::kStop:
      case OpKind::kNothing:
      case OpKind::kPersistent:
      case OpKind::kRemember:
      case OpKind::kMemoize:
        return true;
      case OpKind::kMark:
        marks_.push_back({height_, at_});
        return marks_.size() <= kMostMarks;
      case OpKind::kTuple:
      case OpKind::kList:
      case OpKind::kDict:
      case OpKind::kInstance:
      case OpKind::kMarkedCall:
        return drop_to_mark() && push(mark_at_);
      case OpKind::kAppends:
      case OpKind::kSetItems:
      case OpKind::kPopMark:
        return drop_to_mark();
      case OpKind::kPop:
        return !marks_.empty() && marks_.back().height == height_ ? drop_to_mark() : drop(1);
      case OpKind::kAppend:
      case OpKind::kBuild:
      case OpKind::kReduce:
      case OpKind::kNewObject:
      case OpKind::kStackGlobal:
        return drop(1);
      case OpKind::kSetItem:
      case OpKind::kNewObjectEx:
        return drop(2);
      case OpKind::kTupleOf:
        return drop(static_cast<std::size_t>(op.integer - 1));
      default:
        return push(at_);
    }
  }

  /// Behind a third mark nothing is an attribute or an entry.
  bool push(std::size_t at) {
    ++height_;
    if (marks_.size() > 2) return true;
    if (height_ > kMostPlaces) return false;
    begins_.resize(height_);
    begins_.back() = at;
    return true;
  }

  bool drop(std::size_t count) {
    if (count > height_) return false;
    height_ -= count;
    return true;
  }

  bool drop_to_mark() {
    if (marks_.empty() || marks_.back().height > height_) return false;
    height_ = marks_.back().height;
    mark_at_ = marks_.back().at;
    marks_.pop_back();
    return true;
  }

  PickleReader reader_;
  PickleOutline out_;
  std::size_t at_ = 0;      // of the opcode
  std::size_t height_ = 0;  // of the stack
  std::vector<Mark> marks_;
  std::size_t mark_at_ = 0;          // of the last one that went
  std::vector<std::size_t> begins_;  // where the value in each place of the stack begins
};

}  // namespace

RecalledSlots::RecalledSlots(PickleReader reader, std::size_t end) {
  for (PickleOp op; op.kind != OpKind::kStop && reader.at() < end;) {
    op = reader.next();
    if (op.kind != OpKind::kRecall) continue;
    const auto slot = static_cast<std::uint64_t>(op.integer);
    if (slot >= reader.size())
      reader.refuse("recalls slot " + std::to_string(slot) + ", which it did not remember");
    if (slot / 64 >= words_.size()) words_.resize(slot / 64 + 1);
    words_[slot / 64].bits |= std::uint64_t{1} << (slot % 64);
  }
  for (Word& word : words_) {
    word.before = count_;
    count_ += static_cast<std::size_t>(std::popcount(word.bits));
  }
}

std::optional<std::size_t> RecalledSlots::number(std::uint64_t slot) const {
  if (slot / 64 >= words_.size()) return {};
  const Word& word = words_[slot / 64];
  const std::uint64_t bit = std::uint64_t{1} << (slot % 64);
  if (!(word.bits & bit)) return {};
  return word.before + static_cast<std::size_t>(std::popcount(word.bits & (bit - 1)));
}

PickleOutline pickle_outline(PickleReader reader) {
  return OutlineFinder(std::move(reader)).find();
}

}  // namespace flm
