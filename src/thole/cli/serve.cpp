#include <CLI/CLI.hpp>
#include <memory>
#include <ostream>

#include "thole/base/text.hpp"
#include "thole/cli/command.hpp"
#include "thole/cli/duration.hpp"
#include "thole/real/process.hpp"
#include "thole/server/server.hpp"

namespace thole::cli {
namespace {

struct Flags {
  server::Options options;
  bool ephemeral = false;
  std::string kubeconfig_file;
  int ready_fd = -1;
  std::string history = "5m";
  int verbosity = 2;
};

void serve(Context& context, Flags flags) {
  const auto history = parse_duration(flags.history);
  if (!history) return context.complain(cat("--history: ", history.error().message));
  flags.options.history = *history;
  flags.options.log_level = flags.verbosity >= 4   ? LogLevel::Debug
                            : flags.verbosity >= 1 ? LogLevel::Info
                                                   : LogLevel::Warning;

  // Before any thread starts, so that every one of them has the signals blocked.
  real::StopSignals signals;
  server::Server server(flags.options);
  if (const auto started = server.start(); !started) {
    return context.complain(started.error().message);
  }
  if (!flags.kubeconfig_file.empty()) {
    const auto written = real::replace_file(flags.kubeconfig_file, server.kubeconfig(), 0600);
    if (!written) return context.complain(written.error().message);
  }
  if (flags.ready_fd >= 0) {
    const auto told = real::write_line_and_close(flags.ready_fd, server.url());
    if (!told) return context.complain(cat("--ready-fd: ", told.error().message));
  }
  signals.wait();
  // A second signal ends the process at once.
  signals.restore();
  server.stop();
}

}  // namespace

void add_serve(CLI::App& app, Context& context) {
  CLI::App* command = app.add_subcommand("serve", "Run the API server in the foreground");
  command->footer(
      "Examples:\n"
      "  thole serve --ephemeral --kubeconfig /tmp/kubeconfig\n"
      "  thole serve --data /var/lib/thole --listen 0.0.0.0:6443\n"
      "The signals TERM and INT stop it cleanly; a second one at once.");
  auto flags = std::make_shared<Flags>();
  server::Options& options = flags->options;
  command->add_option("--listen", options.listen.text,
                      "Address to serve on; port 0 picks one (127.0.0.1:6443)");
  CLI::Option* data = command->add_option("--data", options.data, "Folder that keeps everything");
  CLI::Option* ephemeral =
      command->add_flag("--ephemeral", flags->ephemeral, "Keep everything in memory only");
  data->excludes(ephemeral);
  command->add_option("--kubeconfig", flags->kubeconfig_file,
                      "File to write an administrator's kubeconfig to, when ready");
  command->add_option("--ready-fd", flags->ready_fd,
                      "File descriptor that gets one line when requests are served");
  command->add_flag("--controllers", options.controllers,
                    "Run namespace deletion, default service accounts, kube-root-ca.crt and "
                    "aggregated cluster roles");
  command->add_option("--history", flags->history,
                      "How long changes can be watched again and read as of then (5m)");
  command->add_option("--history-bytes", options.history_bytes,
                      "How many bytes of superseded objects are kept for that (67108864)");
  command->add_option("--tls-cert-file", options.tls_certificate_file, "Certificate to serve with");
  command->add_option("--tls-private-key-file", options.tls_key_file, "Its private key");
  command->add_option("--client-ca-file", options.client_ca_file,
                      "Authorities whose client certificates are accepted, beside our own");
  command->add_option("--token-auth-file", options.token_auth_file,
                      "CSV file of bearer tokens: token,user,uid,\"group,group\"");
  command->add_option("--tls-san", options.names,
                      "More names or addresses for the certificate we make");
  command->add_option("--io-threads", options.io_threads, "Threads that serve connections (cores)");
  command->add_option("--repair-to", options.repair_to,
                      "Cut a damaged journal after this revision, then start");
  command->add_option("-v,--v", flags->verbosity, "How much to log: 0 warnings, 2 usual, 4 all");
  command->callback([&context, flags] {
    if (flags->options.data.empty() && !flags->ephemeral) {
      throw CLI::ValidationError("serve", "give --data FOLDER, or --ephemeral to keep nothing");
    }
    if (flags->options.tls_certificate_file.empty() != flags->options.tls_key_file.empty()) {
      throw CLI::ValidationError("serve", "--tls-cert-file and --tls-private-key-file go together");
    }
    serve(context, std::move(*flags));
  });
}

}  // namespace thole::cli
