#pragma once
// Follows the CustomResourceDefinitions: accepts their names unless another one has them, declares
// them established, and when one is deleted deletes its instances first.
//
// It looks at everything anew when something changed, and writes with the revision it looked at, so
// a race costs a second look and nothing else.
// Threads: everything on the executor it was made with.
// Source: k8s.io/apiextensions-apiserver/pkg/controller/{status,establish,finalizer}.

#include <memory>

#include "thole/api/crd/custom_resources.hpp"
#include "thole/base/clock.hpp"
#include "thole/base/executor.hpp"
#include "thole/base/log.hpp"
#include "thole/base/signal.hpp"
#include "thole/store/store.hpp"

namespace thole::api {

class CrdController {
 public:
  // All but `executor` outlive this; `executor` runs until `stop` has returned.
  CrdController(store::Store& store, const ServedResources& resources, const Clock& clock, Log& log,
                Executor& executor);
  ~CrdController();

  void start();
  // Returns when nothing runs any more.
  asio::awaitable<void> stop();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace thole::api
