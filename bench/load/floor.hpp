#pragma once
// A server that answers from static buffers through the same TLS and HTTP/2 as thole's, on a
// thread of its own in this process: what the same bytes cost when nothing is done for them.

#include <memory>

#include "load/kubeconfig.hpp"
#include "thole/base/seams.hpp"

namespace thole::load {

class Floor {
 public:
  // Serves on `executor`. Paths: /hello (5 bytes), /get (1.3 KB), /list (13.9 MB).
  static Result<std::unique_ptr<Floor>> start(const Seams& seams, Executor& executor);
  ~Floor();
  Access access() const;

 private:
  struct Parts;
  explicit Floor(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace thole::load
