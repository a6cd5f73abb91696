// The Python modules of lm-evaluation-harness 0.4.13 that native functions stand in for, by their
// bytes. scripts/pin_native_modules writes the body.
#pragma once

#include <span>
#include <string_view>

namespace flm {

struct PinnedModule {
  std::string_view key;     // FOLDER/module, as the native functions have it; "*" is any folder
  std::string_view sha256;  // of one FOLDER/module.py
};

/// Sorted by key; a key has several where its folders' files differ.
std::span<const PinnedModule> pinned_modules();

}  // namespace flm
