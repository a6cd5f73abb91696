#include "reports/html/page.h"

#include "base/sha256.h"
#include "reports/html/escape.h"
#include "reports/html/page_texts.h"
#include "reports/html/payload.h"

namespace flm {
namespace {

std::string bytes_of_hex(const std::string& hex) {
  std::string out;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2)
    out += static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16));
  return out;
}

/// A source of the policy: this text alone.
std::string only(std::string_view text) {
  return "'sha256-" + base64(bytes_of_hex(sha256_hex(text))) + "'";
}

std::string policy() {
  return "default-src 'none'; style-src " + only(kPageStyle) + "; script-src " + only(kPageScript) +
         "; base-uri 'none'; form-action 'none'";
}

}  // namespace

std::size_t sample_budget(std::size_t own, std::size_t limit) {
  constexpr std::size_t kFrame = 16 * 1024;  // head, contents, controls, notice
  const std::size_t taken = own + kFrame + kPageStyle.size() + kPageScript.size();
  return limit > taken ? limit - taken : 0;
}

std::string assemble_page(const Page& page) {
  std::string out = "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n";
  out += "<meta http-equiv=\"Content-Security-Policy\" content=\"" + policy() + "\">\n";
  out += "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n";
  out += "<meta name=\"color-scheme\" content=\"light dark\">\n";
  out += "<title>" + html_escaped(page.title) + "</title>\n<style>" + std::string(kPageStyle) +
         "</style>\n</head>\n<body>\n" + page.body;
  if (!page.samples.empty())
    out += page.samples + "<script>" + std::string(kPageScript) + "</script>\n";
  return out + "</body>\n</html>\n";
}

}  // namespace flm
