#include <CLI/CLI.hpp>
#include <memory>
#include <ostream>

#include "thole/base/text.hpp"
#include "thole/cli/cluster.hpp"
#include "thole/cli/command.hpp"
#include "thole/codec/json.hpp"
#include "thole/real/process.hpp"

namespace thole::cli {
namespace {

struct Flags {
  std::string name = "default";
  std::string format = "text";
};

void print_json(const Context& context, const Cluster& cluster,
                const std::optional<Cluster::Running>& running, std::size_t resident_bytes) {
  codec::Arena arena;
  const codec::Value answer = codec::Value::object(arena);
  answer.set(arena, "name", codec::Value::string(cluster.name()));
  answer.set(arena, "running", codec::Value::boolean(running.has_value()));
  if (running) {
    answer.set(arena, "url", codec::Value::string(running->url));
    answer.set(arena, "pid", codec::Value::integer(running->pid));
    answer.set(arena, "residentBytes",
               codec::Value::integer(static_cast<std::int64_t>(resident_bytes)));
  }
  answer.set(arena, "data", codec::Value::string(arena, cluster.data()));
  answer.set(arena, "log", codec::Value::string(arena, cluster.log()));
  context.out << codec::to_json(answer) << "\n";
}

void status(Context& context, const Flags& flags) {
  const auto cluster = Cluster::find(context, flags.name);
  if (!cluster) return context.complain(cluster.error().message);
  const auto running = cluster->running();
  const auto usage = running ? real::process_usage(running->pid) : std::nullopt;
  const std::size_t resident = usage ? usage->resident_bytes : 0;
  if (!running) context.exit_status = 1;
  if (flags.format == "json") return print_json(context, *cluster, running, resident);

  if (!running) {
    context.out << "stopped; 'thole up' starts it\n";
  } else {
    context.out << "running at " << running->url << " (process " << running->pid << ", "
                << (resident >> 20) << " MiB)\n"
                << "context    " << cluster->context_name() << " in " << cluster->user_kubeconfig()
                << "\n"
                << "loops      namespace deletion, default service accounts, kube-root-ca.crt,\n"
                << "           aggregated cluster roles; a cluster's other controllers, its\n"
                << "           scheduler and nodes are not here yet\n";
  }
  context.out << "data       " << cluster->data() << "\nlog        " << cluster->log() << "\n";
}

}  // namespace

void add_status(CLI::App& app, Context& context) {
  CLI::App* command =
      app.add_subcommand("status", "Say whether the cluster runs, and what is part of it");
  command->footer("Example:\n  thole status -o json\nThe exit status is 1 when it does not run.");
  auto flags = std::make_shared<Flags>();
  command->add_option("--name", flags->name, "Which cluster, where there are several (default)");
  command->add_option("-o,--output", flags->format, "text or json")
      ->check(CLI::IsMember({"text", "json"}));
  command->callback([&context, flags] { status(context, *flags); });
}

}  // namespace thole::cli
