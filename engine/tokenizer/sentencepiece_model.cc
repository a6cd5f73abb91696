#include "engine/tokenizer/sentencepiece_model.h"

#include <cstdint>
#include <cstring>
#include <limits>

#include "base/errors.h"
#include "base/text/utf8.h"
#include "engine/tokenizer/normalizers/character_map.h"

namespace flm {
namespace {

/// One field of a protobuf message. `bytes` is set for length-delimited fields, `number` for
/// varints.
struct Field {
  std::uint32_t tag = 0;
  std::uint32_t wire = 0;
  std::uint64_t number = 0;
  std::string_view bytes;
};

class Message {
 public:
  Message(std::string_view bytes, const std::string& path) : rest_(bytes), path_(path) {}

  bool next(Field& field) {
    if (rest_.empty()) return false;
    const std::uint64_t key = varint();
    field.tag = static_cast<std::uint32_t>(key >> 3);
    field.wire = static_cast<std::uint32_t>(key & 7);
    if (field.tag == 0 || key >> 32) fail("a broken field");
    if (field.wire == 0)
      field.number = varint();
    else if (field.wire == 1)
      field.bytes = take(8);
    else if (field.wire == 2)
      field.bytes = take(varint());
    else if (field.wire == 5)
      field.bytes = take(4);
    else
      fail("a broken field");
    return true;
  }

  [[noreturn]] void fail(const std::string& what) const {
    throw UserError(path_ + " cannot be read: not a whole SentencePiece model (" + what +
                    "); download it again");
  }

 private:
  std::uint64_t varint() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      const auto byte = static_cast<unsigned char>(take(1)[0]);
      value |= static_cast<std::uint64_t>(byte & 0x7F) << shift;
      if (byte < 0x80) return value;
    }
    fail("a broken number");
  }

  std::string_view take(std::uint64_t n) {
    if (n > rest_.size()) fail("it ends in the middle");
    const std::string_view taken = rest_.substr(0, n);
    rest_.remove_prefix(n);
    return taken;
  }

  std::string_view rest_;
  const std::string& path_;
};

enum PieceType { kNormal = 1, kUnknown, kControl, kUserDefined, kUnused, kByte };

PieceType check_piece(std::string_view bytes, const std::string& path) {
  Message message(bytes, path);
  std::uint64_t type = kNormal;
  std::string_view text;
  for (Field field; message.next(field);) {
    if (field.tag == 1 && field.wire == 2) text = field.bytes;
    if (field.tag == 3 && field.wire == 0) type = field.number;
  }
  if (text.empty() || !utf8_valid(text)) message.fail("a piece that is empty or not UTF-8");
  // As sentencepiece 0.2.3 has it, whose table ends a piece there.
  if (text.size() > 1 && text.find('\0') != text.npos) message.fail("a piece with a NUL in it");
  if (type < kNormal || type > kByte) message.fail("a piece of unknown type");
  if (type == kByte && (text.size() != 6 || !text.starts_with("<0x") || text[5] != '>' ||
                        text.substr(3, 2).find_first_not_of("0123456789ABCDEF") != text.npos))
    message.fail("a byte piece that names no byte");
  return static_cast<PieceType>(type);
}

void check_normalizer(std::string_view bytes, const std::string& path) {
  constexpr std::uint32_t kCharacterMap = 2;
  Message message(bytes, path);
  for (Field field; message.next(field);)
    if (field.tag == kCharacterMap && field.wire == 2 && !field.bytes.empty() &&
        !character_map_is_sound(field.bytes))
      message.fail("a broken character map");
}

/// Has a space behind something else, or one that is not written as U+2581.
bool goes_over_space(std::string_view piece) {
  constexpr std::string_view kMetaspace = "\xE2\x96\x81";
  std::size_t at = 0;
  while (piece.substr(at).starts_with(kMetaspace)) at += kMetaspace.size();
  return piece.find(kMetaspace, at) != piece.npos || piece.find(' ') != piece.npos;
}

/// What decides about borders; the defaults are those of the protobuf.
struct BorderFacts {
  std::uint64_t model_type = 1, byte_fallback = 0, space_as_suffix = 0;
  std::uint64_t dummy_prefix = 1, remove_spaces = 1, escape_spaces = 1;
  bool character_map = false, piece_with_newline = false, piece_over_space = false;

