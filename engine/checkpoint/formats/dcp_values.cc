#include "engine/checkpoint/formats/dcp_values.h"

namespace flm {
namespace {

using NodeKind = DcpNode::Kind;

constexpr std::int64_t kWholeLimit = std::int64_t{1} << 60;
constexpr std::size_t kMostSinks = 255;

/// What lives at the same time in a real file is far less: a batch of 1,000 entries, and what is
/// recalled later.
std::size_t most_heap_memory(std::size_t pickle) { return (std::size_t{64} << 20) + 2 * pickle; }

}  // namespace

DcpValue::DcpValue(DcpNode* node) : bits_(reinterpret_cast<std::uintptr_t>(node)) { hold(); }

DcpValue DcpValue::plain(Tag tag, std::int64_t value) {
  DcpValue out;
  out.bits_ = static_cast<std::uint64_t>(value) << kTagBits | tag;
  return out;
}

DcpNode* DcpValue::node() const {
  return tag() == kNode ? reinterpret_cast<DcpNode*>(bits_) : nullptr;
}

void DcpValue::hold() {
  if (DcpNode* held = node()) ++held->holders;
}

void DcpValue::release() {
  DcpNode* held = node();
  if (held && --held->holders == 0) held->heap->bury(held);
}

std::optional<std::int64_t> DcpValue::whole() const {
  if (tag() != kWhole) return {};
  return static_cast<std::int64_t>(bits_) >> kTagBits;
}

std::optional<std::string_view> DcpValue::text() const {
  const DcpNode* held = node();
  if (!held || held->kind != NodeKind::kString) return {};
  return held->text;
}

std::optional<std::string_view> DcpValue::global() const {
  const DcpNode* held = node();
  if (!held || held->kind != NodeKind::kGlobal) return {};
  return held->text;
}

std::optional<std::string_view> DcpValue::object_of() const {
  const DcpNode* held = node();
  if (!held || held->kind != NodeKind::kObject) return {};
  return held->text;
}

std::optional<std::span<const DcpValue>> DcpValue::items() const {
  const DcpNode* held = node();
  if (!held || (held->kind != NodeKind::kTuple && held->kind != NodeKind::kList)) return {};
  return held->items;
}

bool DcpValue::is_stream() const {
  const DcpNode* held = node();
  return held && held->kind == NodeKind::kStream;
}

std::optional<std::span<const DcpValue>> DcpValue::pairs() const {
  const DcpNode* held = node();
  if (!held || held->kind != NodeKind::kDict) return {};
  return held->items;
}

DcpValue DcpValue::state() const {
  const DcpNode* held = node();
  return held && held->kind == NodeKind::kObject && !held->items.empty() ? held->items[0]
                                                                         : DcpValue();
}

DcpValue DcpValue::attribute(std::string_view name) const {
  const DcpValue attributes = state();
  const auto entries = attributes.pairs();
  if (!entries) return {};
  for (std::size_t i = entries->size(); i > 0; i -= 2)
    if ((*entries)[i - 2].text() == name) return (*entries)[i - 1];
  return {};
}

DcpHeap::DcpHeap(const PickleReader& reader)
    : reader_(reader), budget_(most_heap_memory(reader.size())) {}

/// Nodes may hold each other in a circle: all let go before one is gone.
DcpHeap::~DcpHeap() {
  burying_ = true;
  for (DcpNode& node : nodes_) node.items.clear();
}

void DcpHeap::charge(std::size_t bytes) {
  if (bytes > budget_)
    reader_.refuse("needs more memory than its " + std::to_string(reader_.size()) +
                   " bytes can ask for");
  budget_ -= bytes;
}

DcpNode* DcpHeap::make(NodeKind kind) {
  DcpNode* node = nullptr;
  if (free_.empty()) {
    charge(sizeof(DcpNode));
    node = &nodes_.emplace_back();
    node->heap = this;
  } else {
    node = free_.back();
    free_.pop_back();
  }
  node->kind = kind;
  node->text = {};
  return node;
}

/// Not by recursion: a node that dies here lets go of others, which wait for their turn.
void DcpHeap::bury(DcpNode* node) {
  dying_.push_back(node);
  if (burying_) return;
  burying_ = true;
  while (!dying_.empty()) {
    DcpNode* dead = dying_.back();
    dying_.pop_back();
    budget_ += dead->items.capacity() * sizeof(DcpValue);
    Items().swap(dead->items);
    free_.push_back(dead);
  }
  burying_ = false;
}

void DcpHeap::fill(DcpNode& node, Items items) {
  const std::size_t before = node.items.capacity();
  if (node.items.empty()) {
    node.items = std::move(items);
  } else {
    node.items.insert(node.items.end(), std::make_move_iterator(items.begin()),
                      std::make_move_iterator(items.end()));
  }
  charge((node.items.capacity() - before) * sizeof(DcpValue));
}

DcpValue DcpHeap::filled(NodeKind kind, Items items) {
  if (opaque_) return opaque();
  DcpValue out(make(kind));
  if (!items.empty()) fill(*out.node(), std::move(items));
  return out;
}

DcpValue DcpHeap::whole(std::int64_t value) {
  const bool fits = value > -kWholeLimit && value < kWholeLimit;
  return fits ? DcpValue::plain(DcpValue::kWhole, value) : opaque();
}

DcpValue DcpHeap::string(std::string_view text) {
  DcpValue out(make(NodeKind::kString));
  out.node()->text = text;
  return out;
}

DcpValue DcpHeap::global(std::string_view module, std::string_view name) {
  DcpValue out(make(NodeKind::kGlobal));
  const auto [full, is_new] = names_.insert(std::string(module) + "." + std::string(name));
  if (is_new) charge(full->size());
  out.node()->text = *full;
  return out;
}

/// The empty one cannot change, and each object that is made asks for it.
DcpValue DcpHeap::tuple(Items items) {
  if (!items.empty() || opaque_) return filled(NodeKind::kTuple, std::move(items));
  if (empty_tuple_ == DcpValue()) empty_tuple_ = filled(NodeKind::kTuple, {});
  return empty_tuple_;
}

DcpValue DcpHeap::list(Items items) { return filled(NodeKind::kList, std::move(items)); }

DcpValue DcpHeap::dict() {
  if (!next_sink_) return filled(NodeKind::kDict, {});
  if (sinks_.size() == kMostSinks) reader_.refuse("has too many dicts of entries");
  DcpValue out(make(NodeKind::kStream));
  out.node()->sink = static_cast<std::uint8_t>(sinks_.size());
  sinks_.push_back(std::exchange(next_sink_, nullptr));
  return out;
}

/// Only what would have been called gets noted; torch.Size((2, 3)) is the tuple.
DcpValue DcpHeap::object(const Ref& function, const Ref& arguments) {
  const auto name = function.global();
  if (opaque_ || !name) return opaque();
  if (*name == "collections.OrderedDict") return dict();
  const auto items = arguments.items();
  if (*name == "torch.Size" && items && items->size() == 1) return (*items)[0];
  DcpValue out(make(NodeKind::kObject));
  out.node()->text = *name;
  return out;
}

void DcpHeap::append(const Ref& list, Items items) {
  if (list == opaque()) return;
  DcpNode* node = list.node();
  if (!node || node->kind != NodeKind::kList)
    reader_.refuse("appends to something that is not a list");
  fill(*node, std::move(items));
}

void DcpHeap::set_items(const Ref& dict, Items items) {
  if (dict == opaque()) return;
  DcpNode* node = dict.node();
  if (node && node->kind == NodeKind::kStream) {
    for (std::size_t i = 0; i < items.size(); i += 2) sinks_[node->sink](items[i], items[i + 1]);
    return;
  }
  if (!node || node->kind != NodeKind::kDict)
    reader_.refuse("sets items of something that is not a dict");
  fill(*node, std::move(items));
}

void DcpHeap::set_state(const Ref& object, const Ref& state) {
  DcpNode* node = object.node();
  if (object == opaque() || (node && node->kind == NodeKind::kDict)) return;
  if (!node || node->kind != NodeKind::kObject)
    reader_.refuse("sets the state of something that has none");
  charge(sizeof(DcpValue));
  node->items.assign(1, state);
}

}  // namespace flm
