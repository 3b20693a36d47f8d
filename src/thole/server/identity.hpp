#pragma once
// A cluster's keys and certificates: its authority, what it serves with, its administrator's
// client certificate, and the key that signs service account tokens. They are made at the first
// start and kept under DATA/pki, readable by their owner only; a server in memory keeps them in
// memory. A fork shares its parent's, so that credentials go on being valid.

#include <string>
#include <vector>

#include "thole/base/async.hpp"
#include "thole/base/seams.hpp"
#include "thole/codec/x509.hpp"

namespace thole::server {

struct Identity {
  codec::KeyPair authority;
  codec::KeyPair serving;
  codec::KeyPair admin;  // CN=kubernetes-admin, O=system:masters
  std::string service_account_key_pem;
};

// The names a serving certificate is made for, whatever else is asked.
std::vector<std::string> serving_names(const Endpoint& listen, std::vector<std::string> more);

// Reads what `folder`/pki holds and makes what is missing; with an empty folder makes everything.
// A certificate that ends within 30 days is made anew. Fails with the file's name in the message.
// `seams` outlives the coroutine.
Async<Identity> load_or_make_identity(const Seams& seams, std::string folder,
                                      std::vector<std::string> names);

}  // namespace thole::server
