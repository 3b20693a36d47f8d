#pragma once
// The one way an existing object changes: read, change, check, commit if nobody was faster, and
// again if somebody was. PUT, PATCH and the subresources differ in the Mutate they bring.
// Threads: the request's executor.

#include "thole/api/writes.hpp"

namespace thole::api {

class Mutate {
 public:
  virtual ~Mutate() = default;
  // The object that `old` becomes; shaped, but not yet defaulted. `old` is not to be changed, and
  // null when the object is to be created.
  virtual Result<codec::Value> apply(const codec::Value& old) = 0;
  virtual bool creates() const { return false; }
  // Whether it can be applied to a newer object than the one it was applied to first.
  virtual bool retries() const { return false; }
  // The client named a resourceVersion: no retry, even where `retries`.
  virtual bool fixed_version() const { return false; }
};

Async<message::Response> update_existing(const Environment& environment, Call& call,
                                         const WriteOptions& options, Mutate& mutate);

}  // namespace thole::api
