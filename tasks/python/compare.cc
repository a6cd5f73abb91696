// == and < of Python values.
#include <algorithm>
#include <cmath>

#include "tasks/python/value.h"

namespace flm {
namespace {

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

/// Ranges by their numbers, keys and items as sets, in which nothing stands twice; values are
/// their like alone.
bool equal_views(const PyView& a, const PyView& b, int depth) {
  if (&a == &b) return true;
  if (a.form != b.form || a.form == PyView::Form::kValues) return false;
  if (a.form == PyView::Form::kRange) return equal_items(a.elements, b.elements, depth);
  return a.elements.size() == b.elements.size() &&
         std::all_of(a.elements.begin(), a.elements.end(), [&](const PyValue& x) {
           return std::any_of(b.elements.begin(), b.elements.end(),
                              [&](const PyValue& y) { return equal(x, y, depth + 1); });
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
    case PyValue::Kind::kView:
      return equal_views(a.view(), b.view(), depth);
    case PyValue::Kind::kGenerator:
      return &a.generator() == &b.generator();
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

}  // namespace

bool PyValue::equals(const PyValue& other) const { return equal(*this, other, 0); }
int PyValue::compare(const PyValue& other) const { return order(*this, other, 0); }

}  // namespace flm
