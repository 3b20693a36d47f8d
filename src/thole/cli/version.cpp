#include <CLI/CLI.hpp>
#include <memory>
#include <ostream>

#include "thole/cli/command.hpp"
#include "thole/server/version.hpp"

namespace thole::cli {

void add_version(CLI::App& app, Context& context) {
  CLI::App* command = app.add_subcommand("version", "Say which version this is");
  command->footer("Example:\n  thole version -o json");
  auto format = std::make_shared<std::string>("text");
  command->add_option("-o,--output", *format, "text or json")
      ->check(CLI::IsMember({"text", "json"}));
  command->callback([&context, format] {
    if (*format == "json") {
      context.out << "{\"version\":\"" << server::kVersion << "\",\"kubernetes\":\""
                  << server::kKubernetesVersion << "\"}\n";
    } else {
      context.out << "thole " << server::kVersion << ", serving the API of Kubernetes "
                  << server::kKubernetesVersion << "\n";
    }
  });
}

}  // namespace thole::cli
