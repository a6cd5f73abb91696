// Builds the tree from libyaml's events. Merges, aliases and key order follow PyYAML's SafeLoader.
#include "base/documents/yaml.h"

#include <yaml.h>

#include <map>
#include <memory>

#include "base/documents/nesting.h"
#include "base/documents/yaml_scalar.h"
#include "base/errors.h"
#include "base/system/files.h"
#include "base/text/byte_order_mark.h"
#include "base/text/utf8.h"

namespace flm {
namespace {

constexpr size_t kMaxNodes = 1'000'000;     // with every alias expanded: stops "billion laughs"
constexpr size_t kMaxAliasText = 64 << 20;  // bytes of text that aliases may copy

using Kind = YamlNode::Kind;

/// One event of libyaml, freed at the end of its scope.
struct Event {
  yaml_event_t raw{};
  Event() = default;
  Event(const Event&) = delete;
  Event& operator=(const Event&) = delete;
  ~Event() { yaml_event_delete(&raw); }
  int line() const { return static_cast<int>(raw.start_mark.line) + 1; }
};

std::string_view bytes(const yaml_char_t* text) {
  return text ? std::string_view(reinterpret_cast<const char*>(text)) : std::string_view();
}

/// Number of nodes and bytes of text of a subtree: what an alias to it costs.
struct Cost {
  size_t nodes = 0, text = 0;
};

struct Anchor {
  YamlNode node;
  Cost cost;
};

double number(const YamlNode& n) {
  return n.kind == Kind::kBool  ? n.boolean
         : n.kind == Kind::kInt ? static_cast<double>(n.integer)
                                : n.real;
}

/// Equality of dict keys in Python: True == 1 == 1.0.
bool same_key(const YamlNode& a, const YamlNode& b) {
  const auto numeric = [](const YamlNode& n) {
    return n.kind == Kind::kBool || n.kind == Kind::kInt || n.kind == Kind::kFloat;
  };
  if (numeric(a) && numeric(b)) {
    return a.kind == Kind::kInt && b.kind == Kind::kInt ? a.integer == b.integer
                                                        : number(a) == number(b);
  }
  return a.kind == b.kind && (a.kind == Kind::kNull || a.text == b.text);
}

class Builder {
 public:
  Builder(std::string_view text, const std::string& origin, YamlNotes* notes)
      : origin_(origin), notes_(notes) {
    FLM_CHECK(yaml_parser_initialize(&parser_), "yaml_parser_initialize failed");
    yaml_parser_set_input_string(&parser_, reinterpret_cast<const unsigned char*>(text.data()),
                                 text.size());
    yaml_parser_set_encoding(&parser_, YAML_UTF8_ENCODING);
  }
  Builder(const Builder&) = delete;
  Builder& operator=(const Builder&) = delete;
  ~Builder() { yaml_parser_delete(&parser_); }

  YamlNode document() {
    YamlNode root;
    root.line = 1;
    Event stream, start;
    next(stream);
    next(start);
    if (start.raw.type == YAML_STREAM_END_EVENT) return root;
    Event first, end, after;
    next(first);
    Cost cost;
    root = build(first, 0, cost);
    next(end);
    next(after);
    if (after.raw.type != YAML_STREAM_END_EVENT)
      fail(after.line(), "a second document; keep one in a file");
    return root;
  }

 private:
  [[noreturn]] void fail(int line, const std::string& what) const {
    throw UserError(origin_ + ":" + std::to_string(line) + ": invalid YAML: " + what);
  }

  void repeated(int first_line, const YamlNode& key) const {
    const std::string where = "duplicate key (first on line " + std::to_string(first_line) + "); ";
    const std::string name = key.text.empty() ? "null" : key.text;
    if (!notes_) fail(key.line, where + "keep one: " + name);
    notes_->push_back(origin_ + ":" + std::to_string(key.line) + ": " + where +
                      "the last counts: " + name);
  }

  void next(Event& event) {
    if (yaml_parser_parse(&parser_, &event.raw)) return;
    const bool reader = parser_.error == YAML_READER_ERROR;
    const size_t line = reader ? parser_.mark.line : parser_.problem_mark.line;
    std::string what = parser_.problem ? parser_.problem : "out of memory";
    if (parser_.context) what += std::string(" (") + parser_.context + ")";
    fail(static_cast<int>(line) + 1, what);
  }

