#include <CLI/CLI.hpp>
#include <memory>
#include <ostream>

#include "thole/cli/command.hpp"

namespace thole::cli {
namespace {

struct Entry {
  std::string name;
  std::string description;
  std::vector<std::string> flags;  // Long ones, with their dashes.
};

std::vector<std::string> long_flags(const CLI::App& command) {
  std::vector<std::string> flags;
  for (const CLI::Option* option : command.get_options()) {
    for (const std::string& name : option->get_lnames()) flags.push_back("--" + name);
  }
  return flags;
}

std::vector<Entry> entries_of(const CLI::App& app) {
  std::vector<Entry> entries;
  for (const CLI::App* command : app.get_subcommands({})) {
    entries.push_back({command->get_name(), command->get_description(), long_flags(*command)});
  }
  return entries;
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : " ") + word;
  return text;
}

void write_bash(std::ostream& out, const std::vector<Entry>& entries) {
  std::vector<std::string> names;
  for (const Entry& entry : entries) names.push_back(entry.name);
  out << "_thole() {\n"
         "  local word=${COMP_WORDS[COMP_CWORD]}\n"
         "  if [[ $COMP_CWORD -eq 1 ]]; then\n"
         "    COMPREPLY=($(compgen -W '"
      << joined(names)
      << "' -- \"$word\"))\n    return\n  fi\n  case ${COMP_WORDS[1]} in\n";
  for (const Entry& entry : entries) {
    out << "    " << entry.name << ") COMPREPLY=($(compgen -W '" << joined(entry.flags)
        << "' -- \"$word\")) ;;\n";
  }
  out << "  esac\n}\ncomplete -o default -F _thole thole\n";
}

void write_zsh(std::ostream& out, const std::vector<Entry>& entries) {
  out << "#compdef thole\n_thole() {\n  local -a commands\n  commands=(\n";
  for (const Entry& entry : entries) {
    out << "    '" << entry.name << ":" << entry.description << "'\n";
  }
  out << "  )\n  if (( CURRENT == 2 )); then\n    _describe command commands\n    return\n  fi\n"
         "  case $words[2] in\n";
  for (const Entry& entry : entries) {
    out << "    " << entry.name << ") compadd -- " << joined(entry.flags) << " ;;\n";
  }
  out << "  esac\n}\n(( $+functions[compdef] )) && compdef _thole thole\n";
}

void write_fish(std::ostream& out, const std::vector<Entry>& entries) {
  out << "complete -c thole -f\n";
  for (const Entry& entry : entries) {
    out << "complete -c thole -n __fish_use_subcommand -a " << entry.name << " -d '"
        << entry.description << "'\n";
    for (const std::string& flag : entry.flags) {
      out << "complete -c thole -n '__fish_seen_subcommand_from " << entry.name << "' -l "
          << flag.substr(2) << "\n";
    }
  }
}

}  // namespace

void add_completion(CLI::App& app, Context& context) {
  CLI::App* command = app.add_subcommand("completion", "Print a completion script for a shell");
  command->footer("Example:\n  source <(thole completion bash)");
  auto shell = std::make_shared<std::string>();
  command->add_option("shell", *shell, "bash, zsh or fish")
      ->required()
      ->check(CLI::IsMember({"bash", "zsh", "fish"}));
  command->callback([&app, &context, shell] {
    const std::vector<Entry> entries = entries_of(app);
    if (*shell == "bash") {
      write_bash(context.out, entries);
    } else if (*shell == "zsh") {
      write_zsh(context.out, entries);
    } else {
      write_fish(context.out, entries);
    }
  });
}

}  // namespace thole::cli
