// A value as Python has it: what task templates compute with and print.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/documents/json.h"
#include "base/documents/yaml.h"
#include "base/errors.h"

namespace flm {

/// A Python exception that a template or a conversion raised: type() is Python's class name
/// ("TypeError", "UndefinedError", "TemplateSyntaxError", ...). Shown to the user like any
/// UserError.
class PyError : public UserError {
 public:
  PyError(std::string type, const std::string& message)
      : UserError(message), type_(std::move(type)) {}
  const std::string& type() const { return type_; }

 private:
  std::string type_;
};

[[noreturn]] inline void raise(const std::string& type, const std::string& message) {
  throw PyError(type, message);
}
[[noreturn]] inline void type_error(const std::string& message) { raise("TypeError", message); }

/// Values that are compared, converted or printed nest no deeper; `depth` beyond it is an error.
inline void check_depth(int depth) {
  constexpr int kMaxDepth = 500;
  if (depth > kMaxDepth) raise("RecursionError", "a value nests too deeply");
}

/// Integers reach beyond 64 bits (a row may hold 12345678901234567890); beyond 128 bits is an
/// error.
using PyInt = __int128;

class PyValue;
class PyDict;
using PyList = std::vector<PyValue>;

/// Arguments of a call in a template: positional, then by keyword.
struct PyArguments {
  PyList positional;
  std::vector<std::pair<std::string, PyValue>> keywords;
};

/// Something callable; `call` receives the arguments.
struct PyFunction {
  std::string name;
  std::function<PyValue(const PyArguments&)> call;
};

/// An object with attributes and perhaps a call: namespace(), loop, cycler(). Only a namespace is
/// assignable.
struct PyObject {
  std::string type_name;
  bool assignable = false;
  std::function<PyValue(const PyArguments&)> call;
  std::vector<std::pair<std::string, PyValue>> attributes;

  PyValue* find(std::string_view name);
  void set(const std::string& name, PyValue value);
};

/// A range, or what a dict's keys(), values() and items() give. They may be walked over again and
/// have a length, but are no lists.
struct PyView {
  enum class Form { kRange, kKeys, kValues, kItems };
  Form form = Form::kRange;
  PyList elements;
  PyInt start = 0, stop = 0, step = 1;  // of a range, as it was asked for
};

/// Gives the next element of a walk, and nothing at its end and from then on.
using PyNext = std::function<std::optional<PyValue>()>;

/// Python's generators and iterators: true, without a length, and used up by the first walk.
struct PyGenerator {
  std::string type_name;
  PyNext next;
  PyList made_of;  // the values that `next` holds, by which nesting is counted
};

/// None, bool, int, float, str, list, tuple, dict, and what only templates have: undefined,
/// views, generators, objects, functions. Lists and dicts have reference semantics, as in Python: a
/// copy shares its elements.
class PyValue {
 public:
  enum class Kind {
    kUndefined,
    kNone,
    kBool,
    kInt,
    kFloat,
    kString,
    kList,
    kTuple,
    kDict,
    kView,
    kGenerator,
    kObject,
    kFunction
  };

  PyValue() = default;  // None
  PyValue(std::nullptr_t) {}
  PyValue(bool value) : kind_(Kind::kBool), data_(value) {}
  PyValue(int value) : kind_(Kind::kInt), data_(PyInt{value}) {}
  PyValue(long value) : kind_(Kind::kInt), data_(PyInt{value}) {}
  PyValue(long long value) : kind_(Kind::kInt), data_(PyInt{value}) {}
  PyValue(unsigned long value) : kind_(Kind::kInt), data_(PyInt{value}) {}
  PyValue(PyInt value) : kind_(Kind::kInt), data_(value) {}
  PyValue(double value) : kind_(Kind::kFloat), data_(value) {}
  PyValue(const char* text) : kind_(Kind::kString), data_(std::string(text)) {}
  PyValue(std::string text) : kind_(Kind::kString), data_(std::move(text)) {}
  PyValue(std::string_view text) : kind_(Kind::kString), data_(std::string(text)) {}
  PyValue(PyList items);
  PyValue(PyDict dict);
  PyValue(std::shared_ptr<PyObject> object) : kind_(Kind::kObject), data_(std::move(object)) {}
  PyValue(PyFunction function);
  PyValue(PyView view);
  PyValue(PyGenerator generator);
  /// ValueError where the step is 0, OverflowError beyond 1,000,000 numbers.
  static PyValue range(PyInt start, PyInt stop, PyInt step);
  static PyValue tuple(PyList items);
  /// What groupby gives: a pair whose parts are .grouper and .list too.
  static PyValue group(PyValue key, PyList items);
  /// A string that autoescaping and |e leave alone (Markup).
  static PyValue safe(std::string text);
  /// What a missing name gives: any use raises UndefinedError with this message. A lenient one
  /// (Jinja's plain Undefined, for chat templates) is false, empty, prints as nothing and equals
  /// only its like.
  static PyValue undefined(std::string message, bool lenient = false);

