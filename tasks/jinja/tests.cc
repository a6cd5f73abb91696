// The tests that follow `is`.
#include <map>

#include "tasks/jinja/runtime.h"
#include "tasks/python/operations.h"
#include "tasks/python/text.h"

namespace flm {
namespace {

using Test = bool (*)(JinjaRuntime&, const PyValue&, const PyArguments&);

template <bool (PyValue::*check)() const>
bool is_kind(JinjaRuntime&, const PyValue& value, const PyArguments&) {
  return (value.*check)();
}

PyInt remainder(JinjaRuntime& runtime, const PyValue& value, const PyValue& divisor) {
  const PyValue rest = python_binary(runtime, "%", value, divisor);
  return rest.is_float() ? static_cast<PyInt>(rest.as_float() != 0)
         : rest.is_int() ? rest.as_big_int()
                         : -1;
}

template <int wanted>
bool parity(JinjaRuntime& runtime, const PyValue& value, const PyArguments&) {
  return python_binary(runtime, "%", value, 2).equals(PyValue(wanted));
}

bool divisible(JinjaRuntime& runtime, const PyValue& value, const PyArguments& a) {
  return remainder(runtime, value, PyParameters("divisibleby", a, {"num"}, 1)[0]) == 0;
}

/// value OP argument, through the same rules as the operator.
template <int low, int high>
bool ordered(JinjaRuntime&, const PyValue& value, const PyArguments& a) {
  const PyParameters p("comparison", a, {"other"}, 1);
  const int order = value.compare(p[0]);
  return order >= low && order <= high;
}

bool equal(JinjaRuntime&, const PyValue& value, const PyArguments& a) {
  return value.equals(PyParameters("eq", a, {"other"}, 1)[0]);
}

bool not_equal(JinjaRuntime& r, const PyValue& value, const PyArguments& a) {
  return !equal(r, value, a);
}

bool inside(JinjaRuntime&, const PyValue& value, const PyArguments& a) {
  return PyParameters("in", a, {"seq"}, 1)[0].contains(value);
}

template <bool (*check)(std::string_view)>
bool text_is(JinjaRuntime&, const PyValue& value, const PyArguments&) {
  return check(value.str());
}

/// `value in environment.filters`, which are keys of a dict.
template <bool (*known)(std::string_view)>
bool names(JinjaRuntime&, const PyValue& value, const PyArguments&) {
  value.check_hashable();
  return value.is_string() && known(value.as_string());
}

bool is_sequence(const PyValue& v) {
  return v.is_string() || v.is_list() || v.is_tuple() || v.is_dict() || v.is_range() ||
         v.is_lenient();
}

bool iterable(JinjaRuntime&, const PyValue& value, const PyArguments&) {
  if (value.is_undefined() && !value.is_lenient())
    throw PyError("UndefinedError", value.undefined_message());
  return is_sequence(value) || value.is_view() || value.is_generator();
}

bool same_as(JinjaRuntime&, const PyValue& value, const PyArguments& a) {
  const PyParameters p("sameas", a, {"other"}, 1);
  return value.kind() == p[0].kind() && value.equals(p[0]);
}

const std::map<std::string, Test, std::less<>>& tests() {
  static const std::map<std::string, Test, std::less<>> table = {
      {"defined",
       [](JinjaRuntime&, const PyValue& v, const PyArguments&) { return !v.is_undefined(); }},
      {"undefined", is_kind<&PyValue::is_undefined>},
      {"none", is_kind<&PyValue::is_none>},
      {"boolean", is_kind<&PyValue::is_bool>},
      {"integer", is_kind<&PyValue::is_int>},
      {"float", is_kind<&PyValue::is_float>},
      {"number", is_kind<&PyValue::is_number>},
      {"string", is_kind<&PyValue::is_string>},
      {"mapping", is_kind<&PyValue::is_dict>},
      {"callable",
       [](JinjaRuntime&, const PyValue& v, const PyArguments&) {
         return v.is_function() || v.is_undefined();  // Undefined has a __call__ that raises
       }},
      {"escaped", is_kind<&PyValue::is_safe>},
      {"true", [](JinjaRuntime&, const PyValue& v,
                  const PyArguments&) { return v.is_bool() && v.as_bool(); }},
      {"false", [](JinjaRuntime&, const PyValue& v,
                   const PyArguments&) { return v.is_bool() && !v.as_bool(); }},
      {"sequence",
       [](JinjaRuntime&, const PyValue& v, const PyArguments&) { return is_sequence(v); }},
      {"iterable", iterable},
      {"odd", parity<1>},
      {"even", parity<0>},
      {"divisibleby", divisible},
      {"lower", text_is<python_islower>},
      {"upper", text_is<python_isupper>},
      {"in", inside},
      {"sameas", same_as},
      {"eq", equal},
      {"equalto", equal},
      {"==", equal},
      {"ne", not_equal},
      {"!=", not_equal},
      {"lt", ordered<-1, -1>},
      {"lessthan", ordered<-1, -1>},
      {"<", ordered<-1, -1>},
      {"le", ordered<-1, 0>},
      {"<=", ordered<-1, 0>},
      {"gt", ordered<1, 1>},
      {"greaterthan", ordered<1, 1>},
      {">", ordered<1, 1>},
      {"ge", ordered<0, 1>},
      {">=", ordered<0, 1>},
      {"filter", names<is_jinja_filter>},
      {"test", names<is_jinja_test>},
  };
  return table;
}

}  // namespace

bool is_jinja_test(std::string_view name) { return tests().count(name) > 0; }

bool apply_jinja_test(JinjaRuntime& runtime, const std::string& name, const PyValue& value,
                      const PyArguments& a) {
  const auto found = tests().find(name);
  if (found == tests().end())
    throw PyError("TemplateRuntimeError", "No test named " + python_repr(name) + ".");
  return found->second(runtime, value, a);
}

}  // namespace flm
