#include "engine/tokenizer/components/metaspace.h"

#include "base/errors.h"
#include "base/text/utf8.h"
#include "engine/tokenizer/json_values.h"

namespace flm {

MetaspaceRule parse_metaspace(const Json& component, const std::string& origin) {
  MetaspaceRule rule;
  rule.replacement = json_string(component, "replacement", origin, rule.replacement);
  if (utf8_length(rule.replacement) != 1)
    throw UserError(origin +
                    ": Metaspace's replacement must be one character: " + rule.replacement);
  rule.split = json_bool(component, "split", origin, true);
  const std::string scheme = json_string(component, "prepend_scheme", origin, "always");
  if (scheme == "first")
    rule.prepend = MetaspaceRule::Prepend::kFirst;
  else if (scheme == "never")
    rule.prepend = MetaspaceRule::Prepend::kNever;
  else if (scheme != "always")
    throw UserError(origin +
                    ": Metaspace's prepend_scheme must be first, never or always: " + scheme);
  // Older files have a flag in its place; beside the scheme it must not contradict.
  if (!json_bool(component, "add_prefix_space", origin, true)) {
    if (json_member(component, "prepend_scheme") && scheme != "never")
      throw UserError(origin + ": Metaspace has add_prefix_space false and prepend_scheme " +
                      scheme + "; one of them must go");
    rule.prepend = MetaspaceRule::Prepend::kNever;
  }
  return rule;
}

std::string replaced_text(std::string_view text, std::string_view from, std::string_view to) {
  std::string out;
  std::size_t done = 0;
  for (std::size_t at; (at = text.find(from, done)) != text.npos; done = at + from.size())
    out.append(text, done, at - done).append(to);
  return out.append(text, done);
}

}  // namespace flm
