#pragma once
// The cluster that `thole up` keeps in the background: where its state lies, and whether it runs.
//
//   STATE/thole/NAME/data         what the server keeps
//   STATE/thole/NAME/kubeconfig   an administrator's
//   STATE/thole/NAME/server.log
//   STATE/thole/NAME/server.pid   "PID START URL", START as real::process_start_time has it

#include <optional>
#include <string>

#include "thole/base/result.hpp"
#include "thole/cli/command.hpp"

namespace thole::cli {

class Cluster {
 public:
  // Fails with Invalid for a name that is no DNS label, or when there is no home folder.
  static Result<Cluster> find(const Context& context, std::string name);

  struct Running {
    int pid = 0;
    std::string start_time;
    std::string url;
  };
  // Empty when it does not run, whatever a stale pid file says.
  std::optional<Running> running() const;

  Result<void> remember(const Running& running) const;
  Result<void> forget() const;

  const std::string& name() const { return name_; }
  std::string folder() const { return folder_; }
  std::string data() const { return folder_ + "/data"; }
  std::string kubeconfig() const { return folder_ + "/kubeconfig"; }
  std::string log() const { return folder_ + "/server.log"; }

  // The kubeconfig that kubectl uses: the first of KUBECONFIG, or ~/.kube/config.
  const std::string& user_kubeconfig() const { return user_kubeconfig_; }
  // The name of its cluster, user and context: "thole", or "thole-NAME".
  std::string context_name() const;

 private:
  std::string pid_file() const { return folder_ + "/server.pid"; }

  std::string name_;
  std::string folder_;
  std::string user_kubeconfig_;
};

}  // namespace thole::cli
