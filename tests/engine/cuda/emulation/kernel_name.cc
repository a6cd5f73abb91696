#include "tests/engine/cuda/emulation/kernel_name.h"

#include <elf.h>
#include <link.h>

#include <cstdint>
#include <fstream>
#include <iterator>
#include <map>
#include <string>
#include <vector>

namespace flm::emulation {
namespace {

/// What is added to the addresses in the file: the first object is the program.
std::uintptr_t load_address() {
  std::uintptr_t address = 0;
  dl_iterate_phdr(
      [](dl_phdr_info* info, std::size_t, void* out) {
        *static_cast<std::uintptr_t*>(out) = info->dlpi_addr;
        return 1;
      },
      &address);
  return address;
}

/// Kernels are local to their files, so that the dynamic linker does not know them.
std::map<std::uintptr_t, std::string> functions_of_program() {
  std::ifstream file("/proc/self/exe", std::ios::binary);
  const std::vector<char> bytes((std::istreambuf_iterator<char>(file)), {});
  const auto* header = reinterpret_cast<const Elf64_Ehdr*>(bytes.data());
  const auto* sections = reinterpret_cast<const Elf64_Shdr*>(bytes.data() + header->e_shoff);
  std::map<std::uintptr_t, std::string> names;
  for (int s = 0; s < header->e_shnum; ++s) {
    if (sections[s].sh_type != SHT_SYMTAB) continue;
    const auto* symbols = reinterpret_cast<const Elf64_Sym*>(bytes.data() + sections[s].sh_offset);
    const char* strings = bytes.data() + sections[sections[s].sh_link].sh_offset;
    for (std::size_t i = 0; i < sections[s].sh_size / sizeof(Elf64_Sym); ++i)
      if (ELF64_ST_TYPE(symbols[i].st_info) == STT_FUNC && symbols[i].st_value)
        names.emplace(symbols[i].st_value, strings + symbols[i].st_name);
  }
  return names;
}

}  // namespace

const char* function_name(const void* function) {
  static const std::map<std::uintptr_t, std::string> names = functions_of_program();
  static const std::uintptr_t base = load_address();
  const auto found = names.find(reinterpret_cast<std::uintptr_t>(function) - base);
  return found == names.end() ? nullptr : found->second.c_str();
}

}  // namespace flm::emulation