  /// One field of a piece (1), the trainer's (2) or the normalizer's specification (3).
  void take(std::uint32_t message, const Field& field) {
    const bool text = field.wire == 2;
    if (message == 1 && field.tag == 1 && text) {
      piece_with_newline |= field.bytes.find('\n') != field.bytes.npos;
      piece_over_space |= goes_over_space(field.bytes);
    } else if (message == 2 && field.wire == 0) {
      if (field.tag == 3) model_type = field.number;
      if (field.tag == 24) space_as_suffix = field.number;
      if (field.tag == 35) byte_fallback = field.number;
    } else if (message == 3) {
      if (field.tag == 2 && text) character_map |= !field.bytes.empty();
      if (field.tag == 3 && !text) dummy_prefix = field.number;
      if (field.tag == 4 && !text) remove_spaces = field.number;
      if (field.tag == 5 && !text) escape_spaces = field.number;
    }
  }
};

/// Lines of a token in base64 and its rank, under the same file name in the folders of Llama 3.
bool is_tiktoken(std::string_view bytes) {
  const std::string_view line = bytes.substr(0, bytes.find('\n'));
  const std::size_t blank = line.find(' ');
  if (blank == 0 || blank == line.npos || blank + 1 == line.size()) return false;
  const auto in = [](std::string_view text, std::string_view characters) {
    return text.find_first_not_of(characters) == text.npos;
  };
  return in(line.substr(0, blank),
            "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=") &&
         in(line.substr(blank + 1), "0123456789");
}

}  // namespace

void check_sentencepiece_model(std::string_view bytes, const std::string& path) {
  if (is_tiktoken(bytes))
    throw UserError(path +
                    ": a vocabulary in tiktoken's format, which is not read; put the model's "
                    "tokenizer.json beside it");
  Message message(bytes, path);
  std::size_t pieces = 0, unknown = 0;
  for (Field field; message.next(field);) {
    if (field.wire == 2 && field.tag == 1) {
      ++pieces;
      unknown += check_piece(field.bytes, path) == kUnknown;
    }
    if (field.wire == 2 && field.tag == 3) check_normalizer(field.bytes, path);
  }
  if (pieces == 0) message.fail("no pieces");
  if (unknown != 1) message.fail("it must have one unknown piece");
}

TextBorders text_borders(std::string_view bytes) {
  const std::string path = "the model";
  BorderFacts facts;
  Message message(bytes, path);
  for (Field field; message.next(field);) {
    if (field.wire != 2 || field.tag < 1 || field.tag > 3) continue;
    Message part(field.bytes, path);
    for (Field inner; part.next(inner);) facts.take(field.tag, inner);
  }
  constexpr std::uint64_t kBpe = 2;
  const bool plain = facts.model_type == kBpe && facts.byte_fallback && !facts.space_as_suffix &&
                     !facts.remove_spaces && !facts.character_map;
  const bool newline = plain && !facts.piece_with_newline;
  return {newline, newline && facts.dummy_prefix && facts.escape_spaces && !facts.piece_over_space};
}

std::optional<std::vector<std::string>> sentencepiece_pieces(std::string_view bytes) {
  const std::string path = "the model";
  std::vector<std::string> out;
  try {
    check_sentencepiece_model(bytes, path);
  } catch (const UserError&) {
    return std::nullopt;
  }
  Message message(bytes, path);
  for (Field field; message.next(field);) {
    if (field.wire != 2 || field.tag != 1) continue;
    Message piece(field.bytes, path);
    for (Field inner; piece.next(inner);)
      if (inner.tag == 1 && inner.wire == 2) out.emplace_back(inner.bytes);
  }
  return out;
}

bool scores_fall(std::string_view bytes) {
  const std::string path = "the model";
  float last = std::numeric_limits<float>::infinity();
  Message message(bytes, path);
  for (Field field; message.next(field);) {
    if (field.wire != 2 || field.tag != 1) continue;
    Message piece(field.bytes, path);
    std::uint64_t type = kNormal;
    float score = 0;
    for (Field inner; piece.next(inner);) {
      if (inner.tag == 2 && inner.wire == 5) std::memcpy(&score, inner.bytes.data(), sizeof score);
      if (inner.tag == 3 && inner.wire == 0) type = inner.number;
    }
    if (type != kNormal) continue;
    if (score > last) return false;
    last = score;
  }
  return true;
}

void set_dummy_prefix(std::string& bytes, bool add) {
  // ModelProto field 3 (normalizer_spec), 2 bytes long: its field 3 (add_dummy_prefix), a bool.
  bytes += {'\x1A', '\x02', '\x18', add ? '\x01' : '\x00'};
}

}  // namespace flm
