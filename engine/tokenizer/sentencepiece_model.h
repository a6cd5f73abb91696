// The serialized protobuf of a SentencePiece model, looked at before the library trusts it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace flm {

/// UserError "PATH cannot be read: ..." unless `bytes` is a whole ModelProto with sound pieces. The
/// library itself writes to stderr on a broken file, and may end the process.
void check_sentencepiece_model(std::string_view bytes, const std::string& path);

/// Where text may be cut, proven from the model: a BPE model with byte fallback whose normalizer
/// changes nothing but spaces, one by one. (A Unigram model adds scores from the start of the text,
/// and their rounding may decide.)
struct TextBorders {
  bool newline = false;  // before one: it occurs in its byte piece alone
  bool space = false;    // before one that follows none: no piece goes on with a space
};
TextBorders text_borders(std::string_view bytes);

/// The pieces in the order of their ids; nothing where the bytes are no SentencePiece model.
std::optional<std::vector<std::string>> sentencepiece_pieces(std::string_view bytes);

/// Whether a BPE model's scores fall from each piece to the next: then the order of its merges is
/// that of their ids, which is what transformers 5 takes it for.
bool scores_fall(std::string_view bytes);

/// Overrides normalizer_spec.add_dummy_prefix: protobuf merges a message that appears again.
void set_dummy_prefix(std::string& bytes, bool add);

}  // namespace flm
