// The serialized protobuf of a SentencePiece model, looked at before the library trusts it.
#pragma once

#include <string>
#include <string_view>

namespace flm {

/// UserError "PATH cannot be read: ..." unless `bytes` is a whole ModelProto with sound pieces. The
/// library itself writes to stderr on a broken file, and may end the process.
void check_sentencepiece_model(std::string_view bytes, const std::string& path);

/// True where text may be cut before a newline: a BPE model with byte fallback whose normalizer
/// changes nothing but spaces one by one, and in which a newline occurs in its byte piece alone.
/// (A Unigram model adds scores from the start of the text, and their rounding may decide.)
bool newline_is_a_byte_alone(std::string_view bytes);

/// Overrides normalizer_spec.add_dummy_prefix: protobuf merges a message that appears again.
void set_dummy_prefix(std::string& bytes, bool add);

}  // namespace flm
