#include "thole/cli/cluster.hpp"

#include <algorithm>
#include <charconv>

#include "thole/base/text.hpp"
#include "thole/real/process.hpp"

namespace thole::cli {
namespace {

bool is_label(std::string_view name) {
  const auto good = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
  };
  return !name.empty() && name.size() <= 40 && name.front() != '-' && name.back() != '-' &&
         std::ranges::all_of(name, good);
}

}  // namespace

Result<Cluster> Cluster::find(const Context& context, std::string name) {
  if (!is_label(name)) {
    return fail(ErrorKind::Invalid, cat("--name: \"", name,
                                        "\" must be lower-case letters, digits and dashes, at "
                                        "most 40"));
  }
  if (context.home.empty() && (context.xdg_state_home.empty() || context.kubeconfig.empty())) {
    return fail(ErrorKind::Invalid, "there is no home folder: set HOME");
  }
  Cluster cluster;
  cluster.folder_ = cat(context.xdg_state_home.empty() ? cat(context.home, "/.local/state")
                                                       : context.xdg_state_home,
                        "/thole/", name);
  cluster.name_ = std::move(name);
  std::string_view configured = context.kubeconfig;
  configured = configured.substr(0, configured.find(':'));
  cluster.user_kubeconfig_ =
      configured.empty() ? cat(context.home, "/.kube/config") : std::string(configured);
  return cluster;
}

std::string Cluster::context_name() const {
  return name_ == "default" ? std::string("thole") : cat("thole-", name_);
}

std::optional<Cluster::Running> Cluster::running() const {
  const auto text = real::read_file(pid_file());
  if (!text) return std::nullopt;
  const std::size_t first = text->find(' ');
  const std::size_t second = text->find(' ', first + 1);
  if (first == std::string::npos || second == std::string::npos) return std::nullopt;
  Running found;
  std::from_chars(text->data(), text->data() + first, found.pid);
  found.start_time = text->substr(first + 1, second - first - 1);
  found.url = text->substr(second + 1);
  while (found.url.ends_with('\n')) found.url.pop_back();
  if (found.pid <= 0 || real::process_start_time(found.pid) != found.start_time) {
    return std::nullopt;
  }
  return found;
}

Result<void> Cluster::remember(const Running& running) const {
  return real::replace_file(
      pid_file(), cat(running.pid, " ", running.start_time, " ", running.url, "\n"), 0600);
}

Result<void> Cluster::forget() const { return real::remove_file(pid_file()); }

}  // namespace thole::cli
