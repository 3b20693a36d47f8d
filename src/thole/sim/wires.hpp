#pragma once
// The network between the processes of a world: listeners by address, connections with latency,
// bounded buffers, chunks cut anywhere, one-way partitions, resets, and ends whose machine lost its
// power without a word. Bytes of one direction keep their order.
//
// A connection has two ends; each end's inbox is what travels towards it. The world delivers; a
// stream (stream.hpp) only puts bytes in and takes them out.

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "thole/base/network.hpp"
#include "thole/sim/core.hpp"

namespace thole::sim {

using MachineId = std::uint32_t;

class Wires {
 public:
  explicit Wires(Core& core) : core_(core) {}

  // Whoever looks at an End is told when something changed: bytes came, room came, it broke.
  class Watcher {
   public:
    virtual ~Watcher() = default;
    virtual void on_change() = 0;
  };

  struct Connection;
  struct End {
    MachineId machine = 0;
    Endpoint local;
    Watcher* watcher = nullptr;
    struct Segment {
      TimePoint when;
      std::string bytes;
      bool last = false;  // Nothing follows: a FIN.
    };
    std::deque<Segment> travelling;  // Towards this end.
    std::string arrived;             // Not read yet.
    std::size_t travelling_bytes = 0;
    bool ended = false;      // The FIN has arrived.
    bool sent_last = false;  // This end has sent its FIN.
    bool closed = false;     // By its owner, or its owner's kernel.
    bool powerless = false;  // Its machine is gone, or knows nothing of it any more.
    std::string broken;      // Why it failed; empty while it works.
  };
  struct Connection {
    std::uint64_t id = 0;
    End ends[2];  // [0] connected, [1] was accepted.
  };
  using ConnectionPtr = std::shared_ptr<Connection>;

  struct Listening {
    MachineId machine = 0;
    Endpoint local;
    Watcher* watcher = nullptr;
    std::deque<ConnectionPtr> waiting;
  };
  using ListeningPtr = std::shared_ptr<Listening>;

  Result<ListeningPtr> listen(MachineId machine, const Endpoint& endpoint, Watcher& watcher);
  void stop_listening(Listening& listening);

  // What a connect finds, at the moment its request arrives.
  enum class Answer { Accepted, Refused, Silence };
  Answer connect(MachineId from, const Endpoint& endpoint, ConnectionPtr& made);

  // How much an end may write now.
  std::size_t room(const Connection& connection, int end) const;
  void send(const ConnectionPtr& connection, int end, std::string bytes, bool last);
  // The owner of an end is done with it, as close() and exit() are.
  void close(const ConnectionPtr& connection, int end);
  // Fails both ends at once.
  void reset(Connection& connection, std::string_view why);

  Duration latency() {
    return core_.wire_draw.between(core_.network.latency_min, core_.network.latency_max);
  }
  bool blocked(MachineId from, MachineId to) const { return blocked_.contains({from, to}); }

  // Nothing travels from one to the other until `heal`. What was sent meanwhile comes later, or
  // both sides give up after the time-out.
  void partition(MachineId from, MachineId to);
  void heal(MachineId from, MachineId to);
  void heal_all();
  // Breaks each open connection between the two; a count of how many.
  std::size_t cut_connections(MachineId a, MachineId b);

  // The processes of a machine died: their kernel closes what they had, or is gone itself.
  void on_kill(MachineId machine);
  void on_power_off(MachineId machine);
  void on_power_on(MachineId machine) { dark_.erase(machine); }

 private:
  void deliver(const ConnectionPtr& connection, int to);
  void break_end(Connection& connection, int end, std::string_view why);
  void break_later(const ConnectionPtr& connection, int end, Duration delay, std::string why);
  void give_up_later(const ConnectionPtr& connection);
  bool unreachable(const Connection& connection) const;
  std::vector<ConnectionPtr> all();
  ListeningPtr find(const Endpoint& endpoint) const;

  Core& core_;
  std::map<std::string, ListeningPtr> listening_;  // By the endpoint's text.
  std::map<std::string, MachineId> last_machine_;  // Who listened there last.
  std::map<std::uint64_t, std::weak_ptr<Connection>> connections_;
  std::uint64_t connection_count_ = 0;
  std::set<std::pair<MachineId, MachineId>> blocked_;
  std::set<MachineId> dark_;  // Without power.
  std::uint64_t next_port_ = 20'000;
};

}  // namespace thole::sim
