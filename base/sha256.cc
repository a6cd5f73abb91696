#include "base/sha256.h"

#include <openssl/evp.h>

#include "base/errors.h"

namespace flm {

struct Sha256::Context {
  EVP_MD_CTX* md = EVP_MD_CTX_new();
  ~Context() { EVP_MD_CTX_free(md); }
};

Sha256::Sha256() : context_(std::make_unique<Context>()) {
  FLM_CHECK(EVP_DigestInit_ex(context_->md, EVP_sha256(), nullptr) == 1, "EVP_DigestInit_ex");
}
Sha256::~Sha256() = default;
Sha256::Sha256(Sha256&&) noexcept = default;
Sha256& Sha256::operator=(Sha256&&) noexcept = default;

Sha256& Sha256::update(const void* data, std::size_t bytes) {
  FLM_CHECK(EVP_DigestUpdate(context_->md, data, bytes) == 1, "EVP_DigestUpdate");
  return *this;
}

std::string Sha256::hex() {
  unsigned char digest[32];
  FLM_CHECK(EVP_DigestFinal_ex(context_->md, digest, nullptr) == 1, "EVP_DigestFinal_ex");
  static const char* digits = "0123456789abcdef";
  std::string out;
  for (unsigned char byte : digest) {
    out += digits[byte >> 4];
    out += digits[byte & 15];
  }
  return out;
}

std::string sha256_hex(std::string_view text) { return Sha256().update(text).hex(); }

}  // namespace flm
