#include "reports/store/file_system.h"

#include <sys/vfs.h>

#include <algorithm>
#include <array>
#include <filesystem>

namespace flm {
namespace {

/// statfs(2) and linux/magic.h; Lustre, GPFS, BeeGFS and PanFS from their own headers.
constexpr std::array<std::uint32_t, 14> kNetworks = {
    0x6969,      // NFS
    0xFF534D42,  // CIFS
    0xFE534D42,  // SMB 2
    0x517B,      // SMB
    0x564C,      // NCP
    0x5346414F,  // AFS
    0x73757245,  // Coda
    0x01021997,  // 9p
    0x00C36400,  // Ceph
    0x65735546,  // FUSE
    0x0BD00BD0,  // Lustre
    0x47504653,  // GPFS
    0x19830326,  // BeeGFS
    0xAAD7AAEA,  // PanFS
};

}  // namespace

bool may_be_of_a_network(std::int64_t type) {
  const auto number = static_cast<std::uint32_t>(type);  // some kernels hand out negative ones
  return std::find(kNetworks.begin(), kNetworks.end(), number) != kNetworks.end();
}

std::int64_t file_system_type(const std::string& path) {
  struct statfs facts {};
  if (statfs(path.c_str(), &facts) == 0) return facts.f_type;
  const std::string folder = std::filesystem::path(path).parent_path().string();
  return statfs(folder.empty() ? "." : folder.c_str(), &facts) == 0 ? facts.f_type : 0;
}

}  // namespace flm
