#include <CLI/CLI.hpp>
#include <memory>
#include <ostream>

#include "thole/base/text.hpp"
#include "thole/cli/cluster.hpp"
#include "thole/cli/command.hpp"
#include "thole/real/process.hpp"
#include "thole/server/kubeconfig.hpp"

namespace thole::cli {
namespace {

using namespace std::chrono_literals;

Result<void> remove_from_user_kubeconfig(const Cluster& cluster) {
  const auto existing = real::read_file(cluster.user_kubeconfig());
  if (!existing) return {};  // Nothing of ours can be in it.
  const auto rest = server::remove_from_kubeconfig(*existing, cluster.context_name());
  if (!rest) return fail(rest.error());
  if (*rest == *existing) return {};
  return real::replace_file(cluster.user_kubeconfig(), *rest, 0600);
}

void down(Context& context, const std::string& name) {
  const auto cluster = Cluster::find(context, name);
  if (!cluster) return context.complain(cluster.error().message);
  const auto running = cluster->running();
  if (running && !real::stop_process(running->pid, 10s)) {
    context.complain(cat("the server did not stop within 10 s and was killed; its log is ",
                         cluster->log()));
  }
  if (const auto forgotten = cluster->forget(); !forgotten) {
    return context.complain(forgotten.error().message);
  }
  if (const auto removed = remove_from_user_kubeconfig(*cluster); !removed) {
    return context.complain(removed.error().message);
  }
  context.out << (running ? "Stopped. " : "It was not running. ") << "The data is kept in "
              << cluster->data() << "; 'thole up' goes on with it.\n";
}

}  // namespace

void add_down(CLI::App& app, Context& context) {
  CLI::App* command = app.add_subcommand("down", "Stop the cluster that 'thole up' started");
  command->footer("Example:\n  thole down");
  auto name = std::make_shared<std::string>("default");
  command->add_option("--name", *name, "Which cluster, where there are several (default)");
  command->callback([&context, name] { down(context, *name); });
}

}  // namespace thole::cli
