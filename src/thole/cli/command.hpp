#pragma once
// A command of the program: one file each adds its flags to the parser and does its work. What a
// command prints and reads of the process it runs in comes through Context, so that commands can
// be tested without one.

#include <functional>
#include <iosfwd>
#include <string>
#include <string_view>
#include <vector>

namespace CLI {
class App;
}

namespace thole::cli {

struct Context {
  std::ostream& out;  // Answers
  std::ostream& err;  // Progress and complaints
  std::string program;        // The path this program can be started by again.
  bool out_is_terminal = false;
  // Of the environment; empty where not set.
  std::string home;
  std::string xdg_state_home;
  std::string kubeconfig;  // KUBECONFIG
  // 0 ok, 1 failed, 2 misused. Set by the command that ran.
  int exit_status = 0;

  // Prints one line that says what happened and what to do next; makes the exit status 1.
  void complain(std::string_view line);
};

void add_serve(CLI::App& app, Context& context);
void add_up(CLI::App& app, Context& context);
void add_down(CLI::App& app, Context& context);
void add_status(CLI::App& app, Context& context);
void add_version(CLI::App& app, Context& context);
void add_completion(CLI::App& app, Context& context);

// Parses `arguments` (without the program's name), runs the command, and returns the exit status.
int run(const std::vector<std::string>& arguments, Context& context);

}  // namespace thole::cli
