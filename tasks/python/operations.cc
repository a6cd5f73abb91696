#include "tasks/python/operations.h"

#include <algorithm>
#include <cmath>

#include "tasks/python/format.h"
#include "tasks/python/text.h"

namespace flm {
namespace {

constexpr PyInt kMaxRepeat = 64 << 20;  // bytes of text or items that `*` may make

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

/// The quotient rounded once, as CPython has it, by long division: a long double is of another
/// width on each processor, and x86's would round twice.
double true_quotient(PyInt a, PyInt b) {
  using Magnitude = unsigned __int128;
  const auto magnitude = [](PyInt x) { return x < 0 ? -static_cast<Magnitude>(x) : Magnitude(x); };
  constexpr Magnitude kEnough = Magnitude{1} << 54;  // a double's 53 bits and one to round by
  const Magnitude divisor = magnitude(b);
  Magnitude quotient = magnitude(a) / divisor, rest = magnitude(a) % divisor;
  int shift = 0;
  for (; quotient < kEnough && rest != 0; ++shift) {
    rest *= 2;
    quotient = quotient * 2 + (rest >= divisor);
    if (rest >= divisor) rest -= divisor;
  }
  if (rest != 0) quotient |= 1;  // below what decides, but no longer halfway
  const double size = std::ldexp(static_cast<double>(quotient), -shift);
  return (a < 0) != (b < 0) ? -size : size;
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
  if (op == "/") return true_quotient(a, b);
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

PyValue repeat(const PyValue& sequence, PyInt times, PyWorkMeter& meter) {
  const size_t unit = sequence.is_string() ? sequence.as_string().size() : sequence.items().size();
  if (times <= 0 || unit == 0) times = 0;
  if (times > kMaxRepeat || times * static_cast<PyInt>(unit) > kMaxRepeat) {
    raise("MemoryError", "a repetition beyond 64 Mi elements");
  }
  meter.charge(unit * static_cast<size_t>(times));
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

PyValue add(const PyValue& a, const PyValue& b, PyWorkMeter& meter) {
  const bool lists = a.kind() == b.kind() && (a.is_list() || a.is_tuple());
  if (lists) {
    PyList out = a.items();
    out.insert(out.end(), b.items().begin(), b.items().end());
    meter.charge(out.size());
    return a.is_list() ? PyValue(out) : PyValue::tuple(out);
  }
  if (a.is_string() && b.is_string()) {
    meter.charge(a.as_string().size() + b.as_string().size());
    if (!a.is_safe() && !b.is_safe()) return a.as_string() + b.as_string();
    const auto safe = [](const PyValue& v) {
      return v.is_safe() ? v.as_string() : markup_escape(v.as_string());
    };
    return PyValue::safe(safe(a) + safe(b));
  }
  if (a.is_string() || a.is_list() || a.is_tuple()) {
    raise("TypeError", "can only concatenate " + a.type_name() + " (not \"" + b.type_name() +
                           "\") to " + a.type_name());
  }
  unsupported("+", a, b);
}

}  // namespace

PyValue python_binary(PyWorkMeter& meter, const std::string& op, const PyValue& a,
                      const PyValue& b) {
  for (const PyValue* side : {&a, &b}) {
    if (side->is_undefined()) raise("UndefinedError", side->undefined_message());
  }
  if (op == "%" && a.is_string()) {
    std::string out = python_percent_format(a.as_string(), b);
    meter.charge(out.size());
    return out;
  }
  if (a.is_number() && b.is_number()) {
    if (a.is_float() || b.is_float()) return real_operation(op, a.as_float(), b.as_float());
    return integer_operation(op, a.as_big_int(), b.as_big_int());
  }
  if (op == "*" && a.is_sequence() && b.is_integer()) return repeat(a, b.as_big_int(), meter);
  if (op == "*" && b.is_sequence() && a.is_integer()) return repeat(b, a.as_big_int(), meter);
  if (op == "+") return add(a, b, meter);
  unsupported(op, a, b);
}

PyValue python_negative(const PyValue& a) {
  if (a.is_undefined()) raise("UndefinedError", a.undefined_message());
  if (a.is_float()) return -a.as_float();
  if (!a.is_integer()) raise("TypeError", "bad operand type for unary -: '" + a.type_name() + "'");
  return integer_operation("-", 0, a.as_big_int());
}

std::optional<PyValue> python_element(const PyValue& object, const PyValue& key) {
  if (object.is_dict() && !key.is_list() && !key.is_dict()) {
    if (const PyValue* found = object.dict().find(key)) return *found;
  }
  const bool indexed = object.is_sequence() || object.is_range();
  if (!indexed || !key.is_integer()) return std::nullopt;
  const PyInt n = static_cast<PyInt>(object.length()), i = key.as_big_int();
  if (i < -n || i >= n) return std::nullopt;
  const int64_t at = static_cast<int64_t>(i < 0 ? i + n : i);
  if (object.is_range()) return object.view().elements[static_cast<size_t>(at)];
  if (!object.is_string()) return object.items()[static_cast<size_t>(at)];
  return PyValue(python_substring(object.as_string(), at, at + 1));
}

PyValue python_slice(PyWorkMeter& meter, const PyValue& object, const PyValue& start,
                     const PyValue& stop, const PyValue& step) {
  if (object.is_undefined()) raise("UndefinedError", object.undefined_message());
  for (const PyValue* bound : {&start, &stop, &step}) {
    if (bound->is_undefined()) raise("UndefinedError", bound->undefined_message());
    if (!bound->is_none() && !bound->is_integer()) {
      raise("TypeError", "slice indices must be integers or None or have an __index__ method");
    }
  }
  if (!object.is_sequence() && !object.is_range())
    raise("TypeError", "'" + object.type_name() + "' object is not subscriptable");
  const PyInt stride = step.is_none() ? PyInt{1} : step.as_big_int();
  if (stride == 0) raise("ValueError", "slice step cannot be zero");
  const PyList all = object.iterate();
  meter.charge(all.size());
  const PyInt n = static_cast<PyInt>(all.size()), low = stride > 0 ? 0 : -1,
              high = stride > 0 ? n : n - 1;
  const auto bound = [&](const PyValue& v, PyInt fallback) {
    if (v.is_none()) return fallback;
    const PyInt i = v.as_big_int();
    return std::clamp(i < 0 ? i + n : i, low, high);
  };
  const PyInt from = bound(start, stride > 0 ? low : high),
              to = bound(stop, stride > 0 ? high : low);
  if (object.is_range()) {
    const PyView& range = object.view();
    return PyValue::range(range.start + from * range.step, range.start + to * range.step,
                          range.step * stride);
  }
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

}  // namespace flm
