#include "engine/parallel/column_parts.h"

#include <cstddef>
#include <cstring>

namespace flm {

void copy_columns(const ColumnParts& of, int from, const ColumnParts& to) {
  const auto* source = static_cast<const std::byte*>(of.mine);
  std::byte* target = static_cast<std::byte*>(to.whole) + to.offset(from);
  if (source == target) return;  // in place
  const std::int64_t bytes = to.bytes_of_row(from);
  if (bytes == 0) return;
  for (std::int64_t row = 0; row < to.rows; ++row)
    std::memcpy(target + row * to.whole_pitch(), source + row * of.mine_pitch(),
                static_cast<std::size_t>(bytes));
}

}  // namespace flm
