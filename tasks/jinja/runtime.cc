#include "tasks/jinja/runtime.h"

#include "tasks/python/methods.h"
#include "tasks/python/operations.h"
#include "tasks/python/text.h"

namespace flm {
namespace {

constexpr size_t kMaxWork = 100'000'000;

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
  if (const auto method = python_method(*this, object, name)) return *method;
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
  if (auto found = python_element(object, key)) return *std::move(found);
  if (key.is_string()) {
    if (const auto method = python_method(*this, object, key.as_string())) return *method;
    if (object.is_object()) {
      if (const PyValue* found = object.object()->find(key.as_string())) return *found;
    }
    if (object.is_group()) return attribute(object, key.as_string());
    return undefined(python_repr(jinja_type_name(object)) + " has no attribute " + key.repr());
  }
  return undefined(jinja_type_name(object) + " has no element " + key.repr());
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

}  // namespace flm
