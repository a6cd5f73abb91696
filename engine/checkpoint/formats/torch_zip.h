// A zip of stored files: what torch.save writes since 1.6.
#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace flm {

/// Members by their name without the leading folder ("data.pkl", "data/0", "byteorder"), as views
/// of the zip's bytes. Opening reads the central directory alone, member() the member's header
/// alone. Immutable to its users; any thread.
class TorchZip {
 public:
  /// TornFile where the end record is missing. UserErrors that name `path`: no zip, an old torch
  /// format, a compressed or encrypted member, a name that stands twice.
  static std::unique_ptr<const TorchZip> open(std::string_view zip, const std::string& path);
  virtual ~TorchZip() = default;

  virtual bool has(const std::string& name) const = 0;
  /// UserError where there is none, or where it is not whole.
  virtual std::string_view member(const std::string& name) const = 0;
};

}  // namespace flm
