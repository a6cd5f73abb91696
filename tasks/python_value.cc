// Construction, access and comparison of Python values; python_print.cc has str() and repr().
#include "tasks/python_value.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "base/utf8.h"

namespace flm {
namespace {

constexpr int kMaxDepth = 500;  // nesting of values that are compared or converted

[[noreturn]] void type_error(const std::string& message) { throw PyError("TypeError", message); }

void check_depth(int depth) {
  if (depth > kMaxDepth) throw PyError("RecursionError", "a value nests too deeply");
}

/// -1, 0, 1, or 2 with a NaN. Exact where an int meets a float.
int compare_numbers(const PyValue& a, const PyValue& b) {
  const auto order = [](auto x, auto y) { return x < y ? -1 : x > y ? 1 : x == y ? 0 : 2; };
  if (!a.is_float() && !b.is_float()) return order(a.as_big_int(), b.as_big_int());
  if (a.is_float() && b.is_float()) return order(a.as_float(), b.as_float());
  const double real = a.is_float() ? a.as_float() : b.as_float();
  if (std::isnan(real)) return 2;
  const int sign = a.is_float() ? 1 : -1;
  if (std::fabs(real) >= 1e38) return real > 0 ? sign : -sign;
  const double whole = std::floor(real);
  const int by_whole =
      order(static_cast<PyInt>(whole), a.is_float() ? b.as_big_int() : a.as_big_int());
  return sign * (by_whole == 0 && real > whole ? 1 : by_whole);
}

bool equal(const PyValue& a, const PyValue& b, int depth);

bool equal_items(const PyList& a, const PyList& b, int depth) {
  return a.size() == b.size() &&
         std::equal(a.begin(), a.end(), b.begin(),
                    [&](const PyValue& x, const PyValue& y) { return equal(x, y, depth + 1); });
}

bool equal_dicts(const PyDict& a, const PyDict& b, int depth) {
  if (a.size() != b.size()) return false;
  return std::all_of(a.begin(), a.end(), [&](const PyDict::Entry& entry) {
    const PyValue* other = b.find(entry.first);
    return other && equal(entry.second, *other, depth + 1);
  });
}

bool equal(const PyValue& a, const PyValue& b, int depth) {
  check_depth(depth);
  if (a.is_number() && b.is_number()) return compare_numbers(a, b) == 0;
  for (const PyValue* side : {&a, &b}) {
    if (side->is_undefined() && !side->is_lenient())
      throw PyError("UndefinedError", side->undefined_message());
  }
  if (a.kind() != b.kind()) return false;
  switch (a.kind()) {
    case PyValue::Kind::kString:
      return a.as_string() == b.as_string();
    case PyValue::Kind::kList:
    case PyValue::Kind::kTuple:
      return equal_items(a.items(), b.items(), depth);
    case PyValue::Kind::kDict:
      return equal_dicts(a.dict(), b.dict(), depth);
    case PyValue::Kind::kObject:
      return a.object() == b.object();
    case PyValue::Kind::kFunction:
      return &a.function() == &b.function();
    default:
      return true;  // None, undefined
  }
}

int order(const PyValue& a, const PyValue& b, int depth) {
  check_depth(depth);
  if (a.is_number() && b.is_number()) return compare_numbers(a, b);
  for (const PyValue* side : {&a, &b}) {
    if (side->is_undefined()) throw PyError("UndefinedError", side->undefined_message());
  }
  if (a.is_string() && b.is_string()) {  // UTF-8 sorts as code points do
    const int by_bytes = a.as_string().compare(b.as_string());
    return by_bytes < 0 ? -1 : by_bytes > 0;
  }
  if (a.kind() == b.kind() && (a.is_list() || a.is_tuple())) {
    const PyList &x = a.items(), &y = b.items();
    for (size_t i = 0; i < std::min(x.size(), y.size()); ++i) {
      if (!equal(x[i], y[i], depth + 1)) return order(x[i], y[i], depth + 1);
    }
    return x.size() < y.size() ? -1 : x.size() > y.size();
  }
  type_error("'<' not supported between instances of '" + a.type_name() + "' and '" +
             b.type_name() + "'");
}

Json to_json_at(const PyValue& value, int depth) {
  check_depth(depth);
  switch (value.kind()) {
    case PyValue::Kind::kNone:
      return nullptr;
    case PyValue::Kind::kBool:
      return value.as_bool();
    case PyValue::Kind::kInt:
      if (value.as_big_int() > INT64_MAX && value.as_big_int() <= UINT64_MAX) {
        return static_cast<uint64_t>(value.as_big_int());
      }
      return value.as_int();
    case PyValue::Kind::kFloat:
      return value.as_float();
    case PyValue::Kind::kString:
      return value.as_string();
    case PyValue::Kind::kList:
    case PyValue::Kind::kTuple: {
      Json out = Json::array();
      for (const PyValue& item : value.items()) out.push_back(to_json_at(item, depth + 1));
      return out;
    }
    case PyValue::Kind::kDict: {
      Json out = Json::object();
      for (const auto& [key, item] : value.dict()) {
        const bool words = key.is_none() || key.is_bool();
        if (!key.is_string() && !key.is_number() && !words) {
          type_error("keys must be str, int, float, bool or None, not " + key.type_name());
        }
        const std::string text = key.is_none()   ? "null"
                                 : key.is_bool() ? (key.as_bool() ? "true" : "false")
                                                 : key.str();
        out[text] = to_json_at(item, depth + 1);
      }
      return out;
    }
    default:
      type_error("Object of type " + value.type_name() + " is not JSON serializable");
  }
}

}  // namespace

PyValue* PyObject::find(std::string_view name) {
  for (auto& [key, value] : attributes) {
    if (key == name) return &value;
  }
  return nullptr;
}

void PyObject::set(const std::string& name, PyValue value) {
  if (PyValue* old = find(name)) {
    *old = std::move(value);
  } else {
    attributes.emplace_back(name, std::move(value));
  }
}

PyValue::PyValue(PyList items)
    : kind_(Kind::kList), data_(std::make_shared<PyList>(std::move(items))) {}
PyValue::PyValue(PyDict dict)
    : kind_(Kind::kDict), data_(std::make_shared<PyDict>(std::move(dict))) {}
PyValue::PyValue(PyFunction function)
    : kind_(Kind::kFunction), data_(std::make_shared<PyFunction>(std::move(function))) {}

PyValue PyValue::tuple(PyList items) {
  PyValue out(std::move(items));
  out.kind_ = Kind::kTuple;
  return out;
}

PyValue PyValue::safe(std::string text) {
  PyValue out(std::move(text));
  out.flag_ = true;
  return out;
}

PyValue PyValue::undefined(std::string message, bool lenient) {
  PyValue out(std::move(message));
  out.kind_ = Kind::kUndefined;
  out.flag_ = lenient;
  return out;
}

PyValue PyValue::from_json(const Json& json) {
  switch (json.type()) {
    case Json::value_t::boolean:
      return json.get<bool>();
    case Json::value_t::number_integer:
      return PyInt{json.get<int64_t>()};
    case Json::value_t::number_unsigned:
      return PyInt{json.get<uint64_t>()};
    case Json::value_t::number_float:
      return json.get<double>();
    case Json::value_t::string:
      return json.get<std::string>();
    case Json::value_t::array: {
      PyList items;
      items.reserve(json.size());
      for (const Json& item : json) items.push_back(from_json(item));
      return items;
    }
    case Json::value_t::object: {
      PyDict dict;
      for (const auto& [key, value] : json.items()) dict.set(key, from_json(value));
      return dict;
    }
    default:
      FLM_CHECK(json.is_null(), "JSON value without a Python form");
      return {};
  }
}

PyValue PyValue::from_yaml(const YamlNode& node) {
  PyList items;
  PyDict dict;
  switch (node.kind) {
    case YamlNode::Kind::kNull:
      return {};
    case YamlNode::Kind::kBool:
      return node.boolean;
    case YamlNode::Kind::kInt:
      return node.integer;
    case YamlNode::Kind::kFloat:
      return node.real;
    case YamlNode::Kind::kString:
    case YamlNode::Kind::kFunction:
      return node.text;
    case YamlNode::Kind::kList:
      for (const YamlNode& item : node.items) items.push_back(from_yaml(item));
      return items;
    case YamlNode::Kind::kMap:
      for (const auto& [key, value] : node.entries) dict.set(from_yaml(key), from_yaml(value));
      return dict;
  }
  return {};
}

Json PyValue::to_json() const { return to_json_at(*this, 0); }

PyInt PyValue::as_big_int() const {
  if (kind_ == Kind::kBool) return std::get<bool>(data_) ? 1 : 0;
  FLM_CHECK(kind_ == Kind::kInt, "not an int but " + type_name());
  return std::get<PyInt>(data_);
}

int64_t PyValue::as_int() const {
  const PyInt value = as_big_int();
  if (value < INT64_MIN || value > INT64_MAX) {
    throw PyError("OverflowError", "an integer beyond 64 bits: " + python_int_str(value));
  }
  return static_cast<int64_t>(value);
}

double PyValue::as_float() const {
  if (kind_ != Kind::kFloat) return static_cast<double>(as_big_int());
  return std::get<double>(data_);
}

bool PyValue::as_bool() const {
  FLM_CHECK(kind_ == Kind::kBool, "not a bool but " + type_name());
  return std::get<bool>(data_);
}

const std::string& PyValue::as_string() const {
  FLM_CHECK(kind_ == Kind::kString, "not a str but " + type_name());
  return std::get<std::string>(data_);
}

const std::string& PyValue::undefined_message() const {
  FLM_CHECK(kind_ == Kind::kUndefined, "defined");
  return std::get<std::string>(data_);
}

const PyList& PyValue::items() const {
  FLM_CHECK(kind_ == Kind::kList || kind_ == Kind::kTuple, "not a list but " + type_name());
  return *std::get<std::shared_ptr<PyList>>(data_);
}

PyList& PyValue::mutable_items() const {
  FLM_CHECK(kind_ == Kind::kList, "not a list but " + type_name());
  return *std::get<std::shared_ptr<PyList>>(data_);
}

const PyDict& PyValue::dict() const {
  FLM_CHECK(kind_ == Kind::kDict, "not a dict but " + type_name());
  return *std::get<std::shared_ptr<PyDict>>(data_);
}

PyDict& PyValue::mutable_dict() const {
  FLM_CHECK(kind_ == Kind::kDict, "not a dict but " + type_name());
  return *std::get<std::shared_ptr<PyDict>>(data_);
}

const std::shared_ptr<PyObject>& PyValue::object() const {
  FLM_CHECK(kind_ == Kind::kObject, "not an object but " + type_name());
  return std::get<std::shared_ptr<PyObject>>(data_);
}

const PyFunction& PyValue::function() const {
  FLM_CHECK(kind_ == Kind::kFunction, "not a function but " + type_name());
  return *std::get<std::shared_ptr<PyFunction>>(data_);
}

std::string PyValue::type_name() const {
  switch (kind_) {
    case Kind::kUndefined:
      return "Undefined";
    case Kind::kNone:
      return "NoneType";
    case Kind::kBool:
      return "bool";
    case Kind::kInt:
      return "int";
    case Kind::kFloat:
      return "float";
    case Kind::kString:
      return flag_ ? "Markup" : "str";
    case Kind::kList:
      return "list";
    case Kind::kTuple:
      return "tuple";
    case Kind::kDict:
      return "dict";
    case Kind::kFunction:
      return "function";
    case Kind::kObject:
      break;
  }
  return object()->type_name;
}

bool PyValue::truthy() const {
  switch (kind_) {
    case Kind::kUndefined:
      if (is_lenient()) return false;
      throw PyError("UndefinedError", undefined_message());
    case Kind::kNone:
      return false;
    case Kind::kBool:
    case Kind::kInt:
      return as_big_int() != 0;
    case Kind::kFloat:
      return as_float() != 0;
    case Kind::kString:
      return !as_string().empty();
    case Kind::kList:
    case Kind::kTuple:
      return !items().empty();
    case Kind::kDict:
      return !dict().empty();
    default:
      return true;
  }
}

size_t PyValue::length() const {
  switch (kind_) {
    case Kind::kUndefined:
      if (is_lenient()) return 0;
      throw PyError("UndefinedError", undefined_message());
    case Kind::kString:
      return utf8_length(as_string());
    case Kind::kList:
    case Kind::kTuple:
      return items().size();
    case Kind::kDict:
      return dict().size();
    default:
      type_error("object of type '" + type_name() + "' has no len()");
  }
}

PyList PyValue::iterate() const {
  PyList out;
  switch (kind_) {
    case Kind::kUndefined:
      if (is_lenient()) return out;
      throw PyError("UndefinedError", undefined_message());
    case Kind::kString:
      for (const char32_t c : utf8_decode(as_string())) out.emplace_back(utf8_encode({&c, 1}));
      return out;
    case Kind::kList:
    case Kind::kTuple:
      return items();
    case Kind::kDict:
      for (const auto& entry : dict()) out.push_back(entry.first);
      return out;
    default:
      type_error("'" + type_name() + "' object is not iterable");
  }
}

bool PyValue::equals(const PyValue& other) const { return equal(*this, other, 0); }
int PyValue::compare(const PyValue& other) const { return order(*this, other, 0); }

bool PyValue::contains(const PyValue& element) const {
  if (is_dict()) return dict().find(element) != nullptr;
  if (is_string()) {
    if (!element.is_string()) {
      type_error("'in <string>' requires string as left operand, not " + element.type_name());
    }
    return as_string().find(element.as_string()) != std::string::npos;
  }
  if (is_lenient()) return false;
  if (is_undefined()) throw PyError("UndefinedError", undefined_message());
  if (!is_list() && !is_tuple())
    type_error("argument of type '" + type_name() + "' is not iterable");
  return std::any_of(items().begin(), items().end(),
                     [&](const PyValue& item) { return item.equals(element); });
}

const PyValue* PyDict::find(const PyValue& key) const {
  if (key.is_string()) return find(key.as_string());
  if (key.is_list() || key.is_dict()) type_error("unhashable type: '" + key.type_name() + "'");
  for (const Entry& entry : entries_) {
    if (entry.first.equals(key)) return &entry.second;
  }
  return nullptr;
}

const PyValue* PyDict::find(std::string_view key) const {
  for (const Entry& entry : entries_) {
    if (entry.first.is_string() && entry.first.as_string() == key) return &entry.second;
  }
  return nullptr;
}

void PyDict::set(const PyValue& key, PyValue value) {
  if (const PyValue* old = find(key)) {
    *const_cast<PyValue*>(old) = std::move(value);
  } else {
    entries_.emplace_back(key, std::move(value));
  }
}

bool PyDict::erase(const PyValue& key) {
  const PyValue* found = find(key);
  const auto entry = std::find_if(entries_.begin(), entries_.end(),
                                  [&](const Entry& e) { return &e.second == found; });
  if (entry == entries_.end()) return false;
  entries_.erase(entry);
  return true;
}

}  // namespace flm