  YamlNode build(const Event& event, int depth, Cost& cost) {
    if (depth >= kMaxDepth)
      fail(event.line(), "nesting beyond " + std::to_string(kMaxDepth) + " levels");
    if (event.raw.type == YAML_ALIAS_EVENT) return alias(event, cost);
    if (++nodes_ > kMaxNodes) fail_size(event.line());
    const std::string anchor(anchor_of(event));
    if (!anchor.empty() && anchors_.count(anchor))
      fail(event.line(), "the anchor is defined twice: &" + anchor);
    if (!anchor.empty())
      anchors_[anchor] = nullptr;  // open: an alias to it from inside is an error
    Cost own{1, event.raw.type == YAML_SCALAR_EVENT ? event.raw.data.scalar.length : 0};
    YamlNode node = event.raw.type == YAML_SCALAR_EVENT           ? scalar(event)
                    : event.raw.type == YAML_SEQUENCE_START_EVENT ? list(event, depth, own)
                                                                  : map(event, depth, own);
    if (!anchor.empty()) anchors_[anchor] = std::make_unique<Anchor>(Anchor{node, own});
    add(cost, own);
    return node;
  }

  static void add(Cost& total, const Cost& part) {
    total.nodes += part.nodes;
    total.text += part.text;
  }

  [[noreturn]] void fail_size(int line) const {
    fail(line, "more than " + std::to_string(kMaxNodes) + " nodes once its aliases are expanded");
  }

  static std::string_view anchor_of(const Event& event) {
    switch (event.raw.type) {
      case YAML_SCALAR_EVENT:
        return bytes(event.raw.data.scalar.anchor);
      case YAML_SEQUENCE_START_EVENT:
        return bytes(event.raw.data.sequence_start.anchor);
      default:
        return bytes(event.raw.data.mapping_start.anchor);
    }
  }

  YamlNode alias(const Event& event, Cost& cost) {
    const std::string name(bytes(event.raw.data.alias.anchor));
    const auto found = anchors_.find(name);
    if (found == anchors_.end()) fail(event.line(), "an alias without an anchor: *" + name);
    if (!found->second) fail(event.line(), "an alias inside its own anchor: *" + name);
    const Anchor& anchor = *found->second;
    nodes_ += anchor.cost.nodes;
    alias_text_ += anchor.cost.text;
    if (nodes_ > kMaxNodes || alias_text_ > kMaxAliasText) fail_size(event.line());
    add(cost, anchor.cost);
    return anchor.node;
  }

  YamlNode scalar(const Event& event) const {
    const auto& raw = event.raw.data.scalar;
    const std::string_view text(reinterpret_cast<const char*>(raw.value), raw.length);
    const std::string_view tag = bytes(raw.tag);
    YamlNode node;
    node.line = event.line();
    try {
      if (tag == "!function") {
        node.kind = Kind::kFunction;
        node.text = text;
      } else if ((tag.empty() || tag == "!") && raw.plain_implicit) {
        resolve_plain_scalar(text, node);
      } else {
        resolve_tagged_scalar(tag.empty() || tag == "!" ? "str" : core_tag(tag), text, node);
      }
    } catch (const UserError& e) {
      fail(node.line, e.what());
    }
    return node;
  }

  static std::string_view core_tag(std::string_view tag) {
    constexpr std::string_view kPrefix = "tag:yaml.org,2002:";
    if (tag.substr(0, kPrefix.size()) == kPrefix) return tag.substr(kPrefix.size());
    throw UserError("an unknown tag; only !function is known: " + std::string(tag));
  }

  void check_tag(const Event& event, std::string_view tag, std::string_view type) const {
    try {
      if (tag.empty() || tag == "!" || core_tag(tag) == type) return;
      throw UserError("this tag does not fit here: " + std::string(tag));
    } catch (const UserError& e) {
      fail(event.line(), e.what());
    }
  }

  YamlNode list(const Event& start, int depth, Cost& cost) {
    check_tag(start, bytes(start.raw.data.sequence_start.tag), "seq");
    YamlNode node;
    node.kind = Kind::kList;
    node.line = start.line();
    while (true) {
      Event event;
      next(event);
      if (event.raw.type == YAML_SEQUENCE_END_EVENT) return node;
      node.items.push_back(build(event, depth + 1, cost));
    }
  }

