#include "tasks/jinja/evaluator.h"

namespace flm {

void JinjaEvaluator::add_globals() {
  const auto add = [this](const std::string& name, auto function) {
    globals_[name] = PyFunction{name, std::move(function)};
  };
  add("range", [this](const PyArguments& a) { return range(a); });
  add("dict", [](const PyArguments& a) { return make_dict("dict", a); });
  add("namespace", [this](const PyArguments& a) { return make_namespace(a); });
  add("cycler", [this](const PyArguments& a) { return make_cycler(a); });
  add("joiner", [](const PyArguments& a) -> PyValue {
    const PyValue separator = PyParameters("joiner", a, {"sep"}).value(0, ", ");
    auto used = std::make_shared<bool>(false);
    return PyFunction{"joiner", [separator, used](const PyArguments&) {
                        return std::exchange(*used, true) ? separator : PyValue("");
                      }};
  });
  add("lipsum", [](const PyArguments&) -> PyValue {
    raise("NotImplementedError", "lipsum() draws at random and is refused; write the text");
  });
  add("raise_exception", [](const PyArguments& a) -> PyValue {
    const PyParameters p("raise_exception", a, {"message"}, 1);
    raise("TemplateError", p[0].str());
  });
  // Its attributes are the template's blocks, of which there are none.
  auto self = std::make_shared<PyObject>();
  self->type_name = "TemplateReference";
  globals_["self"] = self;
}

PyValue JinjaEvaluator::range(const PyArguments& a) {
  const PyParameters p("range", a, {"start", "stop", "step"}, 1);
  for (size_t i = 0; i < 3; ++i) {
    if (p.has(i) && p[i].is_undefined()) raise("UndefinedError", p[i].undefined_message());
    if (p.has(i) && !p[i].is_int() && !p[i].is_bool()) {
      raise("TypeError", "'" + p[i].type_name() + "' object cannot be interpreted as an integer");
    }
  }
  const PyInt start = p.has(1) ? p[0].as_int() : 0, stop = p.has(1) ? p[1].as_int() : p[0].as_int();
  const PyValue out = PyValue::range(start, stop, p.has(2) ? p[2].as_int() : 1);
  charge(out.length());
  return out;
}

PyValue JinjaEvaluator::make_dict(const std::string& name, const PyArguments& a) {
  PyDict dict;
  if (a.positional.size() > 1) raise("TypeError", name + " expected at most 1 argument");
  for (const PyValue& base : a.positional) {
    if (base.is_dict()) {
      for (const auto& [key, value] : base.dict()) dict.set(key, value);
      continue;
    }
    for (const PyValue& pair : base.iterate()) {
      const PyList both = pair.iterate();
      if (both.size() != 2)
        raise("ValueError", "dictionary update sequence element has not length 2");
      dict.set(both[0], both[1]);
    }
  }
  for (const auto& [key, value] : a.keywords) dict.set(key, value);
  return dict;
}

PyValue JinjaEvaluator::make_namespace(const PyArguments& a) {
  auto space = std::make_shared<PyObject>();
  space->type_name = "Namespace";
  space->assignable = true;
  const PyValue values = make_dict("namespace", a);
  for (const auto& [key, value] : values.dict()) space->set(key.str(), value);
  namespaces_.push_back(space);
  return space;
}

/// next() gives the current item and goes on to the one after it, round and round.
PyValue JinjaEvaluator::make_cycler(const PyArguments& a) {
  if (a.positional.empty()) raise("RuntimeError", "at least one item has to be provided");
  auto cycler = std::make_shared<PyObject>();
  cycler->type_name = "Cycler";
  const std::weak_ptr<PyObject> self = cycler;
  auto at = std::make_shared<size_t>(0);
  const auto go = [self, at, items = a.positional](size_t to) {
    const PyValue now = items[*at];
    *at = to % items.size();
    if (const auto object = self.lock()) object->set("current", items[*at]);
    return now;
  };
  cycler->set("current", a.positional[0]);
  cycler->set("next", PyFunction{"next", [go, at](const PyArguments&) { return go(*at + 1); }});
  cycler->set("reset", PyFunction{"reset", [go](const PyArguments&) {
                                    go(0);
                                    return PyValue();
                                  }});
  return cycler;
}

}  // namespace flm
