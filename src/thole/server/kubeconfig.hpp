#pragma once
// Kubeconfig files: one of our own for a server, and its entries merged into the file that kubectl
// uses. Entries of ours carry an extension (name "thole") that says which cluster they belong to;
// entries without it are somebody's own and are never changed.

#include <string>
#include <string_view>

#include "thole/base/result.hpp"
#include "thole/server/identity.hpp"

namespace thole::server {

struct KubeconfigEntry {
  std::string name;  // Of cluster, user and context.
  std::string url;   // "https://127.0.0.1:6443"
};

// A whole file with one context, for the administrator of `identity`.
std::string make_kubeconfig(const KubeconfigEntry& entry, const Identity& identity);

// `existing` (may be empty) with the entries of `ours` (as make_kubeconfig wrote it) added or
// renewed under `name`, and that context made the current one; the previous one is remembered.
// Fails with Conflict when an entry of that name is not ours, Invalid when `existing` is no
// kubeconfig.
Result<std::string> merge_kubeconfig(std::string_view existing, std::string_view ours,
                                     std::string_view name);

// `existing` without our entries of that name; the remembered context is current again.
Result<std::string> remove_from_kubeconfig(std::string_view existing, std::string_view name);

}  // namespace thole::server
