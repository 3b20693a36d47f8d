#include <CLI/CLI.hpp>
#include <algorithm>
#include <ostream>

#include "thole/cli/command.hpp"

namespace thole::cli {

void Context::complain(std::string_view line) {
  err << "thole: " << line << "\n";
  exit_status = 1;
}

int run(const std::vector<std::string>& arguments, Context& context) {
  CLI::App app("thole is a Kubernetes control plane in one small program.", "thole");
  app.require_subcommand(1);
  app.footer(
      "Examples:\n"
      "  thole up                     start a cluster in the background, for kubectl\n"
      "  thole serve --ephemeral      serve from memory until interrupted\n"
      "  thole COMMAND --help         flags and examples of a command");
  add_up(app, context);
  add_down(app, context);
  add_status(app, context);
  add_serve(app, context);
  add_version(app, context);
  add_completion(app, context);

  // CLI11 takes them last first.
  std::vector<std::string> reversed(arguments.rbegin(), arguments.rend());
  try {
    app.parse(std::move(reversed));
  } catch (const CLI::Success& asked) {
    app.exit(asked, context.out, context.err);
    return 0;
  } catch (const CLI::ParseError& misuse) {
    context.err << "thole: " << misuse.what() << "\nSee 'thole --help'.\n";
    return 2;
  }
  return context.exit_status;
}

}  // namespace thole::cli
