#include "engine/cuda/device_speed.h"

#include <cctype>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "base/documents/json.h"
#include "base/system/cache_folder.h"
#include "base/system/files.h"

namespace flm {
namespace {

namespace fs = std::filesystem;

// Of large products alone, and of the data sheet, that a whole scoring pass reaches: predicted from
// counted bytes and instructions, not measured yet.
constexpr double kShareOfProducts = 0.7, kShareOfSheet = 0.6;
constexpr double kTera = 1e12;

/// Dense rates of the largest part of a compute capability, as NVIDIA's data sheets of the A100
/// 80GB SXM, A40, L40S and H100 SXM (H200: the same) print them, and what its host link carries of
/// 32 (PCIe 4.0 x16) or 64 GB/s (5.0).
struct DataSheet {
  int major, minor;
  const char* part;
  double bf16, fp32, link;
};
constexpr DataSheet kSheets[] = {
    {8, 0, "A100", 312 * kTera, 19.5 * kTera, 25e9},
    {8, 6, "A40", 149.7 * kTera, 37.4 * kTera, 25e9},
    {8, 9, "L40S", 362 * kTera, 91.6 * kTera, 25e9},
    {9, 0, "H100 SXM", 989.4 * kTera, 66.9 * kTera, 50e9},
};
constexpr DataSheet kUnknown = {0, 0, "", 100 * kTera, 20 * kTera, 25e9};

const DataSheet& sheet_of(const CudaDevice& device) {
  for (const DataSheet& sheet : kSheets)
    if (sheet.major == device.major && sheet.minor == device.minor) return sheet;
  return kUnknown;
}

fs::path path_of(const std::string& device) {
  std::string name = device;
  for (char& c : name)
    if (!std::isalnum(static_cast<unsigned char>(c))) c = '-';
  const fs::path cache = cache_folder();
  return cache.empty() ? cache : cache / "ceilings" / (name + ".json");
}

double read(const Json& json, const char* key) {
  const double value = json.value(key, 0.0);
  return value > 0 && value < 1e30 ? value : 0;
}

std::string text_of(double share, const std::string& of, double flops) {
  char text[200];
  std::snprintf(text, sizeof text, "%.1f of %s (%.4g TFLOP/s)", share, of.c_str(), flops / kTera);
  return text;
}

}  // namespace

KeptCeilings kept_ceilings(const std::string& device) {
  const fs::path path = path_of(device);
  std::error_code ignored;
  if (!fs::exists(path, ignored)) return {};
  try {
    const Json json = read_json_file(path.string());
    return {read(json, "bf16_flops"), read(json, "fp32_flops"), read(json, "host_to_device_bytes")};
  } catch (const std::exception&) {  // a damaged file is measured again
    return {};
  }
}

void keep_ceilings(const std::string& device, const KeptCeilings& measured) {
  const fs::path path = path_of(device);
  if (path.empty()) return;
  const KeptCeilings kept = kept_ceilings(device);
  const auto newer = [](double now, double before) { return now > 0 ? now : before; };
  const Json json = {
      {"device", device},
      {"bf16_flops", newer(measured.bf16_flops, kept.bf16_flops)},
      {"fp32_flops", newer(measured.fp32_flops, kept.fp32_flops)},
      {"host_to_device_bytes", newer(measured.host_to_device_bytes, kept.host_to_device_bytes)}};
  std::error_code error;
  fs::create_directories(path.parent_path(), error);
  try {
    if (!error) write_file_atomically(path.string(), compact_json(json) + "\n");
  } catch (const std::exception&) {  // the data sheet has to do
  }
}

DeviceSpeed expected_device_speed(const CudaDevice& device, bool bf16) {
  const KeptCeilings kept = kept_ceilings(device.name);
  const DataSheet& sheet = sheet_of(device);
  const double measured = bf16 ? kept.bf16_flops : kept.fp32_flops,
               printed = bf16 ? sheet.bf16 : sheet.fp32;
  DeviceSpeed speed;
  speed.host_to_device_bytes =
      kept.host_to_device_bytes > 0 ? kept.host_to_device_bytes : sheet.link;
  speed.nominal_flops = &sheet == &kUnknown ? printed : kShareOfSheet * printed;
  if (measured > 0) {
    speed.flops = kShareOfProducts * measured;
    speed.basis = text_of(kShareOfProducts, "the products measured on this device", measured);
  } else if (&sheet == &kUnknown) {
    speed.flops = speed.nominal_flops;
    speed.basis = "a rule of thumb for a device that is not known; flmeval bench run measures";
  } else {
    speed.flops = speed.nominal_flops;
    speed.basis =
        text_of(kShareOfSheet, std::string("the data sheet of an ") + sheet.part, printed) +
        "; flmeval doctor --tune measures";
  }
  return speed;
}

}  // namespace flm
