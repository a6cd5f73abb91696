#include "harness/cli/texts/man_page.h"

#include "harness/cli/texts/completion.h"
#include "harness/cli/texts/variables.h"

namespace flm {
namespace {

/// Backslashes and hyphens as they are typed; no line that begins with a request.
std::string roff(const std::string& text) {
  std::string out;
  for (char c : text) {
    if (c == '\\')
      out += "\\e";
    else if (c == '-')
      out += "\\-";
    else
      out += c;
  }
  return out.starts_with(".") || out.starts_with("'") ? "\\&" + out : out;
}

std::string flag_item(const FlagEntry& flag) {
  std::string out = ".TP\n\\fB" + roff(flag.name) + "\\fR";
  if (!flag.brief.empty()) out += ", \\fB" + roff(flag.brief) + "\\fR";
  if (!flag.value.empty()) out += " \\fI" + roff(flag.value_text()) + "\\fR";
  out += "\n" + roff(flag.about) + ".\n";
  if (!flag.default_value.empty()) out += "Default: " + roff(flag.default_value) + ".\n";
  return out;
}

std::string section_of(const CommandEntry& command) {
  std::string out = ".SS flmeval " + roff(command.name) + " " + roff(command.operands) + "\n" +
                    roff(command.about) + ".\n";
  if (!command.operands.empty())
    out += ".PP\n" + roff(command.operands) + ": " + roff(command.operands_about) + ".\n";
  out += ".PP\nExample:\n.PP\n.nf\n    " + roff(command.example) + "\n.fi\n";
  if (!command.actions.empty()) return out;  // its flags stand with each action
  for (const FlagEntry& flag : command.flags) out += flag_item(flag);
  return out;
}

std::string variable_items() {
  std::string out;
  for (const VariableEntry& variable : variable_table())
    out += ".TP\n.B " + roff(variable.name) + "\n" + roff(variable.about) + ".\n";
  return out;
}

}  // namespace

std::string man_page(const std::vector<CommandEntry>& table) {
  std::string out =
      ".TH FLMEVAL 1 \"\" \"flmeval " FLM_VERSION
      "\" \"\"\n.SH NAME\nflmeval \\- scores language "
      "model checkpoints\n.SH SYNOPSIS\n.B flmeval\n.I COMMAND\n[\\fIFLAGS\\fR]\n.SH COMMANDS\n";
  for (const CommandEntry* command : all_commands(table)) out += section_of(*command);
  return out +
         ".SH FILES\n.TP\n.I .flmeval.yaml\nFlags of a project: of the folder where the program is "
         "started, else of the nearest one above it, as far as the root of the git repository or "
         "the "
         "home folder.\n.TP\n.I flmeval.db\nThe run store (\\-\\-store).\n"
         ".SH ENVIRONMENT\nSet to nothing each counts as unset.\n" +
         variable_items() +
         ".SH EXIT STATUS\n0 done; 1 a check said no; 2 the user's error; 3 interrupted or "
         "incomplete, can be resumed; 70 internal error.\n";
}

}  // namespace flm
