// Access and arithmetic with Python's rules and messages.
#include "tasks/jinja/runtime.h"

#include <algorithm>
#include <cmath>

#include "base/utf8.h"
#include "tasks/python/text.h"

namespace flm {
namespace {

constexpr size_t kMaxWork = 100'000'000;
constexpr PyInt kMaxRepeat = 64 << 20;  // bytes of text or items that `*` may make

[[noreturn]] void raise(const std::string& type, const std::string& message) {
  throw PyError(type, message);
}

[[noreturn]] void unsupported(const std::string& op, const PyValue& a, const PyValue& b) {
  const std::string name = op == "**" ? "** or pow()" : op;
  raise("TypeError", "unsupported operand type(s) for " + name + ": '" + a.type_name() + "' and '" +
                         b.type_name() + "'");
}

/// a OP b, or OverflowError.
template <class Operation>
PyInt checked(Operation operation, PyInt a, PyInt b) {
  PyInt out = 0;
  if (operation(a, b, &out)) raise("OverflowError", "an integer beyond 128 bits");
  return out;
}

constexpr auto kAdd = [](PyInt a, PyInt b, PyInt* out) {
  return __builtin_add_overflow(a, b, out);
};
constexpr auto kSubtract = [](PyInt a, PyInt b, PyInt* out) {
  return __builtin_sub_overflow(a, b, out);
};
constexpr auto kMultiply = [](PyInt a, PyInt b, PyInt* out) {
  return __builtin_mul_overflow(a, b, out);
};

PyInt floor_divide(PyInt a, PyInt b) {
  return a / b - ((a % b != 0 && (a < 0) != (b < 0)) ? 1 : 0);
}

PyInt power(PyInt base, PyInt exponent) {
  PyInt out = 1;
  while (exponent > 0) {
    if (exponent & 1) out = checked(kMultiply, out, base);
    exponent >>= 1;
    if (exponent > 0) base = checked(kMultiply, base, base);
  }
  return out;
}

PyValue integer_operation(const std::string& op, PyInt a, PyInt b) {
  if (op == "+") return checked(kAdd, a, b);
  if (op == "-") return checked(kSubtract, a, b);
  if (op == "*") return checked(kMultiply, a, b);
  if (op == "**") {
    if (b >= 0) return power(a, b);
    if (a == 0) raise("ZeroDivisionError", "0.0 cannot be raised to a negative power");
    return std::pow(static_cast<double>(a), static_cast<double>(b));
  }
  if (b == 0)
    raise("ZeroDivisionError",
          op == "/" ? "division by zero" : "integer division or modulo by zero");
  if (op == "/")
    return static_cast<double>(static_cast<long double>(a) / static_cast<long double>(b));
  if (b == -1) return op == "%" ? PyInt{0} : checked(kSubtract, 0, a);
  return op == "//" ? floor_divide(a, b) : a - b * floor_divide(a, b);
}

PyValue real_operation(const std::string& op, double a, double b) {
  if (op == "+") return a + b;
  if (op == "-") return a - b;
  if (op == "*") return a * b;
  if (op == "**") {
    if (a == 0 && b < 0) raise("ZeroDivisionError", "0.0 cannot be raised to a negative power");
    const double out = std::pow(a, b);
    if (std::isnan(out) && !std::isnan(a) && !std::isnan(b))
      raise("TypeError", "a power that is a complex number");
    if (std::isinf(out) && std::isfinite(a) && std::isfinite(b))
      raise("OverflowError", "Numerical result out of range");
    return out;
  }
  if (b == 0)
    raise("ZeroDivisionError",
          op == "/" ? "float division by zero" : "float floor division or modulo by zero");
  if (op == "/") return a / b;
  double mod = std::fmod(a, b), quotient = (a - mod) / b;
  if (mod != 0 && (b < 0) != (mod < 0)) {
    mod += b;
    quotient -= 1;
  } else if (mod == 0) {
    mod = std::copysign(0.0, b);
  }
  if (op == "%") return mod;
  double whole = std::floor(quotient);
  if (quotient - whole > 0.5) whole += 1;
  return quotient == 0 ? std::copysign(0.0, a / b) : whole;
}

PyValue repeat(const PyValue& sequence, PyInt times, JinjaRuntime& runtime) {
  const size_t unit = sequence.is_string() ? sequence.as_string().size() : sequence.items().size();
  if (times <= 0 || unit == 0) times = 0;
  if (times > kMaxRepeat || times * static_cast<PyInt>(unit) > kMaxRepeat) {
    raise("MemoryError", "a repetition beyond 64 Mi elements");
  }
  runtime.charge(unit * static_cast<size_t>(times));
  if (sequence.is_string()) {
    std::string out;
    for (PyInt i = 0; i < times; ++i) out += sequence.as_string();
    return sequence.is_safe() ? PyValue::safe(out) : PyValue(out);
  }
  PyList out;
  for (PyInt i = 0; i < times; ++i)
    out.insert(out.end(), sequence.items().begin(), sequence.items().end());
  return sequence.is_list() ? PyValue(out) : PyValue::tuple(out);
}

PyValue add(const PyValue& a, const PyValue& b, JinjaRuntime& runtime) {
  const bool lists = a.kind() == b.kind() && (a.is_list() || a.is_tuple());
  if (lists) {
    PyList out = a.items();
    out.insert(out.end(), b.items().begin(), b.items().end());
    runtime.charge(out.size());
    return a.is_list() ? PyValue(out) : PyValue::tuple(out);
  }
  if (a.is_string() && b.is_string()) {
    runtime.charge(a.as_string().size() + b.as_string().size());
    if (!a.is_safe() && !b.is_safe()) return a.as_string() + b.as_string();
    const auto safe = [](const PyValue& v) {
      return v.is_safe() ? v.as_string() : jinja_escape(v.as_string());
    };
    return PyValue::safe(safe(a) + safe(b));
  }
  if (a.is_string() || a.is_list() || a.is_tuple()) {
    raise("TypeError", "can only concatenate " + a.type_name() + " (not \"" + b.type_name() +
                           "\") to " + a.type_name());
  }
  unsupported("+", a, b);
}

bool is_sequence(const PyValue& v) { return v.is_string() || v.is_list() || v.is_tuple(); }
bool is_integer(const PyValue& v) { return v.is_int() || v.is_bool(); }

}  // namespace

std::string jinja_type_name(const PyValue& value) {
  if (value.is_none()) return "None";
  return value.type_name() + " object";
}

void JinjaRuntime::charge(size_t amount) {
  work_ += amount;
  if (work_ > kMaxWork) raise("RuntimeError", "the template works without end; simplify its loops");
}

PyValue JinjaRuntime::undefined(const std::string& message) const {
  return PyValue::undefined(message, !options_.strict_undefined);
}

PyValue JinjaRuntime::attribute(const PyValue& object, const std::string& name) {
  if (object.is_undefined()) raise("UndefinedError", object.undefined_message());
  if (const auto method = find_method(*this, object, name)) return *method;
  if (object.is_object()) {
    if (const PyValue* found = object.object()->find(name)) return *found;
  }
  if (object.is_dict()) {
    if (const PyValue* found = object.dict().find(name)) return *found;
  }
  if (object.is_group() && (name == "grouper" || name == "list"))
    return object.items()[name == "grouper" ? 0 : 1];
  return undefined(python_repr(jinja_type_name(object)) + " has no attribute " + python_repr(name));
}

PyValue JinjaRuntime::item(const PyValue& object, const PyValue& key) {
  if (object.is_undefined()) raise("UndefinedError", object.undefined_message());
  if (key.is_undefined() && !key.is_lenient()) raise("UndefinedError", key.undefined_message());
  if (object.is_dict() && !key.is_list() && !key.is_dict()) {
    if (const PyValue* found = object.dict().find(key)) return *found;
  }
  if (is_sequence(object) && is_integer(key)) {
    const PyInt n = static_cast<PyInt>(object.length()), i = key.as_big_int();
    if (i >= -n && i < n) {
      const int64_t at = static_cast<int64_t>(i < 0 ? i + n : i);
      if (!object.is_string()) return object.items()[static_cast<size_t>(at)];
      return python_substring(object.as_string(), at, at + 1);
    }
  }
  if (key.is_string()) {
    if (const auto method = find_method(*this, object, key.as_string())) return *method;
    if (object.is_object()) {
      if (const PyValue* found = object.object()->find(key.as_string())) return *found;
    }
    if (object.is_group()) return attribute(object, key.as_string());
    return undefined(python_repr(jinja_type_name(object)) + " has no attribute " + key.repr());
  }
  return undefined(jinja_type_name(object) + " has no element " + key.repr());
}

PyValue JinjaRuntime::slice(const PyValue& object, const PyValue& start, const PyValue& stop,
                            const PyValue& step) {
  if (object.is_undefined()) raise("UndefinedError", object.undefined_message());
  for (const PyValue* bound : {&start, &stop, &step}) {
    if (bound->is_undefined()) raise("UndefinedError", bound->undefined_message());
    if (!bound->is_none() && !is_integer(*bound)) {
      raise("TypeError", "slice indices must be integers or None or have an __index__ method");
    }
  }
  if (!is_sequence(object))
    raise("TypeError", "'" + object.type_name() + "' object is not subscriptable");
  const PyInt stride = step.is_none() ? PyInt{1} : step.as_big_int();
  if (stride == 0) raise("ValueError", "slice step cannot be zero");
  const PyList all = object.iterate();
  charge(all.size());
  const PyInt n = static_cast<PyInt>(all.size()), low = stride > 0 ? 0 : -1,
              high = stride > 0 ? n : n - 1;
  const auto bound = [&](const PyValue& v, PyInt fallback) {
    if (v.is_none()) return fallback;
    const PyInt i = v.as_big_int();
    return std::clamp(i < 0 ? i + n : i, low, high);
  };
  const PyInt from = bound(start, stride > 0 ? low : high),
              to = bound(stop, stride > 0 ? high : low);
  PyList out;
  for (PyInt i = from; stride > 0 ? i < to : i > to;
       i += std::clamp<PyInt>(stride, -n - 1, n + 1)) {
    out.push_back(all[static_cast<size_t>(i)]);
  }
  if (object.is_list()) return out;
  if (object.is_tuple()) return PyValue::tuple(out);
  std::string text;
  for (const PyValue& c : out) text += c.as_string();
  return text;
}

PyValue JinjaRuntime::binary(const std::string& op, const PyValue& a, const PyValue& b) {
  for (const PyValue* side : {&a, &b}) {
    if (side->is_undefined()) raise("UndefinedError", side->undefined_message());
  }
  if (op == "%" && a.is_string()) {
    std::string out = python_percent_format(a.as_string(), b);
    charge(out.size());
    return out;
  }
  if (a.is_number() && b.is_number()) {
    if (a.is_float() || b.is_float()) return real_operation(op, a.as_float(), b.as_float());
    return integer_operation(op, a.as_big_int(), b.as_big_int());
  }
  if (op == "*" && is_sequence(a) && is_integer(b)) return repeat(a, b.as_big_int(), *this);
  if (op == "*" && is_sequence(b) && is_integer(a)) return repeat(b, a.as_big_int(), *this);
  if (op == "+") return add(a, b, *this);
  unsupported(op, a, b);
}

PyValue JinjaRuntime::negative(const PyValue& a) {
  if (a.is_undefined()) raise("UndefinedError", a.undefined_message());
  if (a.is_float()) return -a.as_float();
  if (!is_integer(a)) raise("TypeError", "bad operand type for unary -: '" + a.type_name() + "'");
  return integer_operation("-", 0, a.as_big_int());
}

PyValue JinjaRuntime::call(const PyValue& function, const PyArguments& arguments) {
  if (function.is_undefined()) raise("UndefinedError", function.undefined_message());
  if (function.is_object() && function.object()->call) {
    const std::shared_ptr<PyObject> keep = function.object();
    return keep->call(arguments);
  }
  if (!function.is_function())
    raise("TypeError", "'" + function.type_name() + "' object is not callable");
  const PyValue keep = function;  // the call may drop the name that holds it
  return keep.function().call(arguments);
}

PyParameters::PyParameters(const std::string& function, const PyArguments& arguments,
                           std::vector<std::string> names, size_t required)
    : function_(function), values_(names.size()) {
  if (arguments.positional.size() > names.size()) {
    raise("TypeError", function + "() takes at most " + std::to_string(names.size()) +
                           " argument(s) (" + std::to_string(arguments.positional.size()) +
                           " given)");
  }
  std::copy(arguments.positional.begin(), arguments.positional.end(), values_.begin());
  for (const auto& [name, value] : arguments.keywords) {
    const size_t i =
        static_cast<size_t>(std::find(names.begin(), names.end(), name) - names.begin());
    if (i == names.size())
      raise("TypeError", function + "() got an unexpected keyword argument '" + name + "'");
    if (values_[i])
      raise("TypeError", function + "() got multiple values for argument '" + name + "'");
    values_[i] = value;
  }
  for (size_t i = 0; i < required; ++i) {
    if (!values_[i])
      raise("TypeError", function + "() missing required argument '" + names[i] + "'");
  }
}

int64_t PyParameters::integer(size_t i, int64_t fallback) const {
  if (!has(i)) return fallback;
  const PyValue& v = *values_[i];
  if (v.is_undefined()) raise("UndefinedError", v.undefined_message());
  if (!is_integer(v))
    raise("TypeError", "'" + v.type_name() + "' object cannot be interpreted as an integer");
  return v.as_int();
}

const std::string& PyParameters::text(size_t i) const {
  const PyValue& v = *values_.at(i);
  if (v.is_undefined()) raise("UndefinedError", v.undefined_message());
  if (!v.is_string()) raise("TypeError", function_ + "() takes a str, not " + v.type_name());
  return v.as_string();
}

std::string jinja_escape(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&#34;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

}  // namespace flm
