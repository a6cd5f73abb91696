#include "tasks/native/columns.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "base/documents/unread_value.h"
#include "base/text/printable.h"

namespace flm {

const PyValue& column(const PyValue& doc, const std::string& name) {
  const PyValue* found = doc.is_dict() ? doc.dict().find(name) : nullptr;
  if (!found) throw UserError("a document lacks the column " + name);
  if (found->is_undefined()) throw UserError(found->undefined_message());
  return *found;
}

const std::string& text_column(const PyValue& doc, const std::string& name) {
  const PyValue& value = column(doc, name);
  if (!value.is_string())
    throw UserError("the column " + name + " must be text, not " + value.type_name());
  return value.as_string();
}

std::vector<std::string> texts_column(const PyValue& doc, const std::string& name) {
  const PyValue& value = column(doc, name);
  if (!value.is_list()) throw UserError("the column " + name + " must be a list of texts");
  std::vector<std::string> texts;
  for (const PyValue& item : value.items()) texts.push_back(item.str());
  return texts;
}

std::vector<std::string> plain_texts(const PyValue& list, const std::string& name) {
  if (!list.is_list()) throw UserError("the column " + name + " must be a list of texts");
  std::vector<std::string> texts;
  for (const PyValue& item : list.items()) {
    if (!item.is_string())
      throw UserError("the column " + name + " must hold texts alone, not " + item.type_name());
    texts.push_back(item.as_string());
  }
  return texts;
}

std::vector<std::string> accepted_texts(const PyValue& list, const std::string& name) {
  std::vector<std::string> texts = plain_texts(list, name);
  if (texts.empty()) throw UserError("the column " + name + " must hold one text or more");
  return texts;
}

std::string text_of_row(const Json& row, const std::string& name) {
  if (row.contains(name))
    if (const auto why = why_unread(row[name])) throw UserError(*why);
  if (!row.contains(name) || !row[name].is_string())
    throw UserError("a row wants the text column " + name);
  return row[name].get<std::string>();
}

std::int64_t int_of_row(const Json& row, const std::string& name) {
  const auto refuse = [&](const std::string& value) {
    throw UserError("the column " + name + " must be a whole number of 64 bits: " + value);
  };
  if (!row.contains(name)) throw UserError("a row wants the column " + name);
  const Json& value = row[name];
  if (const auto why = why_unread(value)) throw UserError(*why);
  if (value.is_string()) return PyValue(python_parse_int(value.get<std::string>())).as_int();
  if (value.is_number_float()) {
    const double number = value.get<double>();
    if (!(std::fabs(number) < 0x1p63)) refuse(python_float_repr(number));
    return static_cast<std::int64_t>(number);
  }
  if (!value.is_boolean() && !value.is_number()) refuse(printable(python_json_dumps(value)));
  return PyValue::from_json(value).as_int();
}

std::size_t position(const std::vector<std::string>& list, const std::string& value) {
  const auto found = std::find(list.begin(), list.end(), value);
  if (found == list.end()) throw UserError("an answer is not among the labels: " + value);
  return static_cast<std::size_t>(found - list.begin());
}

RowsFunction kept_rows(std::function<bool(const Json& row)> keep) {
  return [keep = std::move(keep)](const std::vector<Json>& rows) {
    std::vector<Json> out;
    std::copy_if(rows.begin(), rows.end(), std::back_inserter(out), keep);
    return out;
  };
}

}  // namespace flm
