#include "tasks/jinja/filters/json_text.h"

#include <nlohmann/json.hpp>

namespace flm {
namespace {

class Writer {
 public:
  explicit Writer(const JsonLayout& layout) : layout_(layout) {}

  std::string write(const Json& value) {
    add(value, 1);
    return std::move(out_);
  }

 private:
  void add(const Json& value, int depth) {
    if (!value.is_structured() || value.empty()) {
      out_ += python_json_dumps(value, -1, layout_.ascii);
      return;
    }
    const bool object = value.is_object();
    out_ += object ? '{' : '[';
    bool first = true;
    for (const auto& [key, item] : value.items()) {
      if (!first) out_ += layout_.between;
      first = false;
      new_line(depth);
      if (object) out_ += python_json_dumps(Json(key), -1, layout_.ascii) + layout_.colon;
      add(item, depth + 1);
    }
    new_line(depth - 1);
    out_ += object ? '}' : ']';
  }

  void new_line(int depth) {
    if (layout_.indent < 0) return;
    out_ += '\n' + std::string(static_cast<std::size_t>(layout_.indent * depth), ' ');
  }

  const JsonLayout& layout_;
  std::string out_;
};

}  // namespace

std::string json_text(const Json& value, const JsonLayout& layout) {
  return Writer(layout).write(value);
}

}  // namespace flm
