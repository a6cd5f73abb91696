// Values of a pickle that is read as a stream: small, and gone when nobody holds them.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <vector>

#include "engine/checkpoint/formats/pickle_reader.h"

namespace flm {

class DcpHeap;
struct DcpNode;
/// 8 bytes: a whole number below 2^60, nothing, a value of which nobody asks more, or a counted
/// hold on a node.
class DcpValue {
 public:
  DcpValue() = default;
  DcpValue(const DcpValue& other) : bits_(other.bits_) { hold(); }
  DcpValue(DcpValue&& other) noexcept : bits_(std::exchange(other.bits_, 0)) {}
  DcpValue& operator=(DcpValue other) noexcept {
    std::swap(bits_, other.bits_);
    return *this;
  }
  ~DcpValue() { release(); }
  bool operator==(const DcpValue&) const = default;

  bool is_none() const { return bits_ == kNone; }
  std::optional<std::int64_t> whole() const;  // nothing where it is no number or too wide
  std::optional<std::string_view> text() const;
  std::optional<std::string_view> global() const;     // module.name
  std::optional<std::string_view> object_of() const;  // the class of an object
  /// Of a tuple (torch.Size is one) or a list; nothing of any other.
  std::optional<std::span<const DcpValue>> items() const;
  bool is_stream() const;  // a dict whose entries went to a sink
  /// Key, value, key, value ... of a dict.
  std::optional<std::span<const DcpValue>> pairs() const;
  /// What BUILD gave an object; no value where nothing did.
  DcpValue state() const;
  /// The attribute of an object; the last one wins.
  DcpValue attribute(std::string_view name) const;

 private:
  friend class DcpHeap;
  enum Tag : std::uint64_t { kNode = 0, kWhole = 1, kNone = 2, kOpaque = 3 };
  static constexpr int kTagBits = 3;

  explicit DcpValue(DcpNode* node);
  static DcpValue plain(Tag tag, std::int64_t value = 0);
  Tag tag() const { return static_cast<Tag>(bits_ & ((1u << kTagBits) - 1)); }
  DcpNode* node() const;  // null where it is none
  void hold();
  void release();

  std::uint64_t bits_ = 0;  // 0: no value
};

/// What a value that is no number holds. Of a string or a name it is the text, of an object the
/// text of its class and, where BUILD gave one, its state.
struct DcpNode {
  enum class Kind : std::uint8_t { kString, kGlobal, kTuple, kList, kDict, kStream, kObject };
  DcpHeap* heap = nullptr;
  std::uint32_t holders = 0;
  Kind kind = Kind::kString;
  std::uint8_t sink = 0;  // kStream
  std::string_view text;
  std::vector<DcpValue> items;
};

/// Owns the nodes. Their memory is bounded by the bytes of the pickle, and used again when the last
/// holder is gone; nodes that hold each other live as long as the heap. One thread.
class DcpHeap {
 public:
  using Ref = DcpValue;
  using Items = std::vector<DcpValue>;
  using Sink = std::function<void(const DcpValue& key, const DcpValue& value)>;

  explicit DcpHeap(const PickleReader& reader);
  ~DcpHeap();
  DcpHeap(const DcpHeap&) = delete;
  DcpHeap& operator=(const DcpHeap&) = delete;

  /// The next dict that is made keeps nothing: what is set in it goes to `sink`.
  void stream_next_dict(Sink sink) { next_sink_ = std::move(sink); }
  /// Whether what is made from now on is opaque, except for strings and globals.
  void make_opaque(bool opaque) { opaque_ = opaque; }

  Ref none() { return DcpValue::plain(DcpValue::kNone); }
  Ref boolean(bool) { return opaque(); }
  Ref whole(std::int64_t value);
  Ref wide() { return opaque(); }
  Ref real(double) { return opaque(); }
  Ref string(std::string_view text);
  Ref global(std::string_view module, std::string_view name);
  Ref tuple(Items items);
  Ref list(Items items);
  Ref dict();
  Ref object(const Ref& function, const Ref& arguments);
  Ref persistent(const Ref&) { return opaque(); }
  void append(const Ref& list, Items items);
  void set_items(const Ref& dict, Items items);
  void set_state(const Ref& object, const Ref& state);
  std::optional<std::string_view> text(const Ref& value) const { return value.text(); }

 private:
  friend class DcpValue;
  using Kind = DcpNode::Kind;

  static Ref opaque() { return DcpValue::plain(DcpValue::kOpaque); }
  DcpNode* make(Kind kind);
  Ref filled(Kind kind, Items items);
  void fill(DcpNode& node, Items items);
  void charge(std::size_t bytes);
  void bury(DcpNode* node);

  const PickleReader& reader_;
  std::size_t budget_;  // bytes that nodes may still take
  std::deque<DcpNode> nodes_;
  std::vector<DcpNode*> free_, dying_;
  bool burying_ = false;
  std::unordered_set<std::string> names_;  // of globals
  DcpValue empty_tuple_;
  std::vector<Sink> sinks_;
  Sink next_sink_;
  bool opaque_ = false;
};

}  // namespace flm
