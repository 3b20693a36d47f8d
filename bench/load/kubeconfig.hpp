#pragma once
// What is needed of a kubeconfig to reach its current context: client certificates and tokens,
// inline or in files. No exec plugins, no passwords.

#include <string>

#include "thole/base/result.hpp"

namespace thole::load {

struct Access {
  std::string address;      // "127.0.0.1:6443"
  std::string server_name;  // "127.0.0.1"
  bool tls = true;
  bool verify = true;
  std::string authorities_pem;
  std::string certificate_pem;
  std::string key_pem;
  std::string token;
};

Result<Access> read_kubeconfig(const std::string& path);

}  // namespace thole::load
