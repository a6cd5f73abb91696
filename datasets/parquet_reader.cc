#include "datasets/parquet_reader.h"

#include "base/errors.h"

namespace flm {

SourceRows parquet_rows(std::string_view, const std::string& origin) {
  throw UserError(
      "Parquet is not read; let the datasets library make its Arrow files "
      "(python3 -c 'import datasets; datasets.load_dataset(ID, NAME)') or save the set as jsonl: " +
      origin);
}

}  // namespace flm
