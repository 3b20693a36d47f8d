#pragma once
// What a server is told. `cli` fills it from flags, an embedding program directly.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "thole/base/clock.hpp"
#include "thole/base/log.hpp"
#include "thole/base/network.hpp"

namespace thole::server {

struct Options {
  Endpoint listen{"127.0.0.1:6443"};  // A port of 0 picks one.
  std::string data;                   // The folder that keeps everything; empty: in memory.

  // How far back watches and exact reads reach; whichever bound is met first.
  Duration history = std::chrono::minutes(5);
  std::size_t history_bytes = std::size_t{64} << 20;

  // The small loops a cluster needs to be usable: namespace deletion, default service accounts,
  // kube-root-ca.crt.
  bool controllers = false;

  // Empty: made at the first start, and kept in `data`.
  std::string tls_certificate_file;
  std::string tls_key_file;
  std::string client_ca_file;    // Authorities beside our own whose client certificates count.
  std::string token_auth_file;   // CSV lines: token,user,uid,"group,group"
  std::vector<std::string> names;  // More names and addresses for the serving certificate.

  std::size_t io_threads = 0;  // 0: one a core.
  LogLevel log_level = LogLevel::Info;

  // Cuts a damaged journal after this revision before it is read.
  std::optional<std::uint64_t> repair_to;
};

}  // namespace thole::server
