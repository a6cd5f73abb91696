// Tables of names: what stands at the front of a trainer's name, and what takes its place.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace flm {

struct Rename {
  std::string_view from, to;
};

/// The first entry that fits; false where none does.
inline bool rename_front(std::span<const Rename> table, std::string& name) {
  for (const Rename& one : table) {
    if (!name.starts_with(one.from)) continue;
    name = std::string(one.to) + name.substr(one.from.size());
    return true;
  }
  return false;
}

struct LayerName {
  std::string number, rest;
};

/// "decoder.layers.12.mlp.x" with `layers` = "decoder.layers.": number "12", rest "mlp.x". Nothing
/// where the name is of no layer.
inline std::optional<LayerName> split_layer(const std::string& name, std::string_view layers) {
  if (!name.starts_with(layers)) return std::nullopt;
  const std::size_t dot = name.find('.', layers.size());
  if (dot == std::string::npos) return std::nullopt;
  return LayerName{name.substr(layers.size(), dot - layers.size()), name.substr(dot + 1)};
}

}  // namespace flm