  YamlNode map(const Event& start, int depth, Cost& cost) {
    check_tag(start, bytes(start.raw.data.mapping_start.tag), "map");
    YamlNode node;
    node.kind = Kind::kMap;
    node.line = start.line();
    Entries merged, own;
    while (true) {
      Event key_event;
      next(key_event);
      if (key_event.raw.type == YAML_MAPPING_END_EVENT) break;
      const bool merge = is_plain(key_event, "<<");
      const bool special = merge || is_plain(key_event, "=");
      YamlNode key = special ? special_key(key_event) : build(key_event, depth + 1, cost);
      Event value_event;
      next(value_event);
      YamlNode value = build(value_event, depth + 1, cost);
      if (merge) {
        collect_merge(value, merged);
      } else {
        check_key(key);
        own.add_new(*this, std::move(key), std::move(value));
      }
    }
    for (auto& [key, value] : own.list) merged.set(key, std::move(value));
    node.entries = std::move(merged.list);
    return node;
  }

  static bool is_plain(const Event& event, std::string_view text) {
    return event.raw.type == YAML_SCALAR_EVENT && event.raw.data.scalar.plain_implicit &&
           bytes(event.raw.data.scalar.tag).empty() && bytes(event.raw.data.scalar.value) == text;
  }

  static YamlNode special_key(
      const Event& event) {  // "<<", and "=", which PyYAML takes as a string
    YamlNode node;
    node.kind = Kind::kString;
    node.line = event.line();
    node.text = bytes(event.raw.data.scalar.value);
    return node;
  }

  void check_key(const YamlNode& key) const {
    if (key.is_list() || key.is_map()) fail(key.line, "a list or a map as a key");
    if (key.kind == Kind::kFunction) fail(key.line, "!function as a key");
  }

  /// Entries in order of first appearance, as in Python's dict, with an index so that a large map
  /// is not searched quadratically.
  struct Entries {
    std::vector<std::pair<YamlNode, YamlNode>> list;
    std::multimap<std::string, size_t> index;  // by bucket()

    static std::string bucket(const YamlNode& key) {
      if (key.is_string()) return "s" + key.text;
      return key.is_null() ? "null" : std::to_string(number(key));
    }

    std::pair<YamlNode, YamlNode>* find(const YamlNode& key) {
      const auto [first, last] = index.equal_range(bucket(key));
      for (auto i = first; i != last; ++i) {
        if (same_key(list[i->second].first, key)) return &list[i->second];
      }
      return nullptr;
    }

    void add_new(const Builder& builder, YamlNode key, YamlNode value) {
      if (const auto* old = find(key)) builder.repeated(old->first.line, key);
      set(key, std::move(value));
    }

    void set(const YamlNode& key, YamlNode value) {
      if (auto* old = find(key)) {
        old->second = std::move(value);
        return;
      }
      index.emplace(bucket(key), list.size());
      list.emplace_back(key, std::move(value));
    }
  };

  void collect_merge(const YamlNode& value, Entries& merged) const {
    if (value.is_map()) {
      for (const auto& [k, v] : value.entries) merged.set(k, v);
      return;
    }
    if (!value.is_list()) fail(value.line, "'<<' takes a map or a list of maps");
    for (auto item = value.items.rbegin(); item != value.items.rend();
         ++item) {  // the first one wins
      if (!item->is_map()) fail(item->line, "'<<' takes a map or a list of maps");
      for (const auto& [k, v] : item->entries) merged.set(k, v);
    }
  }

  yaml_parser_t parser_{};
  const std::string& origin_;
  std::map<std::string, std::unique_ptr<Anchor>> anchors_;
  YamlNotes* notes_;
  size_t nodes_ = 0, alias_text_ = 0;
};

}  // namespace

std::vector<std::string> YamlNode::texts() const {
  if (!is_list()) return {text};
  std::vector<std::string> out;
  for (const YamlNode& item : items) out.push_back(item.text);
  return out;
}

YamlNode::YamlNode() = default;
YamlNode::~YamlNode() = default;
YamlNode::YamlNode(const YamlNode&) = default;
YamlNode::YamlNode(YamlNode&&) noexcept = default;
YamlNode& YamlNode::operator=(const YamlNode&) = default;
YamlNode& YamlNode::operator=(YamlNode&&) noexcept = default;

const YamlNode* YamlNode::find(std::string_view key) const {
  for (const auto& [k, v] : entries) {
    if (k.is_string() && k.text == key) return &v;
  }
  return nullptr;
}

YamlNode parse_yaml(std::string_view text, const std::string& origin, YamlNotes* notes) {
  if (!utf8_valid(text)) throw UserError(origin + ":1: invalid YAML: bytes that are not UTF-8");
  text = without_byte_order_mark(text);
  return Builder(text, origin, notes).document();
}

YamlNode read_yaml_file(const std::string& path, YamlNotes* notes) {
  return parse_yaml(read_file(path), path, notes);
}

}  // namespace flm
