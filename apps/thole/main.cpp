// The thole program: hands the process's arguments, streams and environment to the commands.

#include <iostream>

#include "thole/cli/command.hpp"
#include "thole/real/process.hpp"

int main(int argc, char** argv) {
  namespace real = thole::real;
  thole::cli::Context context{.out = std::cout,
                              .err = std::cerr,
                              .program = real::own_path(),
                              .out_is_terminal = real::is_terminal(1),
                              .home = real::environment("HOME"),
                              .xdg_state_home = real::environment("XDG_STATE_HOME"),
                              .kubeconfig = real::environment("KUBECONFIG")};
  return thole::cli::run({argv + 1, argv + argc}, context);
}
