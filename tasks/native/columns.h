// A document's columns with the types that a native function expects.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tasks/native/native_functions.h"

namespace flm {

/// The column of a document; UserErrors name the column and what it should hold.
const PyValue& column(const PyValue& doc, const std::string& name);
const std::string& text_column(const PyValue& doc, const std::string& name);
std::vector<std::string> texts_column(const PyValue& doc, const std::string& name);

/// The items of a list that holds texts alone; for accepted answers one at least.
std::vector<std::string> plain_texts(const PyValue& list, const std::string& name);
std::vector<std::string> accepted_texts(const PyValue& list, const std::string& name);

/// The same of a row; `none` stands for null.
std::string text_of_row(const Json& row, const std::string& name);

/// int(row[name]): of a text that holds a whole number, and of a real number without its fraction.
std::int64_t int_of_row(const Json& row, const std::string& name);

/// Position of `value` in `list`; UserError where it is not there.
std::size_t position(const std::vector<std::string>& list, const std::string& value);

/// Python's dataset.filter.
RowsFunction kept_rows(std::function<bool(const Json& row)> keep);

}  // namespace flm
