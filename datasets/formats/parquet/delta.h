// Parquet's delta encodings.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace flm {

/// DELTA_BINARY_PACKED: `count` numbers at the head of `bytes`, which are taken off. Differences
/// wrap around at 64 bits. Damage is a UserError that names `origin`, here and below.
std::vector<std::int64_t> delta_numbers(std::string_view& bytes, std::size_t count,
                                        const std::string& origin);

/// DELTA_LENGTH_BYTE_ARRAY: all lengths, then all texts.
std::vector<std::string> delta_length_texts(std::string_view bytes, std::size_t count,
                                            const std::string& origin);

/// DELTA_BYTE_ARRAY: how much of the text before is kept, then what follows it.
std::vector<std::string> delta_texts(std::string_view bytes, std::size_t count,
                                     const std::string& origin);

}  // namespace flm
