#include "datasets/compression/archive.h"

#include <minizip/unzip.h>
#include <zlib.h>

#include <algorithm>
#include <filesystem>
#include <memory>

#include "base/errors.h"
#include "base/system/files.h"
#include "datasets/compression/packed_file.h"

namespace flm {
namespace {

[[noreturn]] void fail(const std::string& path, const std::string& what) {
  throw UserError("cannot read " + path + ": " + what + "; fetch the file again");
}

/// What some tools pad a file with, and Python passes over.
bool only_zeros(const Bytef* bytes, std::size_t count) {
  return std::all_of(bytes, bytes + count, [](Bytef byte) { return byte == 0; });
}

}  // namespace

void refuse_more_than(std::size_t most, const std::string& path) {
  throw UserError("more than " + std::to_string(most) +
                  " bytes when unpacked; unpack it yourself if that is right: " + path);
}

std::string gunzip(std::string_view bytes, const std::string& path, std::size_t most,
                   std::size_t most_at_once) {
  std::string out;
  z_stream stream{};
  FLM_CHECK(inflateInit2(&stream, 15 + 16) == Z_OK, "inflateInit2");
  std::unique_ptr<z_stream, int (*)(z_stream*)> guard(&stream, inflateEnd);
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  std::size_t waiting = bytes.size();  // behind what the stream has, whose count has 32 bits
  char block[1 << 16];
  for (;;) {
    const uInt more = static_cast<uInt>(std::min(waiting, most_at_once - stream.avail_in));
    stream.avail_in += more;
    waiting -= more;
    stream.next_out = reinterpret_cast<Bytef*>(block);
    stream.avail_out = sizeof block;
    const int status = inflate(&stream, Z_NO_FLUSH);
    if (status != Z_OK && status != Z_STREAM_END) fail(path, "damaged or cut-off gzip data");
    out.append(block, sizeof block - stream.avail_out);
    if (out.size() > most) refuse_more_than(most, path);
    const std::size_t left = waiting + stream.avail_in;
    if (status == Z_STREAM_END && only_zeros(stream.next_in, left)) return out;
    if (status == Z_STREAM_END) inflateReset(&stream);  // another member follows
    if (status == Z_OK && left == 0 && stream.avail_out == sizeof block)
      fail(path, "cut-off gzip data");
  }
}

std::optional<std::string> read_zip_member(const std::string& zip, const std::string& member) {
  std::unique_ptr<void, int (*)(unzFile)> file(unzOpen64(zip.c_str()), unzClose);
  if (!file) fail(zip, "not a zip file");
  if (unzLocateFile(file.get(), member.c_str(), 1) != UNZ_OK) return std::nullopt;
  if (unzOpenCurrentFile(file.get()) != UNZ_OK) fail(zip, "damaged member " + member);
  std::string out;
  char block[1 << 16];
  for (;;) {
    const int count = unzReadCurrentFile(file.get(), block, sizeof block);
    if (count < 0) fail(zip, "damaged member " + member);
    if (count == 0) break;
    out.append(block, static_cast<std::size_t>(count));
    if (out.size() > kMostUnpackedBytes) fail(zip, "more than 4 GiB in member " + member);
  }
  if (unzCloseCurrentFile(file.get()) != UNZ_OK) fail(zip, "wrong checksum of member " + member);
  return out;
}

std::optional<FoundFile> find_file(const std::string& folder, const std::string& name,
                                   const std::string& archive) {
  namespace fs = std::filesystem;
  const std::string plain = fs::path(folder) / name;
  for (const std::string_view ending : kPlainOrPacked) {
    const std::string path = plain + std::string(ending);
    if (fs::is_regular_file(path)) return FoundFile{path, unpack_file(read_file(path), path)};
  }
  const fs::path zip = fs::path(folder) / archive;
  if (archive.empty() || !fs::is_regular_file(zip)) return std::nullopt;
  auto bytes = read_zip_member(zip.string(), name);
  if (!bytes) return std::nullopt;
  return FoundFile{zip.string() + ":" + name, std::move(*bytes)};
}

}  // namespace flm
