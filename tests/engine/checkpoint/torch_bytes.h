// Zips as torch.save writes them, made by hand around any pickle.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace flm {

inline std::string little_endian(std::uint64_t value, int bytes) {
  std::string out;
  for (int i = 0; i < bytes; ++i) out += i < 8 ? static_cast<char>(value >> (8 * i)) : '\0';
  return out;
}

using ZipMembers = std::vector<std::pair<std::string, std::string>>;  // name, bytes

/// Stored, in one folder "x/"; no checksums, for nobody reads them.
inline std::string stored_zip(const ZipMembers& members) {
  std::string out, directory;
  for (const auto& [below, bytes] : members) {
    const std::string name = "x/" + below;
    const std::string fields = little_endian(0, 12) + little_endian(bytes.size(), 4) +
                               little_endian(bytes.size(), 4) + little_endian(name.size(), 2) +
                               little_endian(0, 2);
    directory += "PK\1\2" + little_endian(20, 4) + fields + little_endian(0, 10) +
                 little_endian(out.size(), 4) + name;
    out += "PK\3\4" + little_endian(20, 2) + fields + name + bytes;
  }
  const std::size_t begin = out.size();
  out += directory + "PK\5\6" + little_endian(0, 4);
  out += little_endian(members.size(), 2) + little_endian(members.size(), 2);
  return out + little_endian(directory.size(), 4) + little_endian(begin, 4) + little_endian(0, 2);
}

/// Pieces of pickles.
inline std::string pickled_text(const std::string& text) {
  return "X" + little_endian(text.size(), 4) + text;
}
inline std::string pickled_number(int value) {
  return "J" + little_endian(static_cast<std::uint32_t>(value), 4);
}

}  // namespace flm
