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

// A cluster with a long journal takes its time to read it; anything beyond is stuck.
constexpr auto kPatience = 60s;

struct Flags {
  std::string name = "default";
  std::string listen = "127.0.0.1:6443";
};

// Adds the cluster to the file kubectl uses, and makes it the current one.
Result<void> merge_into_user_kubeconfig(const Cluster& cluster) {
  const std::string& path = cluster.user_kubeconfig();
  auto existing = real::read_file(path);
  if (!existing && existing.error().kind != ErrorKind::NotFound) {
    return fail(std::move(existing).error());
  }
  THOLE_TRY(const std::string ours, real::read_file(cluster.kubeconfig()));
  auto merged = server::merge_kubeconfig(existing.value_or(""), ours, cluster.context_name());
  if (!merged) return fail(ErrorKind::Conflict, cat(path, ": ", merged.error().message));
  if (const std::size_t slash = path.rfind('/'); slash != std::string::npos && slash > 0) {
    THOLE_CHECK(real::make_folders(path.substr(0, slash)));
  }
  return real::replace_file(path, *merged, 0600);
}

void say_what_is_next(const Context& context, const Cluster& cluster, std::string_view url) {
  context.out << "The cluster is running at " << url << ", and kubectl's context is "
              << cluster.context_name() << ".\n\n"
              << "  kubectl get namespaces\n"
              << "  kubectl create deployment web --image=nginx\n"
              << "  thole status" << (cluster.name() == "default" ? "" : " --name " + cluster.name())
              << "\n";
}

void up(Context& context, const Flags& flags) {
  const auto cluster = Cluster::find(context, flags.name);
  if (!cluster) return context.complain(cluster.error().message);
  if (const auto running = cluster->running()) {
    context.out << "The cluster is already running at " << running->url << ".\n";
    return;
  }
  if (const auto made = real::make_folders(cluster->data()); !made) {
    return context.complain(made.error().message);
  }
  const auto started = real::start_in_background(
      {context.program, "serve", "--controllers", "--listen", flags.listen, "--data",
       cluster->data(), "--kubeconfig", cluster->kubeconfig(), "--ready-fd", "3"},
      cluster->log(), kPatience);
  if (!started) return context.complain(started.error().message);

  const auto start_time = real::process_start_time(started->pid);
  auto done = cluster->remember({started->pid, start_time.value_or(""), started->ready_line});
  if (done) done = merge_into_user_kubeconfig(*cluster);
  if (!done) {
    real::stop_process(started->pid, 10s);
    static_cast<void>(cluster->forget());
    return context.complain(done.error().message);
  }
  say_what_is_next(context, *cluster, started->ready_line);
}

}  // namespace

void add_up(CLI::App& app, Context& context) {
  CLI::App* command =
      app.add_subcommand("up", "Start a cluster in the background and point kubectl at it");
  command->footer(
      "Examples:\n"
      "  thole up\n"
      "  thole up --name staging --listen 127.0.0.1:0\n"
      "Its data stays under the XDG state folder when it is stopped.");
  auto flags = std::make_shared<Flags>();
  command->add_option("--name", flags->name, "Which cluster, where there are several (default)");
  command->add_option("--listen", flags->listen,
                      "Address to serve on; port 0 picks one (127.0.0.1:6443)");
  command->callback([&context, flags] { up(context, *flags); });
}

}  // namespace thole::cli
