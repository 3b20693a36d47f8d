#pragma once
// The Network seam of a simulated process, on the Wires of its world.

#include <memory>

#include "thole/base/network.hpp"
#include "thole/sim/wires.hpp"

namespace thole::sim {

class SimNetwork final : public Network {
 public:
  SimNetwork(Core& core, Wires& wires, MachineId machine);
  ~SimNetwork() override;

  Result<std::unique_ptr<Listener>> listen(Endpoint endpoint, Executor& executor) override;
  Async<std::unique_ptr<ByteStream>> connect(Endpoint endpoint, Executor& owner) override;

  // From now on nothing has an effect, and nothing that waits goes on. What becomes of the
  // connections is for Wires::on_kill or on_power_off.
  void sever();

 private:
  class Stream;
  class Listens;
  struct Access;
  std::shared_ptr<Access> access_;  // Shared with streams, which may go later.
};

}  // namespace thole::sim
