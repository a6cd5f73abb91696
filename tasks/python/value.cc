// Construction and access of Python values; print.cc has str() and repr().
#include "tasks/python/value.h"

#include <algorithm>

#include "base/text/printable.h"
#include "base/text/utf8.h"

namespace flm {
namespace {

constexpr PyInt kMaxRange = 1'000'000;

std::string name_of(PyView::Form form) {
  switch (form) {
    case PyView::Form::kRange:
      return "range";
    case PyView::Form::kKeys:
      return "dict_keys";
    case PyView::Form::kValues:
      return "dict_values";
    case PyView::Form::kItems:
      break;
  }
  return "dict_items";
}

/// A value of a task file or a row is of another type than what reads it takes for granted.
[[noreturn]] void wrong_type(const char* wanted, const PyValue& found) {
  type_error("must be " + std::string(wanted) + ", not " + found.type_name() + ": " +
             printable(found.repr()));
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

PyValue::PyValue(PyView view)
    : kind_(Kind::kView), data_(std::make_shared<const PyView>(std::move(view))) {}
PyValue::PyValue(PyGenerator generator)
    : kind_(Kind::kGenerator), data_(std::make_shared<const PyGenerator>(std::move(generator))) {}

PyValue PyValue::range(PyInt start, PyInt stop, PyInt step) {
  if (step == 0) raise("ValueError", "range() arg 3 must not be zero");
  const PyInt span = step > 0 ? stop - start : start - stop, stride = step > 0 ? step : -step;
  const PyInt count = span <= 0 ? PyInt{0} : (span + stride - 1) / stride;
  if (count > kMaxRange) raise("OverflowError", "a range of more than 1,000,000 numbers");
  PyView out{PyView::Form::kRange, {}, start, stop, step};
  for (PyInt i = 0; i < count; ++i) out.elements.emplace_back(start + i * step);
  return out;
}

PyValue PyValue::tuple(PyList items) {
  PyValue out(std::move(items));
  out.kind_ = Kind::kTuple;
  return out;
}

PyValue PyValue::group(PyValue key, PyList items) {
  PyValue out = tuple({std::move(key), PyValue(std::move(items))});
  out.flag_ = true;
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

PyInt PyValue::as_big_int() const {
  if (kind_ == Kind::kBool) return std::get<bool>(data_) ? 1 : 0;
  if (kind_ != Kind::kInt) wrong_type("an int", *this);
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
  if (kind_ != Kind::kBool) wrong_type("true or false", *this);
  return std::get<bool>(data_);
}

const std::string& PyValue::as_string() const {
  if (kind_ != Kind::kString) wrong_type("a str", *this);
  return std::get<std::string>(data_);
}

const std::string& PyValue::undefined_message() const {
  FLM_CHECK(kind_ == Kind::kUndefined, "defined");
  return std::get<std::string>(data_);
}

const PyList& PyValue::items() const {
  if (kind_ != Kind::kList && kind_ != Kind::kTuple) wrong_type("a list", *this);
  return *std::get<std::shared_ptr<PyList>>(data_);
}

PyList& PyValue::mutable_items() const {
  if (kind_ != Kind::kList) wrong_type("a list", *this);
  return *std::get<std::shared_ptr<PyList>>(data_);
}

const PyDict& PyValue::dict() const {
  if (kind_ != Kind::kDict) wrong_type("a dict", *this);
  return *std::get<std::shared_ptr<PyDict>>(data_);
}

PyDict& PyValue::mutable_dict() const {
  if (kind_ != Kind::kDict) wrong_type("a dict", *this);
  return *std::get<std::shared_ptr<PyDict>>(data_);
}

const PyView& PyValue::view() const {
  if (kind_ != Kind::kView) wrong_type("a range or a view of a dict", *this);
  return *std::get<std::shared_ptr<const PyView>>(data_);
}

const PyGenerator& PyValue::generator() const {
  if (kind_ != Kind::kGenerator) wrong_type("a generator", *this);
  return *std::get<std::shared_ptr<const PyGenerator>>(data_);
}

const std::shared_ptr<PyObject>& PyValue::object() const {
  if (kind_ != Kind::kObject) wrong_type("an object", *this);
  return std::get<std::shared_ptr<PyObject>>(data_);
}

const PyFunction& PyValue::function() const {
  if (kind_ != Kind::kFunction) wrong_type("a function", *this);
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
    case Kind::kView:
      return name_of(view().form);
    case Kind::kGenerator:
      return generator().type_name;
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
    case Kind::kView:
      return !view().elements.empty();
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
    case Kind::kView:
      return view().elements.size();
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
    case Kind::kView:
      return view().elements;
    case Kind::kGenerator:
      while (auto element = generator().next()) out.push_back(*std::move(element));
      return out;
    default:
      type_error("'" + type_name() + "' object is not iterable");
  }
}

PyNext PyValue::walk() const {
  if (is_generator())
    return [generator = std::get<std::shared_ptr<const PyGenerator>>(data_)] {
      return generator->next();
    };
  return [elements = iterate(), at = size_t{0}]() mutable -> std::optional<PyValue> {
    if (at == elements.size()) return std::nullopt;
    return elements[at++];
  };
}

void PyValue::check_hashable() const {
  if (is_undefined() && !is_lenient()) throw PyError("UndefinedError", undefined_message());
  const bool set_like =
      is_view() && (view().form == PyView::Form::kKeys || view().form == PyView::Form::kItems);
  if (is_list() || is_dict() || set_like) type_error("unhashable type: '" + type_name() + "'");
  if (!is_tuple()) return;
  for (const PyValue& item : items()) item.check_hashable();
}

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
  if (is_generator()) {  // used up as far as the element
    const PyNext& next = generator().next;
    for (auto item = next(); item; item = next())
      if (item->equals(element)) return true;
    return false;
  }
  if (!is_list() && !is_tuple() && !is_view())
    type_error("argument of type '" + type_name() + "' is not iterable");
  const PyList& all = is_view() ? view().elements : items();
  return std::any_of(all.begin(), all.end(),
                     [&](const PyValue& item) { return item.equals(element); });
}

const PyValue* PyDict::find(const PyValue& key) const {
  if (key.is_string()) return find(key.as_string());
  key.check_hashable();
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