  /// Numbers outside 64 bits do not occur: base/documents/json.h refuses them.
  static PyValue from_json(const Json& json);
  /// A kFunction node becomes its text.
  static PyValue from_yaml(const YamlNode& node);
  /// For values made of None, bool, int, float, str, list, tuple and dict with keys that are no
  /// containers; TypeError otherwise.
  Json to_json() const;

  Kind kind() const { return kind_; }
  bool is_none() const { return kind_ == Kind::kNone; }
  bool is_undefined() const { return kind_ == Kind::kUndefined; }
  bool is_bool() const { return kind_ == Kind::kBool; }
  bool is_int() const { return kind_ == Kind::kInt; }  // not bool, although Python's bool is an int
  bool is_float() const { return kind_ == Kind::kFloat; }
  bool is_integer() const { return is_bool() || is_int(); }  // to an operator True is 1
  bool is_number() const { return is_bool() || is_int() || is_float(); }
  bool is_string() const { return kind_ == Kind::kString; }
  bool is_list() const { return kind_ == Kind::kList; }
  bool is_tuple() const { return kind_ == Kind::kTuple; }
  bool is_dict() const { return kind_ == Kind::kDict; }
  bool is_view() const { return kind_ == Kind::kView; }
  bool is_range() const { return is_view() && view().form == PyView::Form::kRange; }
  bool is_generator() const { return kind_ == Kind::kGenerator; }
  bool is_sequence() const { return is_string() || is_list() || is_tuple(); }
  bool is_function() const { return kind_ == Kind::kFunction; }
  bool is_object() const { return kind_ == Kind::kObject; }
  bool is_group() const { return is_tuple() && flag_; }
  bool is_safe() const { return is_string() && flag_; }
  bool is_lenient() const { return is_undefined() && flag_; }

  // Each FLM_CHECKs the kind, but for the first two, which also take a bool.
  PyInt as_big_int() const;
  std::int64_t as_int() const;  // OverflowError beyond 64 bits
  bool as_bool() const;
  double as_float() const;  // float, int or bool
  const std::string& as_string() const;
  const PyList& items() const;    // list or tuple
  PyList& mutable_items() const;  // list: shared with all copies
  const PyDict& dict() const;
  PyDict& mutable_dict() const;
  const PyView& view() const;
  const PyGenerator& generator() const;
  const std::shared_ptr<PyObject>& object() const;
  const PyFunction& function() const;
  const std::string& undefined_message() const;

  std::string type_name() const;  // "int", "str", "NoneType", ...
  bool truthy() const;            // bool(x); UndefinedError on undefined
  std::string str() const;        // str(x); UndefinedError on undefined
  std::string repr() const;       // repr(x)
  std::size_t length() const;     // len(x): code points of a string; TypeError where there is none
  /// The elements that `for` sees: items, keys of a dict, characters; TypeError where there is
  /// none. A generator has none afterwards.
  PyList iterate() const;
  /// iter(x): the same, one by one.
  PyNext walk() const;
  void check_hashable() const;  // TypeError for what may not be a dict's key

  bool equals(const PyValue& other) const;  // ==
  int compare(const PyValue& other) const;  // -1, 0, 1; 2 unordered (NaN); TypeError for str < int
  bool contains(const PyValue& element) const;  // element in x
  bool operator==(const PyValue& other) const { return equals(other); }

 private:
  Kind kind_ = Kind::kNone;
  bool flag_ = false;  // a string is Markup, a tuple a group, an undefined lenient
  std::variant<std::monostate, bool, PyInt, double, std::string, std::shared_ptr<PyList>,
               std::shared_ptr<PyDict>, std::shared_ptr<const PyView>,
               std::shared_ptr<const PyGenerator>, std::shared_ptr<PyObject>,
               std::shared_ptr<PyFunction>>
      data_;
};

/// dict: entries in order of first insertion. Lookup is linear: rows are small.
class PyDict {
 public:
  using Entry = std::pair<PyValue, PyValue>;

  const PyValue* find(const PyValue& key) const;
  const PyValue* find(std::string_view key) const;
  const PyValue* find(const std::string& key) const { return find(std::string_view(key)); }
  const PyValue* find(const char* key) const { return find(std::string_view(key)); }
  void set(const PyValue& key, PyValue value);  // TypeError: unhashable key
  bool erase(const PyValue& key);
  std::size_t size() const { return entries_.size(); }
  bool empty() const { return entries_.empty(); }
  auto begin() const { return entries_.begin(); }
  auto end() const { return entries_.end(); }

 private:
  std::vector<Entry> entries_;
};

/// str(int) for integers beyond 64 bits.
std::string python_int_str(PyInt value);

/// Python's int(text) and float(text): surrounding white space, signs, underscores; ValueError
/// otherwise.
PyInt python_parse_int(std::string_view text, int base = 10);
double python_parse_float(std::string_view text);

}  // namespace flm
